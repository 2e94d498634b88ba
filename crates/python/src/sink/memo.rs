//! Remembers escaped tag values that appeared earlier in the same call.
//!
//! A tag usually has few distinct values, and most points share the same string objects. If two
//! points share a string object, comparing the object's address is enough, and neither the object
//! nor its text is read. The memo holds references to these string objects, so that an address
//! cannot be reused for another string.

use aioinflux::line::{Row, Shape, TagText, Unusual};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::shapes::Object;
use crate::prefetch;

/// The number of points of one shape after which tag values are remembered. In a call with fewer
/// points, remembering tag values would only add cost.
const WORTH: usize = 32;
/// The minimum and the maximum number of slots for the values of one tag, given as exponents of
/// two.
const LEAST_BITS: u32 = 6;
const MOST_BITS: u32 = 13;
/// The minimum number of points per known value at which the number of slots grows. Values that are
/// never repeated do not justify more slots.
const POINTS_EACH: usize = 4;

/// The tag values that are remembered during one call.
#[derive(Default)]
pub(crate) struct Memo {
    /// The number of the shape to which the remembered values belong.
    shape: u64,
    points: usize,
    tags: Vec<Tag>,
}

impl Memo {
    /// Begins a point with `tags` tags. If the point's shape differs from the previous one, all
    /// remembered values are forgotten.
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

    /// Writes one tag of a point, using the remembered value if there is one. If the value is
    /// `None`, the tag is left out.
    #[inline]
    pub(crate) fn write(
        &mut self,
        row: &mut Row<'_>,
        shape: &Shape,
        tag: usize,
        value: Object<'_, '_>,
    ) -> Result<(), Unusual> {
        let (known, points) = self.tags();
        match known.get_mut(tag) {
            Some(known) => known.write(row, shape, tag, value, points),
            None => write_text(row, tag, value),
        }
    }

    /// Returns the remembered values of each tag, and the number of points so far. No tags are
    /// returned until there are slots for their values.
    #[inline]
    pub(crate) fn tags(&mut self) -> (&mut [Tag], usize) {
        (&mut self.tags, self.points)
    }
}

/// The remembered values of one tag. The address of a string object selects a slot, and the object
/// is either in that slot or in the adjacent one.
pub(crate) struct Tag {
    places: Vec<Known>,
    bits: u32,
    used: usize,
}

/// A value. All data that is read for a remembered value is in one cache line.
#[derive(Default)]
#[repr(align(64))]
struct Known {
    value: Option<Py<PyString>>,
    text: TagText,
}

impl Known {
    #[inline]
    fn is(&self, value: Object<'_, '_>) -> bool {
        let kept = self.value.as_ref();
        kept.is_some_and(|kept| kept.as_ptr() == value.as_ptr())
    }
}

impl Tag {
    fn new() -> Self {
        Self {
            places: places(LEAST_BITS),
            bits: LEAST_BITS,
            used: 0,
        }
    }

    /// Prefetches the slot of a tag value that will be written soon.
    #[inline]
    pub(crate) fn prefetch(&self, value: Object<'_, '_>) {
        let place = &self.places[self.place_of(value.as_ptr().addr())];
        prefetch::line(std::ptr::from_ref(place).addr());
    }

    /// Writes this tag of a point, using the remembered value if there is one. If the value is
    /// `None`, the tag is left out. `points` is the number of points that have had this shape so
    /// far.
    #[inline]
    pub(crate) fn write(
        &mut self,
        row: &mut Row<'_>,
        shape: &Shape,
        tag: usize,
        value: Object<'_, '_>,
        points: usize,
    ) -> Result<(), Unusual> {
        let known = &self.places[self.place_of(value.as_ptr().addr())];
        if known.is(value) {
            return row.tag_text(&known.text);
        }
        self.write_other(row, shape, tag, value, points)
    }

    /// Writes a tag whose value is in the second slot or is not remembered.
    #[inline(never)]
    fn write_other(
        &mut self,
        row: &mut Row<'_>,
        shape: &Shape,
        tag: usize,
        value: Object<'_, '_>,
        points: usize,
    ) -> Result<(), Unusual> {
        let known = &self.places[self.place_of(value.as_ptr().addr()) ^ 1];
        if known.is(value) {
            return row.tag_text(&known.text);
        }
        if let Ok(value) = value.cast_exact::<PyString>()
            && let Some(place) = self.free_place(value.as_ptr().addr(), points)
        {
            let value = value.to_owned();
            if let Some(text) = TagText::new(shape, tag, text(&value)?) {
                self.used += 1;
                self.places[place] = Known {
                    value: Some(value.unbind()),
                    text,
                };
            }
        }
        write_text(row, tag, value)
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "of the few bits of a place"
    )]
    fn place_of(&self, address: usize) -> usize {
        // The high bits of this product depend on all bits of the address, so they select the slot.
        let product = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (product >> (u64::BITS - self.bits)) as usize
    }

    /// Returns the index of a slot for a new tag value. Returns `None` if no slot is free and
    /// adding slots is not worthwhile.
    fn free_place(&mut self, address: usize, points: usize) -> Option<usize> {
        let is_full = 2 * self.used >= self.places.len();
        if is_full && self.bits < MOST_BITS && points >= POINTS_EACH * self.used {
            self.grow();
        }
        self.free_place_now(address)
    }

    fn free_place_now(&self, address: usize) -> Option<usize> {
        let place = self.place_of(address);
        [place, place ^ 1]
            .into_iter()
            .find(|place| self.places[*place].value.is_none())
    }

    #[cold]
    fn grow(&mut self) {
        self.bits += 1;
        self.used = 0;
        let before = std::mem::replace(&mut self.places, places(self.bits));
        for known in before {
            if let Some(value) = &known.value
                && let Some(place) = self.free_place_now(value.as_ptr().addr())
            {
                self.used += 1;
                self.places[place] = known;
            }
        }
    }
}

fn places(bits: u32) -> Vec<Known> {
    std::iter::repeat_with(Known::default)
        .take(1 << bits)
        .collect()
}

/// Writes a tag without looking up its value in the memo. If the value is `None`, the tag is left
/// out.
pub(crate) fn write_text(
    row: &mut Row<'_>,
    tag: usize,
    value: Object<'_, '_>,
) -> Result<(), Unusual> {
    if let Ok(value) = value.cast_exact::<PyString>() {
        // A reference keeps the string object alive, because without a GIL another thread may
        // interfere while the object's text is created.
        row.tag(tag, text(&value.to_owned())?)
    } else if value.is_none() {
        Ok(())
    } else {
        Err(Unusual)
    }
}

#[inline]
pub(crate) fn text<'a>(string: &'a Bound<'_, PyString>) -> Result<&'a str, Unusual> {
    string.to_str().map_err(|_| Unusual)
}
