//! Writes the text between the quotes of a string field.

use crate::copy::{block, block_mut, last_word};
use crate::syntax::bytes::quotes;

/// The maximum number of bytes that are written for a word of eight bytes. This number covers the
/// bytes of the word, a backslash for each byte, and the block that is written after the last
/// backslash.
const ROOM: usize = 24;

/// Writes `text` to `out` at the offset `at`, with a backslash before each quote and backslash.
/// Returns the offset of the end of the written text. `out` must have room for twice the length of
/// `text` and for `ROOM` more bytes.
#[inline]
pub(super) fn put_quoted(out: &mut [u8], mut at: usize, text: &[u8]) -> usize {
    let mut start = 0;
    while start < text.len() {
        let rest = text.len() - start;
        let (word, length) = if rest >= 8 {
            (u64::from_le_bytes(*block(text, start)), 8)
        } else {
            (last_word(text, rest), rest)
        };
        at += length + put_quoted_word(block_mut(out, at), word);
        start += length;
    }
    at
}

/// Writes a word of eight bytes and returns the number of backslashes that were added. After each
/// backslash, the rest of the word is written as one block. The cost therefore depends on the
/// number of backslashes and not on the number of bytes.
#[inline]
fn put_quoted_word(out: &mut [u8; ROOM], word: u64) -> usize {
    *block_mut(out, 0) = word.to_le_bytes();
    let mut quotes = quotes(word);
    let mut added = 0;
    while quotes != 0 {
        let bits = quotes.trailing_zeros() & !7;
        // The largest offset is 14, for the last byte of a word after seven backslashes. The mask
        // makes this limit visible to the compiler.
        let here = ((bits / 8) as usize + added) & 15;
        out[here] = b'\\';
        *block_mut(out, here + 1) = (word >> bits).to_le_bytes();
        added += 1;
        quotes &= quotes - 1;
    }
    added
}
