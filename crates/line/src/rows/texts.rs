//! Stores escaped names and values so that they can be copied as blocks.

use alloc::vec::Vec;

use crate::copy::{BLOCK, block_mut};

/// A list of strings that are copied as blocks. Strings that are longer than a block are rare, and
/// are stored separately.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    blocks: Vec<Block>,
    long: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Block {
    text: [u8; BLOCK],
    length: u32,
    /// If the string is longer than a block, its start in `long`.
    start: u32,
}

/// The length that marks a string that only `PointEncoder` can write.
const UNUSUAL: u32 = u32::MAX;

impl Texts {
    pub(super) fn push(&mut self, parts: &[&[u8]]) {
        let start = self.long.len();
        for part in parts {
            self.long.extend_from_slice(part);
        }
        let length = self.long.len() - start;
        let mut text = [0; BLOCK];
        if length <= BLOCK {
            text[..length].copy_from_slice(&self.long[start..]);
            self.long.truncate(start);
        }
        // `PointEncoder` has to write strings of 4 GiB and more.
        let place = u32::try_from(length).ok().zip(u32::try_from(start).ok());
        let (length, start) = place.unwrap_or((UNUSUAL, 0));
        self.blocks.push(Block {
            text,
            length,
            start,
        });
    }

    pub(super) fn push_unusual(&mut self) {
        self.blocks.push(Block {
            text: [0; BLOCK],
            length: UNUSUAL,
            start: 0,
        });
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Text<'_> {
        Text {
            block: &self.blocks[at],
            long: &self.long,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.length as usize).sum()
    }
}

/// A reference to one of the strings in a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'t> {
    block: &'t Block,
    long: &'t [u8],
}

impl Text<'_> {
    #[inline]
    pub(crate) fn length(self) -> usize {
        self.block.length as usize
    }

    #[inline]
    pub(crate) fn is_unusual(self) -> bool {
        self.block.length == UNUSUAL
    }

    /// Copies the string to `out` and returns the offset of its end. Returns `None` if `out` has no
    /// room for the string and for a block.
    #[inline]
    pub(crate) fn copy_to(self, out: &mut [u8], at: usize) -> Option<usize> {
        let length = self.length();
        if length <= BLOCK {
            *out.get_mut(at..)?.first_chunk_mut()? = self.block.text;
            Some(at + length)
        } else {
            let start = self.block.start as usize;
            copy_long(out, at, self.long.get(start..start.checked_add(length)?)?)
        }
    }
}

impl Text<'_> {
    /// Copies the string to a row that has room for all names, and returns the offset of the
    /// string's end.
    #[inline]
    pub(crate) fn begin(self, out: &mut [u8]) -> usize {
        let length = self.length();
        if length <= BLOCK {
            *block_mut(out, 0) = self.block.text;
        } else {
            let start = self.block.start as usize;
            out[..length].copy_from_slice(&self.long[start..start + length]);
        }
        length
    }
}

#[cold]
fn copy_long(out: &mut [u8], at: usize, text: &[u8]) -> Option<usize> {
    let end = at + text.len();
    out.get_mut(at..end)?.copy_from_slice(text);
    Some(end)
}
