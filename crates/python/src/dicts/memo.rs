//! Tag values that came before in the same call, escaped.
//!
//! Tags have few values, which are mostly the same objects in all points: a look at the address is
//! then enough, and the text is not even read. The objects are held for as long as they are known,
//! so that an address cannot pass to another text.

use aioinflux::{Row, Shape, TagValues, Unusual};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// After how many points of one shape it begins: a call with few points would only pay for it.
const WORTH: usize = 32;
/// Most values of a tag that are known, each in the place that its address gives.
const SLOTS: usize = 512;
/// Longest text that is kept.
const LONGEST: usize = 256;

/// The values of one call.
#[derive(Default)]
pub(crate) struct Memo<'py> {
    /// The shape that they belong to.
    shape: u64,
    points: usize,
    tags: Vec<Tag<'py>>,
}

struct Tag<'py> {
    slots: Vec<Option<(Bound<'py, PyString>, usize)>>,
    values: TagValues,
}

impl<'py> Memo<'py> {
    /// Begins a point with that many tags; points of another shape forget the values.
    #[inline]
    pub(crate) fn begin(&mut self, shape: u64, tags: usize) {
        if self.shape != shape {
            *self = Self {
                shape,
                ..Self::default()
            };
        }
        self.points += 1;
        if self.points == WORTH {
            self.tags.resize_with(tags, Tag::new);
        }
    }

    /// Writes a tag of the row.
    #[inline]
    pub(crate) fn write(
        &mut self,
        row: &mut Row<'_>,
        shape: &Shape,
        tag: usize,
        value: &Bound<'py, PyString>,
    ) -> Result<(), Unusual> {
        let Some(known) = self.tags.get_mut(tag) else {
            return row.tag(tag, text(value)?);
        };
        let slot = &mut known.slots[slot_of(value)];
        match slot {
            Some((kept, code)) if kept.is(value) => row.tag_value(tag, &known.values, *code),
            Some(_) => row.tag(tag, text(value)?),
            None => {
                let text = text(value)?;
                if text.len() <= LONGEST {
                    let code = shape.add_tag_value(tag, &mut known.values, text);
                    *slot = Some((value.clone(), code));
                }
                row.tag(tag, text)
            }
        }
    }
}

impl Tag<'_> {
    fn new() -> Self {
        Self {
            slots: std::iter::repeat_with(|| None).take(SLOTS).collect(),
            values: TagValues::default(),
        }
    }
}

/// Objects begin at multiples of 16.
#[inline]
fn slot_of(value: &Bound<'_, PyString>) -> usize {
    let address = value.as_ptr().addr() >> 4;
    (address ^ (address >> 9)) % SLOTS
}

#[inline]
pub(super) fn text<'a>(string: &'a Bound<'_, PyString>) -> Result<&'a str, Unusual> {
    string.to_str().map_err(|_| Unusual)
}
