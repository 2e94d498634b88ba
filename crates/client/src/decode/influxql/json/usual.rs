//! A fast path for cells in the form that the server usually writes. It reads these cells straight
//! into columns of their type.
//!
//! The fast path processes eight bytes at a time: it compares all bytes of a `u64` in parallel. A
//! cell near the end of the input, or in any other form, is left to the general reader.

use super::float::{MOST_PLACES, of_decimal};
use crate::decode::table::columns::{Column, Values};

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Every integer with at most this number of digits can be represented exactly as a float.
const EXACT_DIGITS: usize = 15;

const POWERS: [u64; 9] = {
    let mut powers = [1; 9];
    let mut index = 1;
    while index < 9 {
        powers[index] = 10 * powers[index - 1];
        index += 1;
    }
    powers
};

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

/// Consecutive decimal digits.
struct Digits {
    value: u64,
    count: usize,
    /// The byte after the digits.
    next: u8,
}

/// Reads up to 23 digits, which continue the digits in `value`. If there are more than 19 digits in
/// total, the returned value is wrong.
#[inline]
fn digits(input: &[u8], at: usize, mut value: u64) -> Option<Digits> {
    let window = input.get(at..)?.first_chunk::<24>()?;
    let mut count = 0;
    for bytes in window.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*bytes) ^ (LOW_BITS * u64::from(b'0'));
        // A byte that is not a digit sets its own high bit in `others`, and can also set the high
        // bits of later bytes.
        let others = (word.wrapping_add(LOW_BITS * 0x76) | word) & HIGH_BITS;
        if others == 0 {
            value = value.wrapping_mul(POWERS[8]).wrapping_add(eight(word));
            count += 8;
            continue;
        }
        let bits = others.trailing_zeros() & 0x38;
        // Shifts out the bytes after the digits, and shifts zeros in before the digits. The shift
        // takes two steps, because it may have to remove all eight bytes, and one step cannot shift
        // by 64 bits.
        let part = eight(word << (63 - bits) << 1);
        let more = bits as usize / 8;
        value = value.wrapping_mul(POWERS[more]).wrapping_add(part);
        let [next, ..] = (word >> bits).to_le_bytes();
        return Some(Digits {
            value,
            count: count + more,
            next: next ^ b'0',
        });
    }
    None
}

/// Converts eight digit values (0 to 9), one per byte, to a number: first to pairs, then to groups
/// of four, then to all eight.
#[inline]
fn eight(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let odd = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let even = (pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    odd.wrapping_add(even) >> 32
}

/// Reads the sign and the digits before the decimal point.
#[inline]
fn whole(input: &[u8], at: usize) -> Option<(bool, usize, Digits)> {
    let negative = *input.get(at)? == b'-';
    let start = at + usize::from(negative);
    let digits = digits(input, start, 0)?;
    let has_zero = digits.count > 1 && input.get(start) == Some(&b'0');
    let is_usual = (1..=19).contains(&digits.count) && !has_zero;
    is_usual.then_some((negative, start + digits.count, digits))
}

#[inline]
fn integer(input: &[u8], at: usize) -> Option<(i64, usize)> {
    let (negative, end, digits) = whole(input, at)?;
    let value = i64::try_from(digits.value).ok()?;
    if matches!(digits.next, b'.' | b'e' | b'E') || (negative && value == 0) {
        return None;
    }
    Some((if negative { -value } else { value }, end))
}

#[inline]
fn float(input: &[u8], at: usize, promotes: bool) -> Option<(f64, usize)> {
    let (negative, end, whole) = whole(input, at)?;
    let (value, end, next) = if whole.next == b'.' {
        let fraction = digits(input, end + 1, whole.value)?;
        // A zero before the decimal point does not count as a digit of the value, but zeros after
        // the point can count.
        let count = fraction.count + if whole.value == 0 { 0 } else { whole.count };
        if fraction.count == 0 || count > 19 {
            return None;
        }
        const { assert!(MOST_PLACES >= 19) };
        let value = of_decimal(fraction.value, fraction.count);
        (value, end + 1 + fraction.count, fraction.next)
    } else if promotes && whole.count <= EXACT_DIGITS && !(negative && whole.value == 0) {
        (of_decimal(whole.value, 0), end, whole.next)
    } else {
        return None;
    };
    if matches!(next, b'e' | b'E') {
        return None;
    }
    Some((if negative { -value } else { value }, end))
}

/// Returns the index of the quote that ends the string. Returns `None` if the string needs a closer
/// check.
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
            // Selects one of the two halves without a branch, because such a branch would depend on
            // the length of the text.
            let half = if first == 0 { second } else { first };
            end += half.trailing_zeros() as usize / 8 + if first == 0 { 8 } else { 0 };
            return (input.get(end) == Some(&b'"')).then_some(end);
        }
        end += 16;
    }
}

/// Sets the high bit of the first byte that is a quote, a backslash or a byte that strings must not
/// contain. The high bits of later bytes may be set as well.
#[inline]
fn special(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    zeros(word ^ (LOW_BITS * u64::from(b'"')))
        | zeros(word ^ (LOW_BITS * u64::from(b'\\')))
        | (word.wrapping_sub(LOW_BITS * 0x20) & !word & HIGH_BITS)
}

/// Sets the high bit of the first byte that is zero. The high bits of later bytes may be set as
/// well.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}
