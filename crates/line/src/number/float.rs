//! Writes the shortest text of a float, with fast code for the floats that are typical of
//! measurements.
//!
//! The text is the same as the text that `zmij` writes. Floats for which this module has no fast
//! code are written by `zmij`. For floats between 2^-16 and 2^53, the module uses one power of ten
//! for each binary exponent. The powers of ten are small enough for exact arithmetic. The product
//! of a float and its power of ten has 16 or 17 digits before the decimal point. The products of
//! the adjacent floats are between one and ten away from this product. Therefore, at most the last
//! digit of the product is redundant. The last digit is redundant if a multiple of ten is closer to
//! the product than half the distance to the product of an adjacent float. If no digit is
//! redundant, the text consists of the digits of the whole number that is nearest to the product.
//!
//! The code does not branch on the digits of a float, because these digits are random.
#![expect(
    clippy::cast_possible_truncation,
    reason = "parts of numbers, and small ones"
)]

use core::hint::select_unpredictable;

use crate::copy::{block_mut, copy_number};
use crate::number::digits::sixteen;

/// The number of bytes from the start of a float that `put_float` may overwrite. Some of these
/// bytes are not part of the float's text.
pub(crate) const ROOM: usize = 40;

/// The biased exponents of the smallest and the largest floats for which this module has fast code.
const FIRST: u64 = 1023 - 16;
const LAST: u64 = 1023 + 52;

/// The values that are the same for all floats with the same exponent.
#[derive(Clone, Copy)]
struct Scale {
    /// The distance from one float to the next float, times `10^places`, in units of `2^-POINT`.
    step: u64,
    /// The exponent of the power of ten, which is also the number of digits after the decimal point
    /// of the float.
    places: u64,
}

/// The number of fractional bits in a product. The bits before the fractional bits are a whole
/// number, whose digits are the digits of the float.
const POINT: u32 = 60;
const ONE: u64 = 1 << POINT;

const EXPONENTS: usize = (LAST - FIRST + 1) as usize;
static SCALES: [Scale; EXPONENTS] = scales();

const fn scales() -> [Scale; EXPONENTS] {
    let mut scales = [Scale { step: 0, places: 0 }; EXPONENTS];
    let mut at = 0;
    while at < EXPONENTS {
        // The distance from one float with this exponent to the next is 2^-bits.
        let bits = (EXPONENTS - 1 - at) as u32;
        let mut places = 0;
        while 10_u128.pow(places) < 1 << bits {
            places += 1;
        }
        // Because 10^places is 5^places * 2^places, the value of `step` is exact.
        scales[at] = Scale {
            step: 5_u64.pow(places) << (POINT + places - bits),
            places: places as u64,
        };
        at += 1;
    }
    scales
}

const TEN_16: u64 = 10_000_000_000_000_000;

/// Writes a finite float to `out` at the offset `at`, and returns the offset of its end. `out` must
/// have room for [`ROOM`] bytes at `at`.
#[inline]
pub(crate) fn put_float(out: &mut [u8], at: usize, value: f64) -> usize {
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff).wrapping_sub(FIRST);
    let Some(scale) = SCALES.get(exponent as usize) else {
        return put_rare(out, at, value);
    };
    let (digits, places) = shortest((bits & ((1 << 52) - 1)) | (1 << 52), *scale);
    at + put_digits(block_mut(out, at), bits >> 63, digits, places)
}

/// Writes a float for which this module has no fast code. A float has no fast code if it is zero,
/// is close to zero, or is beyond the range in which every whole number is a float.
#[cold]
#[inline(never)]
fn put_rare(out: &mut [u8], at: usize, value: f64) -> usize {
    let mut buffer = zmij::Buffer::new();
    let digits = buffer.format_finite(value).as_bytes();
    copy_number(out, at, digits);
    at + digits.len()
}

