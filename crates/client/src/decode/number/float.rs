//! Converts decimal numbers with up to 19 digits and no exponent to floats. Most numbers in answers
//! have this form.
//!
//! The conversion uses the Eisel-Lemire algorithm ("Number Parsing at a Gigabyte per Second",
//! 2021). The crate `fast-float2` and the standard library use the same algorithm, and return
//! bit-for-bit identical floats. The functions in this module receive digits that have already been
//! parsed. For numbers of at most 19 digits without an exponent, the algorithm always succeeds.

/// The maximum number of fractional digits. 5^27 is the largest power of five below 2^64.
pub(super) const MOST_PLACES: usize = 27;

/// The number of bits in a float's mantissa after the leading bit.
const FRACTION_BITS: u32 = 52;

/// The values of `1 / 5^places` as 128-bit numbers, rounded up and normalized, so that the highest
/// bit is set.
const RECIPROCALS: [u128; MOST_PLACES + 1] = {
    let mut table = [1 << 127; MOST_PLACES + 1];
    let mut places = 1;
    let mut power = 1;
    while places <= MOST_PLACES {
        power *= 5;
        table[places] = reciprocal(power);
        places += 1;
    }
    table
};

/// Divides a power of two by `divisor` with long division, and rounds the quotient up. The power of
/// two is chosen so that the quotient has 128 bits.
const fn reciprocal(divisor: u64) -> u128 {
    let (mut quotient, mut rest) = (0, 1_u128);
    let mut bits = 127 + (u64::BITS - divisor.leading_zeros());
    while bits > 0 {
        rest <<= 1;
        quotient <<= 1;
        if rest >= divisor as u128 {
            rest -= divisor as u128;
            quotient |= 1;
        }
        bits -= 1;
    }
    quotient + 1
}

/// Returns the float that is closest to `digits / 10^places`. If two floats are equally close,
/// returns the even one.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "halves of products, and exponents far from their limits"
)]
pub(super) fn of_decimal(digits: u64, places: usize) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    let shift = digits.leading_zeros();
    let (low, high) = product(digits << shift, RECIPROCALS[places]);
    let upper = (high >> 63) as u32;
    // Keeps one bit more than the mantissa of a float has, for rounding.
    let spare = upper + u64::BITS - FRACTION_BITS - 3;
    let mut mantissa = high >> spare;
    // If the number is half-way between two floats, it is rounded to the even float. Only numbers
    // with few fractional digits can be half-way between two floats.
    if low <= 1 && places <= 4 && mantissa & 3 == 1 && mantissa << spare == high {
        mantissa &= !1;
    }
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    // `scale` is floor(log2(10^-places)), and 1023 is the bias of the exponent.
    let scale = (-(places as i32) * 217_706) >> 16;
    let exponent = scale + 63 + 1023 + upper as i32 - shift as i32;
    // If rounding made the mantissa a power of two, the addition carries into the exponent.
    f64::from_bits(((exponent as u64 - 1) << FRACTION_BITS) + mantissa)
}

/// Returns the upper 128 bits of a 192-bit product, as a low and a high part of 64 bits. The low
/// part is computed exactly only if it can affect the result.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "halves of products")]
fn product(digits: u64, reciprocal: u128) -> (u64, u64) {
    const ROUNDING: u64 = u64::MAX >> (FRACTION_BITS + 3);
    let first = u128::from(digits) * (reciprocal >> 64);
    if (first >> 64) as u64 & ROUNDING != ROUNDING {
        return (first as u64, (first >> 64) as u64);
    }
    let second = u128::from(digits) * u128::from(reciprocal as u64);
    let first = first + (second >> 64);
    (first as u64, (first >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MOST_PLACES, of_decimal};

    fn check(digits: u64, places: usize) {
        let expected: f64 = format!("{digits}e-{places}").parse().expect("a float");
        let got = of_decimal(digits, places);
        assert_eq!(got.to_bits(), expected.to_bits(), "{digits}e-{places}");
    }

    #[test]
    fn small_decimals_are_the_floats_of_the_standard_library() {
        for places in 0..=MOST_PLACES {
            for digits in (0..5000).chain(u64::MAX - 5000..=u64::MAX) {
                check(digits, places);
            }
        }
    }

    #[test]
    fn decimals_between_two_floats_are_those_of_the_standard_library() {
        // Tests numbers such as 2^53 plus halves, quarters or eighths, and the numbers next to
        // them.
        for bits in 48..64 {
            for odd in 0..64_u64 {
                for places in 0..=MOST_PLACES {
                    for factor in [1, 5, 25, 125, 625, 3125] {
                        let middle = ((1 << bits) + odd).checked_mul(factor);
                        let Some(middle) = middle.filter(|n| *n < u64::MAX) else {
                            continue;
                        };
                        check(middle - 1, places);
                        check(middle, places);
                        check(middle + 1, places);
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn decimals_are_the_floats_of_the_standard_library(
            digits in any::<u64>(),
            shift in 0..64_u32,
            places in 0..=MOST_PLACES,
        ) {
            check(digits >> shift, places);
        }

        #[test]
        fn shortest_texts_give_the_float_back(float in 1e-5..1e9_f64) {
            let text = float.to_string();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let digits = format!("{whole}{fraction}").parse::<u64>();
            if let Ok(digits) = digits && fraction.len() <= MOST_PLACES {
                prop_assert_eq!(of_decimal(digits, fraction.len()).to_bits(), float.to_bits());
            }
        }
    }
}
