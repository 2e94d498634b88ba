//! Copies short strings as blocks of a known size. A line consists of many short pieces of
//! text, such as keys and tag values. Calling `memcpy` for each would cost more than copying it
//! inline.

/// The size of a block in bytes. Shorter strings are copied as a whole block, because a copy of a
/// known size is cheaper than a copy of an unknown size.
pub(crate) const BLOCK: usize = 32;

/// Copies `text` to `out` at the offset `at`; the text can have any length.
#[inline]
pub(crate) fn copy(out: &mut [u8], at: usize, text: &[u8]) {
    let length = text.len();
    match length {
        0..4 => copy_bytes(out, at, text),
        4..8 => copy_ends::<4>(out, at, text),
        8..=16 => copy_ends::<8>(out, at, text),
        17..=32 => copy_ends::<16>(out, at, text),
        _ => out[at..at + length].copy_from_slice(text),
    }
}

/// Copies the text of a number, which has at most 24 bytes. If the text has 8 bytes or more, the
/// copy does not branch on its length. The lengths of floats are as random as their digits.
#[inline]
pub(crate) fn copy_number(out: &mut [u8], at: usize, digits: &[u8]) {
    let length = digits.len();
    if length < 8 {
        return copy(out, at, digits);
    }
    let last = length - 8;
    for start in [0, last.min(8), last] {
        *block_mut::<8>(out, at + start) = *block::<8>(digits, start);
    }
}

#[inline]
fn copy_bytes(out: &mut [u8], at: usize, text: &[u8]) {
    for (to, from) in out[at..].iter_mut().zip(text) {
        *to = *from;
    }
}

/// Copies text of `N` to `2 * N` bytes as two blocks of `N` bytes, which may overlap.
#[inline]
fn copy_ends<const N: usize>(out: &mut [u8], at: usize, text: &[u8]) {
    let last = text.len() - N;
    *block_mut::<N>(out, at) = *block::<N>(text, 0);
    *block_mut::<N>(out, at + last) = *block::<N>(text, last);
}

/// Copies padded text. The first block is always copied, and the rest only if the text is longer
/// than this block. Returns `None` if `out` has not enough room for the whole padded text.
#[inline]
pub(crate) fn copy_cell<const N: usize>(
    out: &mut [u8],
    at: usize,
    text: &[u8; N],
    length: usize,
) -> Option<()> {
    let out: &mut [u8; N] = out.get_mut(at..)?.first_chunk_mut()?;
    out[..BLOCK].copy_from_slice(&text[..BLOCK]);
    if length > BLOCK {
        out[BLOCK..].copy_from_slice(&text[BLOCK..]);
    }
    Some(())
}

/// Returns the last `length` bytes of the text as an eight-byte word that is padded with zeros.
/// `length` is at most seven.
#[inline]
pub(crate) fn last_word(text: &[u8], length: usize) -> u64 {
    if text.len() >= 8 {
        u64::from_le_bytes(*block(text, text.len() - 8)) >> (8 * (8 - length))
    } else {
        let mut word = [0; 8];
        copy(&mut word, 0, text);
        u64::from_le_bytes(word)
    }
}

#[inline]
pub(crate) fn block<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
    bytes[at..]
        .first_chunk()
        .expect("the caller has looked at the length")
}

#[inline]
pub(crate) fn block_mut<const N: usize>(bytes: &mut [u8], at: usize) -> &mut [u8; N] {
    bytes[at..]
        .first_chunk_mut()
        .expect("there is room for a row")
}
