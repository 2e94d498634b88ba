//! A fast path for JSON cells in the form that the server usually writes. The value of each cell is
//! appended straight to a column of the same type.
//!
//! The fast path processes eight bytes at a time: it compares all bytes of a `u64` in parallel. A
//! cell that is near the end of the input, or not in the usual form, is left to the general reader.

use crate::decode::number::{float, integer};
use crate::decode::table::columns::{Column, Values};

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Implements `RowFormat::push_usual`.
#[inline]
pub(super) fn push(input: &[u8], at: usize, column: &mut Column) -> Option<usize> {
    match &mut column.values {
        Values::Float(values) => {
            if let Some((n, end)) = float(input, at, column.promotes) {
                values.push(n);
                return Some(end);
            }
        }
        Values::Integer(values) => {
            if let Some((n, end)) = integer(input, at) {
                values.push(n);
                return Some(end);
            }
        }
        Values::Time(values) if column.is_time => {
            let (n, end) = integer(input, at)?;
            values.push(n);
            return Some(end);
        }
        Values::Text(texts) => {
            if let Some(end) = text_end(input, at) {
                texts.push(input, at + 1..end);
                return Some(end + 1);
            }
        }
        Values::View(views) => {
            if let Some(end) = text_end(input, at) {
                views.push(input, at + 1..end);
                return Some(end + 1);
            }
        }
        _ => {}
    }
    let is_null = input.get(at..at + 4) == Some(b"null");
    is_null.then(|| {
        column.push_null();
        at + 4
    })
}

/// Returns the index of the quote that ends the string. Returns `None` if only the general reader
/// can read the string.
#[inline]
fn text_end(input: &[u8], at: usize) -> Option<usize> {
    if *input.get(at)? != b'"' {
        return None;
    }
    let mut end = at + 1;
    loop {
        let [first, second] = input.get(end..)?.first_chunk::<16>()?.as_chunks::<8>().0 else {
            return None;
        };
        let (first, second) = (special(*first), special(*second));
        if first | second != 0 {
            // Selects one of the two halves of the 16 bytes without a branch, because such a branch
            // would depend on the length of the string.
            let half = if first == 0 { second } else { first };
            end += half.trailing_zeros() as usize / 8 + if first == 0 { 8 } else { 0 };
            return (input.get(end) == Some(&b'"')).then_some(end);
        }
        end += 16;
    }
}

/// Returns a mask in which the high bit of the first special byte is set. Special bytes are quotes,
/// backslashes and bytes that JSON strings must not contain. The mask may also contain high bits of
/// bytes after the first special byte.
#[inline]
fn special(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    zeros(word ^ (LOW_BITS * u64::from(b'"')))
        | zeros(word ^ (LOW_BITS * u64::from(b'\\')))
        | (word.wrapping_sub(LOW_BITS * 0x20) & !word & HIGH_BITS)
}

/// Returns a mask in which the high bit of the first zero byte of `word` is set. The mask may also
/// contain high bits of bytes after the first zero byte.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}
