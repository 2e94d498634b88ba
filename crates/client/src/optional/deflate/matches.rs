//! Finds repetitions in line protocol.

use std::ops::Range;

/// The maximum distance in bytes that the format allows between a repetition and the text that it
/// repeats.
const WINDOW: usize = 32 << 10;
/// The length in bytes of the longest repetition that the format allows.
pub(super) const LONGEST: usize = 258;
/// The length in bytes of the shortest repetition that is searched for.
const SHORTEST: usize = 8;
const TABLE_BITS: u32 = 12;
const SLOTS: usize = 1 << TABLE_BITS;

/// Receives the literals and repetitions of a text, in order.
pub(super) trait Sink {
    fn literals(&mut self, text: &[u8]);
    /// Receives a repetition of the `length` bytes that start `distance` bytes earlier in the text.
    fn repeat(&mut self, length: usize, distance: usize);
}

/// Searches for repetitions in line protocol. A repetition can start only where a part of a line
/// starts: at a comma, space or line feed.
///
/// Two hash tables store the most recent positions of parts. The key is the first 16 bytes of a
/// part in the table `long`, and the first 8 bytes in the table `short`. The long key finds a tag
/// together with its value, and the short key finds only the name of a tag or field.
#[derive(Clone)]
pub(super) struct Matcher<'t> {
    text: &'t [u8],
    long: Box<[u32; SLOTS]>,
    short: Box<[u32; SLOTS]>,
}

impl<'t> Matcher<'t> {
    /// # Panics
    ///
    /// Panics if `text` has 4 GiB or more.
    pub(super) fn new(text: &'t [u8]) -> Self {
        assert!(u32::try_from(text.len()).is_ok(), "bodies are far smaller");
        Self {
            text,
            long: Box::new([u32::MAX; SLOTS]),
            short: Box::new([u32::MAX; SLOTS]),
        }
    }

    /// Divides a range of the text into literals and repetitions, and passes them to `sink`. The
    /// repetitions may refer to text before the range.
    pub(super) fn run(&mut self, range: Range<usize>, sink: &mut impl Sink) {
        let text = &self.text[..range.end];
        let mut at = range.start;
        let mut literals = range.start;
        while at + 16 <= text.len() {
            match self.look(text, at) {
                Some((length, distance)) => {
                    sink.literals(&text[literals..at]);
                    sink.repeat(length, distance);
                    literals = at + length;
                    // A repetition usually ends before the next part starts. Therefore the search
                    // for the next part need not wait until the length of the repetition is known.
                    at = next_part(text, at + SHORTEST);
                    if at < literals {
                        at = next_part(text, literals);
                    }
                }
                None => at = next_part(text, at + 1),
            }
        }
        sink.literals(&text[literals..]);
    }

    /// Returns the length and the distance of the repetition that starts at `at`, if there is one.
    /// Stores the position `at` in both tables.
    #[inline]
    fn look(&mut self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        #[expect(clippy::cast_possible_truncation, reason = "checked when it was made")]
        let here = at as u32;
        let (first, second) = (word(text, at), word(text, at + 8));
        let long = &mut self.long[slot(first.rotate_left(23) ^ second)];
        let long = std::mem::replace(long, here) as usize;
        let short = std::mem::replace(&mut self.short[slot(first)], here) as usize;
        // The placeholder for "no position", `u32::MAX`, always lies outside the window.
        for before in [long, short] {
            let distance = at.wrapping_sub(before);
            if distance <= WINDOW && distance > 0 && word(text, before) == first {
                return Some((repeated(text, before, at), distance));
            }
        }
        None
    }
}

#[inline]
fn slot(word: u64) -> usize {
    // This is the multiplier of Fibonacci hashing: 2^64 divided by the golden ratio.
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - TABLE_BITS)) as usize
}

#[inline]
fn word(text: &[u8], at: usize) -> u64 {
    text[at..]
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

/// Returns how many consecutive bytes from `at` on equal the bytes from `before` on. The first
/// eight bytes are known to be equal.
#[inline]
fn repeated(text: &[u8], before: usize, at: usize) -> usize {
    let most = (text.len() - at).min(LONGEST);
    let mut length = SHORTEST;
    while length + 8 <= most {
        let differs = word(text, before + length) ^ word(text, at + length);
        if differs != 0 {
            return length + differs.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    while length < most && text[before + length] == text[at + length] {
        length += 1;
    }
    length
}

/// Returns the next position from `at` on where a part of a line starts: at a comma, space or line
/// feed. Returns the length of the text if no such position is found. The last bytes of the text
/// are skipped if they are too short for a repetition.
#[inline]
fn next_part(text: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = starts(*bytes);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += 16;
    }
    text.len()
}

/// Looks for a comma, a space or a line feed in sixteen bytes. In the returned mask, a bit is set
/// for each such byte. The lowest bit belongs to the first byte.
#[cfg(target_feature = "sse2")]
#[inline]
fn starts(bytes: [u8; 16]) -> u32 {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i as equal, m128i, move_mask_i8_m128i,
        set_splat_i8_m128i,
    };
    let text = m128i::from(bytes);
    let is = |byte: u8| equal(text, set_splat_i8_m128i(byte.cast_signed()));
    move_mask_i8_m128i(or(is(b','), or(is(b' '), is(b'\n')))).cast_unsigned()
}

/// Looks for a comma, a space or a line feed in sixteen bytes. The lowest set bit of the returned
/// mask marks the first one found. Higher bits may be wrong, because this version has no vector
/// instructions and examines eight bytes at a time.
#[cfg(not(target_feature = "sse2"))]
#[inline]
fn starts(bytes: [u8; 16]) -> u32 {
    starts_in(word(&bytes, 0)) | starts_in(word(&bytes, 8)) << 8
}

/// Looks for a comma, a space or a line feed in eight bytes. The single set bit of the returned
/// mask marks the first one found. Returns 0 if none is found.
#[cfg(any(test, not(target_feature = "sse2")))]
fn starts_in(word: u64) -> u32 {
    let found = zeros(word ^ splat(b',')) | zeros(word ^ splat(b' ')) | zeros(word ^ splat(b'\n'));
    if found == 0 {
        0
    } else {
        1 << (found.trailing_zeros() / 8)
    }
}

#[cfg(any(test, not(target_feature = "sse2")))]
const fn splat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Returns a mask whose lowest set bit marks the first zero byte of `word`, or 0 if there is no
/// zero byte.
#[cfg(any(test, not(target_feature = "sse2")))]
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(splat(1)) & !word & splat(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_begin_at_the_same_places_with_vectors_and_without() {
        for at in 0..16 {
            for byte in 0..=255 {
                let mut text = [b'-'; 16];
                text[at] = byte;
                let wanted = u32::from(matches!(byte, b',' | b' ' | b'\n')) << at;
                assert_eq!(starts(text), wanted, "{byte} at {at}");
                let portable = starts_in(word(&text, 0)) | starts_in(word(&text, 8)) << 8;
                assert_eq!(portable, wanted, "{byte} at {at}");
            }
        }
    }
}
