//! Holds the padded strings of one column for a block of rows. Each string begins with the key of
//! the column.

use alloc::vec::Vec;

use crate::copy::BLOCK;
use crate::rows::texts::Text;

/// The length that marks a row whose string is not stored in the cells.
pub(crate) const ABSENT: u8 = u8::MAX;

/// The strings of one column, with at most `N` bytes for each row. The next block of rows reuses
/// the memory.
#[derive(Debug, Clone)]
pub(crate) struct Cells<const N: usize> {
    key: [u8; BLOCK],
    /// The length of the key, or `None` if the key is longer than `BLOCK`. A longer key is not
    /// stored in the cells.
    key_length: Option<usize>,
    texts: Vec<[u8; N]>,
    /// The length of each row's string. A row with the length 0 has no string.
    lengths: Vec<u8>,
}

impl<const N: usize> Cells<N> {
    /// Returns cells for a column with this key, without any rows. `key` is the text `,key=`.
    pub(crate) fn new(key: Text<'_>) -> Self {
        let mut block = [0; BLOCK];
        let is_short = key.length() <= BLOCK && key.copy_to(&mut block, 0).is_some();
        Self {
            key: block,
            key_length: is_short.then(|| key.length()),
            texts: Vec::new(),
            lengths: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn key_length(&self) -> Option<usize> {
        self.key_length
    }

    /// Replaces the values in the cells. `put` writes a value after the key, and returns the offset
    /// of the value's end.
    #[inline]
    pub(crate) fn fill<T>(
        &mut self,
        values: impl ExactSizeIterator<Item = T>,
        put: impl Fn(&mut [u8; N], T) -> u8,
    ) {
        if self.texts.len() < values.len() {
            let mut text = [0; N];
            text[..BLOCK].copy_from_slice(&self.key);
            self.texts.resize(values.len(), text);
        }
        self.lengths.resize(values.len(), 0);
        let cells = self.texts.iter_mut().zip(&mut self.lengths);
        for ((text, length), value) in cells.zip(values) {
            *length = put(text, value);
        }
    }

    /// Sets the length of a row's string to 0, so that the row has no string.
    #[inline]
    pub(crate) fn leave_out(&mut self, row: usize) {
        self.lengths[row] = 0;
    }

    /// Returns the padded string of a row and its length, which is 0 if the row has no string.
    /// Returns `None` if the string is not stored in the cells.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<(&[u8; N], usize)> {
        let length = self.lengths[row];
        if length == ABSENT {
            return None;
        }
        Some((&self.texts[row], usize::from(length)))
    }
}
