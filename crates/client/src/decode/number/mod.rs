//! Reads decimal numbers in the form that servers usually write.
//!
//! The code processes eight bytes at a time, by comparing all bytes of a `u64` in parallel. The
//! functions return `None` for a number that is near the end of the input or not in this usual
//! form. In both cases, the caller must read the number in another way.

mod float;

use self::float::{MOST_PLACES, of_decimal};

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

/// A sequence of decimal digits, and the byte after it.
struct Digits {
    value: u64,
    count: usize,
    /// The byte after the digits.
    next: u8,
}

/// Reads up to 23 digits and appends them to the number `value`. If the number then has more than
/// 19 digits, the returned value is wrong.
#[inline]
fn digits(input: &[u8], at: usize, mut value: u64) -> Option<Digits> {
    let window = input.get(at..)?.first_chunk::<24>()?;
    let mut count = 0;
    for bytes in window.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*bytes) ^ (LOW_BITS * u64::from(b'0'));
        // In `others`, the high bit of each byte that is not a digit is set. The high bits of later
        // bytes may also be set.
        let others = (word.wrapping_add(LOW_BITS * 0x76) | word) & HIGH_BITS;
        if others == 0 {
            value = value.wrapping_mul(POWERS[8]).wrapping_add(eight(word));
            count += 8;
            continue;
        }
        let bits = others.trailing_zeros() & 0x38;
        // Shifts the bytes after the digits out of the word, and shifts zeros in before the digits.
        // If all eight bytes must be removed, the shift is by 64 bits. One step cannot shift by 64
        // bits, so the shift takes two steps.
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

/// Converts eight digit values (0 to 9), one per byte, to a number. The digits are combined first
/// in pairs, then in groups of four, and then all together.
#[inline]
fn eight(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let odd = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let even = (pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    odd.wrapping_add(even) >> 32
}

/// Reads the sign of a number and the digits before its decimal point.
#[inline]
fn whole(input: &[u8], at: usize) -> Option<(bool, usize, Digits)> {
    let negative = *input.get(at)? == b'-';
    let start = at + usize::from(negative);
    let digits = digits(input, start, 0)?;
    let has_zero = digits.count > 1 && input.get(start) == Some(&b'0');
    let is_usual = (1..=19).contains(&digits.count) && !has_zero;
    is_usual.then_some((negative, start + digits.count, digits))
}

/// Reads a number that consists of 1 to 19 digits, and that may begin with zeros. Returns the number
/// and the count of its digits. Returns `None` close to the end of the input.
#[inline]
pub(in crate::decode) fn natural(input: &[u8], at: usize) -> Option<(u64, usize)> {
    let Digits { value, count, .. } = digits(input, at, 0)?;
    (1..=19).contains(&count).then_some((value, count))
}

/// Reads a signed integer. Returns `None` if the number has a decimal point or an exponent, or is
/// close to the end of the input.
#[inline]
pub(in crate::decode) fn integer(input: &[u8], at: usize) -> Option<(i64, usize)> {
    let (negative, end, digits) = whole(input, at)?;
    let value = i64::try_from(digits.value).ok()?;
    if matches!(digits.next, b'.' | b'e' | b'E') || (negative && value == 0) {
        return None;
    }
    Some((if negative { -value } else { value }, end))
}

/// Reads a float. If `promotes` is true, a number without a decimal point is accepted too.
#[inline]
pub(in crate::decode) fn float(input: &[u8], at: usize, promotes: bool) -> Option<(f64, usize)> {
    let (negative, end, whole) = whole(input, at)?;
    let (value, end, next) = if whole.next == b'.' {
        let fraction = digits(input, end + 1, whole.value)?;
        // If the integer part is just 0, it does not count as a digit. Zeros after the point count.
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
