//! The text of a string field.

use crate::copy::{block, block_mut, last_word};
use crate::syntax::bytes::quotes;

/// Writes a text with a backslash before each quote and backslash, where there is room for twice
/// its length and a word; returns its end.
#[inline]
pub(super) fn put_quoted(out: &mut [u8], mut at: usize, text: &[u8]) -> usize {
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        at = put_quoted_word(out, at, u64::from_le_bytes(*block(word, 0)), 8);
    }
    match words.remainder().len() {
        0 => at,
        rest => put_quoted_word(out, at, last_word(text, rest), rest),
    }
}

/// Writes the first `length` bytes of a word. All that is left of it is written behind each
/// backslash, as one block, so that what it costs goes by the backslashes and not by the bytes.
#[inline]
fn put_quoted_word(out: &mut [u8], mut at: usize, word: u64, length: usize) -> usize {
    *block_mut(out, at) = word.to_le_bytes();
    let mut quotes = quotes(word);
    let end = at + length + quotes.count_ones() as usize;
    while quotes != 0 {
        let bits = quotes.trailing_zeros() & !7;
        let here = at + (bits / 8) as usize;
        out[here] = b'\\';
        *block_mut(out, here + 1) = (word >> bits).to_le_bytes();
        // The next one stands a byte further behind.
        at += 1;
        quotes &= quotes - 1;
    }
    end
}