/// Returns the 17 digits of a float, including trailing zeros, and the number of digits after the
/// decimal point.
#[inline]
fn shortest(significand: u64, scale: Scale) -> (u64, u64) {
    let Scale { step, places } = scale;
    let product = u128::from(significand) * u128::from(step);
    let (number, low) = ((product >> POINT) as u64, product as u64);
    let tens = number / 10 * 10;
    // The difference between the product and `tens` is less than 10, so it fits into 64 bits with
    // its 60 fractional bits.
    let above = low.wrapping_sub(tens << POINT);
    // No whole number is exactly half-way between the products of two floats, because `step` has
    // fewer bits than the significand.
    let (down, up) = (above < step / 2, above > 10 * ONE - step / 2);
    let half = (low & (ONE - 1)) + (number & 1);
    let rounded = number + u64::from(half > ONE / 2);
    let nearest = select_unpredictable(down | up, tens + 10 * u64::from(up), rounded);
    let is_short = nearest < TEN_16;
    let digits = select_unpredictable(is_short, 10 * nearest, nearest);
    (digits, places + u64::from(is_short))
}

/// Writes the 17 digits of a float with its sign, its decimal point and the zeros it needs, and
/// returns the length of the text.
#[inline]
fn put_digits(out: &mut [u8; ROOM], sign: u64, digits: u64, places: u64) -> usize {
    let first = b'0' + (digits / TEN_16) as u8;
    let (rest, bits) = sixteen(digits % TEN_16);
    // The number of digits up to and including the last digit that is not zero.
    let count = ((bits << 1) | 1).ilog2() as usize + 1;
    let sign = sign as usize & 1;
    out[0] = b'-';
    if places <= 16 {
        // After the first digit, 0 to 15 more digits precede the decimal point, and 1 to 16 digits
        // follow it.
        let more = (16 - places) as usize & 15;
        out[sign] = first;
        *block_mut(out, sign + 1) = rest.to_le_bytes();
        *block_mut(out, sign + 2 + more) = (rest >> (8 * more)).to_le_bytes();
        out[sign + 1 + more] = b'.';
        sign + 1 + count.max(more + 2)
    } else {
        // The text has 0 to 4 zeros between the decimal point and the digits.
        let start = sign + 2 + (places - 17) as usize % 8;
        *block_mut(out, sign) = *b"0.000000";
        out[start] = first;
        *block_mut(out, start + 1) = rest.to_le_bytes();
        start + count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64) -> alloc::string::String {
        let mut out = [b'x'; ROOM];
        let end = put_float(&mut out, 0, value);
        core::str::from_utf8(&out[..end]).expect("digits").into()
    }

    fn assert_same(value: f64) {
        let mut buffer = zmij::Buffer::new();
        assert_eq!(text(value), buffer.format_finite(value), "{value:e}");
        assert_eq!(text(-value), buffer.format_finite(-value), "-{value:e}");
    }

    #[test]
    fn floats_next_to_powers_of_two_and_ten_are_written_like_zmij_does() {
        for exponent in 0..2047_u64 {
            for step in 0..40 {
                assert_same(f64::from_bits((exponent << 52) + step));
                assert_same(f64::from_bits(((exponent + 1) << 52) - 1 - step));
            }
        }
        for power in -30..30 {
            for digit in 1..100 {
                let text = alloc::format!("{digit}e{power}");
                let near = text.parse::<f64>().expect("a number").to_bits();
                for bits in near - 20..near + 20 {
                    assert_same(f64::from_bits(bits));
                }
            }
        }
    }

    #[test]
    fn floats_just_between_two_texts_are_written_like_zmij_does() {
        for exponent in 45..54 {
            for step in 0..4000 {
                let whole = f64::from(step) + 2_f64.powi(exponent);
                for part in 0..64 {
                    assert_same(whole + f64::from(part) / 64.0);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_float_is_written_like_zmij_does(bits in any::<u64>(), exponent in FIRST - 2..LAST + 3) {
            let value = f64::from_bits((bits & ((1 << 52) - 1)) | (exponent << 52));
            assert_same(value);
            if f64::from_bits(bits).is_finite() {
                assert_same(f64::from_bits(bits));
            }
        }

        #[test]
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        fn decimals_are_written_like_zmij_does(number in 0..1_i64 << 53, places in 0..20_i32) {
            assert_same(number as f64 / 10_f64.powi(places));
            assert_same((number % 100_000) as f64 / 10_f64.powi(places));
        }
    }
}
