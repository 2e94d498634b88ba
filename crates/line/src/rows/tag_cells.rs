//! Checks the values of one tag for a block of rows.
//!
//! In a loop over one column, the processor can check several values at once.
//! [`Numbers`](crate::Numbers) formats numbers in a similar loop. Writing a tag to a row then only
//! copies a block of known size.

use crate::Shape;
use crate::copy::BLOCK;
use crate::copy::copy;
use crate::rows::cells::{ABSENT, Cells};
use crate::syntax::bytes::has_special;

/// A list of the values of one tag in a block of rows, together with the key of the tag, for
/// [`Row::tag_cell`](crate::Row::tag_cell).
///
/// Refill the list for a few dozen rows at a time, so that it stays in the processor's cache.
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
    /// The position of the tag in the sorted order of the shape's tags.
    pub(crate) rank: usize,
    cells: Cells<CELL>,
}

/// The number of bytes of a cell, which contains a key and a value.
pub(crate) const CELL: usize = 2 * BLOCK;

impl TagCells {
    /// Creates an empty list of values for one of the tags of `shape`.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    pub fn new(shape: &Shape, tag: usize) -> Self {
        Self {
            rank: shape.ranks[tag],
            cells: Cells::new(shape.tags.get(tag)),
        }
    }

    /// Replaces all values in the list. If the value of a row is empty, the tag is left out of this
    /// row.
    pub fn fill<'v>(&mut self, values: impl ExactSizeIterator<Item = &'v str>) {
        // If the key is too long for the cells, the offset `CELL` leaves no room for a value.
        let at = self.cells.key_length().unwrap_or(CELL);
        self.cells
            .fill(values, |text, value| put(text, at, value.as_bytes()));
    }

    /// Returns the padded text of a row's tag and the length of this text, which is 0 if the tag is
    /// left out. Returns `None` if the text is not stored in the cells.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<(&[u8; CELL], usize)> {
        self.cells.get(row)
    }
}

/// Copies a tag value to the offset `at`, which is after the key. Returns the offset of the value's
/// end, 0 if the value is empty, or `ABSENT` if the cell cannot store the value.
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

    /// Returns the text of the cell for a tag value and a key of the given length.
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
        // A key of 30 letters fills a block together with the comma before it and the equals sign
        // after it.
        for (key, room) in [(1, CELL - 3), (30, CELL - 32)] {
            assert_eq!(cell(key, &"x".repeat(room)).unwrap().len(), CELL);
            assert_eq!(cell(key, &"x".repeat(room + 1)), None);
        }
        assert_eq!(cell(31, "x"), None);
    }
}
