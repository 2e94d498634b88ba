//! Remembers escaped tag values that appeared earlier in the same call.
//!
//! A tag has few distinct values, and most points share the same string objects. If two points
//! share a string object, comparing its address is enough, and neither the object nor its text is
//! read. The memo holds references to these objects, so that an address cannot be reused for
//! another text.

use aioinflux::line::{Row, Shape, TagText, Unusual};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::shapes::Object;
use crate::prefetch;

/// The number of points of one shape after which values are remembered: in a call with few points,
/// remembering them would only add cost.
const WORTH: usize = 32;
/// The minimum and maximum number of slots for the values of a tag, as powers of two.
const LEAST_BITS: u32 = 6;
const MOST_BITS: u32 = 13;
/// The number of slots grows only if there were at least this many points for each known value:
/// values that are never repeated do not justify more slots.
const POINTS_EACH: usize = 4;

/// The tag values of one call.
#[derive(Default)]
pub(crate) struct Memo {
    /// The shape to which the values belong.
    shape: u64,
    points: usize,
    tags: Vec<Tag>,
}

impl Memo {
    /// Begins a point with this number of tags. If the shape of the point is a different one, all
    /// values are forgotten.
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

    /// Writes a tag of the row. A tag whose value is `None` is left out.
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

    /// Returns the values of each tag, once there are slots for them, and the number of points so
    /// far.
    #[inline]
    pub(crate) fn tags(&mut self) -> (&mut [Tag], usize) {
        (&mut self.tags, self.points)
    }
}

/// The known values of one tag. The address of an object selects a slot; the object is in that slot
/// or in the adjacent one.
pub(crate) struct Tag {
    places: Vec<Known>,
    bits: u32,
    used: usize,
}

/// A value. Everything that is read for a value is in one cache line.
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

    /// Prefetches the slot of a value that will be written soon.
    #[inline]
    pub(crate) fn prefetch(&self, value: Object<'_, '_>) {
        let place = &self.places[self.place_of(value.as_ptr().addr())];
        prefetch::line(std::ptr::from_ref(place).addr());
    }

    /// Writes the tag of the row. A tag whose value is `None` is left out. `points` is the number
    /// of points so far.
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

    /// Handles a value that is in the second slot or unknown.
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
        // The high bits of the product depend on all bits of the address.
        let product = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (product >> (u64::BITS - self.bits)) as usize
    }

    /// Returns a slot for a new value. Returns `None` if no slot is free and adding slots is not
    /// worthwhile.
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

/// Writes a tag without looking up its value. A tag whose value is `None` is left out.
pub(crate) fn write_text(
    row: &mut Row<'_>,
    tag: usize,
    value: Object<'_, '_>,
) -> Result<(), Unusual> {
    if let Ok(value) = value.cast_exact::<PyString>() {
        // The object is kept alive by a reference, because without a GIL another thread may
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
