//! Texts of one tag, checked, for a block of rows.
//!
//! A loop over one column looks at texts one after the other without waiting for any of them, as
//! [`Numbers`](crate::Numbers) does for numbers; the row then copies a block of known size.

use crate::Shape;
use crate::copy::BLOCK;
use crate::copy::copy;
use crate::rows::cells::{ABSENT, Cells};
use crate::syntax::bytes::has_special;

/// The values that one tag has in some rows, with its key, for [`Row::tag_cell`](crate::Row::tag_cell).
///
/// It is meant to be filled again and again, for a few dozen rows each time, so that it stays in
/// the processor's cache.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Shape, TagCells};
///
/// let shape = Shape::new(Dialect::V1, "m", &["host"], &["f"]).unwrap();
/// let hosts = ["a", "b c"];
/// let mut cells = TagCells::new(&shape, 0);
/// cells.fill(hosts.into_iter());
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// for (index, host) in hosts.into_iter().enumerate() {
///     let mut row = rows.begin();
///     if !row.tag_cell(&cells, index)? {
///         row.tag(0, host)?;
///     }
///     row.integer(0, 1)?;
///     row.end(index as u64, None)?;
/// }
/// assert_eq!(encoder.batch().bytes(), b"m,host=a f=1i\nm,host=b\\ c f=1i\n");
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone)]
pub struct TagCells {
    /// The place of the tag in the order.
    pub(crate) rank: usize,
    cells: Cells<CELL>,
}

/// A key and a value.
pub(crate) const CELL: usize = 2 * BLOCK;

impl TagCells {
    /// Returns an empty list for a tag of a shape.
    ///
    /// # Panics
    ///
    /// If there is no tag of that position.
    pub fn new(shape: &Shape, tag: usize) -> Self {
        Self {
            rank: shape.ranks[tag],
            cells: Cells::new(shape.tags.get(tag)),
        }
    }

    /// Takes values instead of what was there; an empty one is left out of its row.
    pub fn fill<'v>(&mut self, values: impl ExactSizeIterator<Item = &'v str>) {
        // Behind a key that is not here there is no room.
        let at = self.cells.key_length().unwrap_or(CELL);
        self.cells
            .fill(values, |text, value| put(text, at, value.as_bytes()));
    }

    /// Returns the padded text of a row and its length, 0 if it is left out; `None`: it is not here.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<(&[u8; CELL], usize)> {
        self.cells.get(row)
    }
}

/// Copies a value behind the key; returns its end, or what stands for one that is not here.
#[inline]
fn put(text: &mut [u8; CELL], at: usize, value: &[u8]) -> u8 {
    let end = at + value.len();
    if value.is_empty() {
        0
    } else if end > CELL || has_special(value) {
        ABSENT
    } else {
        copy(text, at, value);
        u8::try_from(end).unwrap_or(ABSENT)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::Dialect;
    use alloc::string::String;

    /// What the cell holds for each value.
    fn cell(key_length: usize, value: &str) -> Option<String> {
        let key = "k".repeat(key_length);
        let shape = Shape::new(Dialect::V1, "m", &[&key], &["f"]).unwrap();
        let mut cells = TagCells::new(&shape, 0);
        cells.fill(["x", value].into_iter());
        let (text, length) = cells.get(1)?;
        Some(String::from_utf8(text[..length].into()).unwrap())
    }

    #[test]
    fn short_plain_values_are_here_and_no_others() {
        assert_eq!(cell(1, "a").unwrap(), ",k=a");
        assert_eq!(cell(1, "").unwrap(), "");
        assert_eq!(cell(1, "a b"), None);
        assert_eq!(cell(1, "a\n"), None);
        // A key of 30 letters is a block with its comma and equals sign.
        for (key, room) in [(1, CELL - 3), (30, CELL - 32)] {
            assert_eq!(cell(key, &"x".repeat(room)).unwrap().len(), CELL);
            assert_eq!(cell(key, &"x".repeat(room + 1)), None);
        }
        assert_eq!(cell(31, "x"), None);
    }
}
