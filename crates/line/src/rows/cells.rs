//! The padded strings of one column for a block of rows; each string begins with its key.

use alloc::vec::Vec;

use crate::copy::BLOCK;
use crate::rows::texts::Text;

/// The length that marks a string that is not stored in the cells.
pub(crate) const ABSENT: u8 = u8::MAX;

/// Strings of at most `N` bytes, one string for each row. The memory of the block is reused.
#[derive(Debug, Clone)]
pub(crate) struct Cells<const N: usize> {
    key: [u8; BLOCK],
    /// `None` if the key is longer than a block. Such a key is not stored in the cells.
    key_length: Option<usize>,
    texts: Vec<[u8; N]>,
    /// A length of 0 means that the row has no text.
    lengths: Vec<u8>,
}

impl<const N: usize> Cells<N> {
    /// Returns a block without rows. `key` is the text `,key=`.
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

    /// Replaces the values. `put` writes a value after the key, and returns the offset of its end.
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

    /// Sets the length of a row to 0, so that the row has no text.
    #[inline]
    pub(crate) fn leave_out(&mut self, row: usize) {
        self.lengths[row] = 0;
    }

    /// Returns the padded text of a row and its length, which is 0 if the row has no text. Returns
    /// `None` if the text is not stored in the cells.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<(&[u8; N], usize)> {
        let length = self.lengths[row];
        if length == ABSENT {
            return None;
        }
        Some((&self.texts[row], usize::from(length)))
    }
}
