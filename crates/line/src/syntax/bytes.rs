//! Defines the kinds of bytes that cannot simply be copied, and finds such bytes one, eight or
//! sixteen at a time.

use crate::copy::{block, copy};

/// The kinds of bytes, as bits. The kinds of a string are the union of the kinds of its bytes.
pub(crate) mod kind {
    /// A comma or a space. Both are escaped everywhere except in strings.
    pub(crate) const BREAK: u8 = 1;
    /// An equals sign, which is escaped in keys and tag values.
    pub(crate) const EQUALS: u8 = 1 << 1;
    /// A backslash.
    pub(crate) const BACKSLASH: u8 = 1 << 2;
    /// A double quote.
    pub(crate) const QUOTE: u8 = 1 << 3;
    /// A line feed.
    pub(crate) const NEWLINE: u8 = 1 << 4;
    /// NUL.
    pub(crate) const NUL: u8 = 1 << 5;
    /// Any other ASCII control character.
    pub(crate) const CONTROL: u8 = 1 << 6;
    /// A number sign (`#`). At the start of a line it begins a comment, and it is also part of the
    /// separator `#!~#` of the storage engine.
    pub(crate) const HASH: u8 = 1 << 7;
    /// All kinds of bytes that the rules for names and tags check.
    pub(crate) const CHECKED: u8 = BACKSLASH | NEWLINE | NUL | CONTROL | HASH;
}

static KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = kind::CONTROL;
        byte += 1;
    }
    table[0x7f] = kind::CONTROL;
    table[0] = kind::NUL;
    table[b'\n' as usize] = kind::NEWLINE;
    table[b',' as usize] = kind::BREAK;
    table[b' ' as usize] = kind::BREAK;
    table[b'=' as usize] = kind::EQUALS;
    table[b'\\' as usize] = kind::BACKSLASH;
    table[b'"' as usize] = kind::QUOTE;
    table[b'#' as usize] = kind::HASH;
    table
}

pub(crate) fn kind_of(byte: u8) -> u8 {
    KINDS[usize::from(byte)]
}

/// Returns the kinds of all bytes in a string.
pub(crate) fn kinds_in(text: &str) -> u8 {
    text.bytes().fold(0, |seen, byte| seen | kind_of(byte))
}

/// Returns whether the text contains a control character, `"`, `#`, `!`, or one of ` ,=\`. All
/// bytes that are escaped or refused in names and tags are among these bytes, and so are a few
/// other bytes.
#[inline]
pub(crate) fn has_special(text: &[u8]) -> bool {
    let length = text.len();
    if length > 16 {
        let mut seen = special(two(text, length - 16, length - 8));
        for sixteen in text.chunks_exact(16) {
            seen |= special(two(sixteen, 0, 8));
        }
        return seen;
    }
    special(if length >= 8 {
        two(text, 0, length - 8)
    } else if length >= 4 {
        let first = u32::from_le_bytes(*block(text, 0));
        let last = u32::from_le_bytes(*block(text, length - 4));
        [u64::from(first) | u64::from(last) << 32; 2]
    } else {
        // The letters `a` that pad the word are not special.
        let mut word = [b'a'; 8];
        copy(&mut word, 0, text);
        [u64::from_le_bytes(word); 2]
    })
}

/// Returns two words: the eight bytes at the offset `first`, and the eight bytes at the offset
/// `second`.
#[inline]
fn two(text: &[u8], first: usize, second: usize) -> [u64; 2] {
    let word = |at| u64::from_le_bytes(*block(text, at));
    [word(first), word(second)]
}

/// Returns whether any byte of two words is special (see [`has_special`]).
#[cfg(target_feature = "sse2")]
#[inline]
fn special([first, second]: [u64; 2]) -> bool {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i as equal, min_u8_m128i, move_mask_i8_m128i,
        set_i64_m128i, set_splat_i8_m128i,
    };
    let all = |byte: u8| set_splat_i8_m128i(byte.cast_signed());
    let text = set_i64_m128i(second.cast_signed(), first.cast_signed());
    let low = equal(min_u8_m128i(text, all(b'#')), text);
    let some = or(
        or(low, equal(text, all(b','))),
        or(
            equal(text, all(b'=')),
            or(equal(text, all(b'\\')), equal(text, all(0x7f))),
        ),
    );
    move_mask_i8_m128i(some) != 0
}

/// Returns the same result as the vector version of `special`, but checks eight bytes at a time.
#[cfg(not(target_feature = "sse2"))]
#[inline]
fn special(words: [u64; 2]) -> bool {
    special_in(words[0]) | special_in(words[1]) != 0
}

/// Returns a value that is not zero if any byte of a word is special.
#[cfg(any(test, not(target_feature = "sse2")))]
#[inline]
fn special_in(word: u64) -> u64 {
    let below = |word: u64, limit| word.wrapping_sub(ONES * limit) & !word & (ONES << 7);
    let others = [b',', b'=', b'\\', 0x7f].map(|byte| below(word ^ (ONES * u64::from(byte)), 1));
    others.iter().fold(below(word, 0x24), |all, one| all | one)
}

/// Returns a word in which the top bit of a byte is set if this byte of `word` is a quote or a
/// backslash.
#[inline]
pub(crate) fn quotes(word: u64) -> u64 {
    same(word, b'"') | same(word, b'\\')
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// Returns a word in which the top bit of a byte is set if this byte of `word` equals `byte`. The
/// addition never carries into the next byte.
#[inline]
fn same(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * u64::from(byte));
    !(((other & !TOPS) + !TOPS) | other) & TOPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Returns whether `has_special` must find this byte. (`has_special` may also find a few other
    /// bytes.)
    fn is_special(byte: u8) -> bool {
        kind_of(byte) & (kind::BREAK | kind::EQUALS | kind::CHECKED) != 0
    }

    #[test]
    fn every_special_byte_is_seen_at_every_place() {
        for length in 0..70 {
            let mut text = vec![b'a'; length];
            assert!(!has_special(&text), "{length}");
            for at in 0..length {
                for byte in 0..=255 {
                    text[at] = byte;
                    let seen = has_special(&text);
                    assert!(seen || !is_special(byte), "{byte} at {at} of {length}");
                    assert!(!seen || byte <= b'#' || is_special(byte), "{byte}");
                }
                text[at] = b'a';
            }
        }
    }

    #[test]
    fn the_portable_form_sees_the_same() {
        for byte in 0..=255 {
            for others in [b'a', 0xff] {
                let mut text = [others; 8];
                text[5] = byte;
                let word = u64::from_le_bytes(text);
                assert_eq!(special_in(word) != 0, special([word; 2]), "{byte}");
            }
        }
    }
}
