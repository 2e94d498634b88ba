//! Converts values to tag text. Equal values have the same tag text, whether they come from a table
//! or from an object.
//!
//! Most existing series were written with Python's `str`. Therefore the tag text of a value is the
//! text that `str` returns, such as `0.1`, `16777216.0`, `1e+16`, `True` or `1.50`. The text of a
//! float has only as many digits as the original width of the float needs. For example, the
//! single-precision float nearest to 0.1 becomes `0.1`, although the float would need seventeen
//! digits if it were widened to a double.

use arrow_array::ArrowPrimitiveType;
use arrow_array::types::Float16Type;

type Half = <Float16Type as ArrowPrimitiveType>::Native;

/// The number of bits of a float in the source data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FloatWidth {
    /// 16 bits.
    Half,
    /// 32 bits.
    Single,
    /// 64 bits.
    #[default]
    Double,
}

/// Returns the text of a float in Python's notation. The text has the fewest digits that parse to
/// the same float of the same width.
///
/// `value` is the float, converted to 64 bits. NaN becomes `nan`, and infinities become `inf` and
/// `-inf`.
///
/// ```
/// use aioinflux::engine::{FloatWidth, float_text};
///
/// assert_eq!(float_text(0.1_f32.into(), FloatWidth::Single), "0.1");
/// assert_eq!(float_text(0.1_f32.into(), FloatWidth::Double), "0.10000000149011612");
/// assert_eq!(float_text(1e16, FloatWidth::Double), "1e+16");
/// ```
pub fn float_text(value: f64, width: FloatWidth) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let mut buffer = zmij::Buffer::new();
    notation(&match width {
        FloatWidth::Half => half(value),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it was widened: the way back loses nothing"
        )]
        FloatWidth::Single => buffer.format_finite(value as f32).to_owned(),
        FloatWidth::Double => buffer.format_finite(value).to_owned(),
    })
}

/// Returns the shortest digits of a half-precision float. No formatter returns the shortest digits
/// for this type, but five digits are always enough.
fn half(value: f64) -> String {
    let digits = (0..4).map(|places| format!("{value:.places$e}"));
    let same = |text: &String| {
        let read = text.parse().map(Half::from_f64);
        read.is_ok_and(|read| read == Half::from_f64(value))
    };
    let mut digits = digits.filter(same);
    digits.next().unwrap_or_else(|| format!("{value:.4e}"))
}

/// Formats a number in the notation of Python's `repr`. The result has an exponent if the decimal
/// exponent of the number is less than -4 or greater than 15.
fn notation(number: &str) -> String {
    let (number, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return format!("{sign}0.0");
    }
    // The number of digits before the decimal point. `before` is negative if zeros directly follow
    // the point.
    let before = length(whole) + exponent - (length(&all) - length(digits));
    let digits = digits.trim_end_matches('0');
    if !(-3..=16).contains(&before) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let direction = if before < 1 { '-' } else { '+' };
        let exponent = (before - 1).unsigned_abs();
        return format!("{sign}{first}{point}{rest}e{direction}{exponent:02}");
    }
    if before <= 0 {
        return format!("{sign}0.{}{digits}", zeros(-before));
    }
    let Some((whole, fraction)) = usize::try_from(before)
        .ok()
        .and_then(|before| digits.split_at_checked(before))
        .filter(|(_, fraction)| !fraction.is_empty())
    else {
        return format!("{sign}{digits}{}.0", zeros(before - length(digits)));
    };
    format!("{sign}{whole}.{fraction}")
}

fn length(digits: &str) -> i32 {
    i32::try_from(digits.len()).unwrap_or(i32::MAX)
}

fn zeros(count: i32) -> String {
    "0".repeat(usize::try_from(count).unwrap_or(0))
}

/// Returns the text of a decimal number, including its trailing zeros. The text has the format of
/// Python's `Decimal`, which follows the decimal arithmetic specification.
///
/// `unscaled` contains the sign and the digits of the number, and `scale` is the number of digits
/// after the decimal point.
pub(super) fn decimal_text(unscaled: &str, scale: i8) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    let exponent = -i32::from(scale);
    let count = length(digits);
    let adjusted = exponent + count - 1;
    if exponent > 0 || adjusted < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if adjusted < 0 { '-' } else { '+' };
        return format!(
            "{sign}{first}{point}{rest}E{exponent_sign}{}",
            adjusted.unsigned_abs()
        );
    }
    if exponent == 0 {
        return unscaled.to_owned();
    }
    let padded = format!("{}{digits}", zeros(1 - exponent - count));
    let behind = usize::try_from(-exponent).unwrap_or(0);
    let (whole, fraction) = padded.split_at(padded.len() - behind);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_the_fewest_digits_of_their_own_width() {
        for (value, width, text) in [
            (0.1_f32.into(), FloatWidth::Single, "0.1"),
            (1e20_f32.into(), FloatWidth::Single, "1e+20"),
            (16_777_216.0, FloatWidth::Single, "16777216.0"),
            (
                f64::from(f32::MIN_POSITIVE),
                FloatWidth::Single,
                "1.1754944e-38",
            ),
            (0.099_975_585_937_5, FloatWidth::Half, "0.1"),
            (65504.0, FloatWidth::Half, "65500.0"),
            (5.960_464_477_539_063e-8, FloatWidth::Half, "6e-08"),
            (0.1, FloatWidth::Double, "0.1"),
            (-0.0, FloatWidth::Double, "-0.0"),
            (5e-324, FloatWidth::Double, "5e-324"),
            // Each of these two numbers is exactly half-way between two decimal numbers with as
            // many digits as the expected text.
            (
                2_f64.powi(-25),
                FloatWidth::Double,
                "2.9802322387695312e-08",
            ),
            (2_f64.powi(-44), FloatWidth::Double, "5.684341886080802e-14"),
            (1e16, FloatWidth::Double, "1e+16"),
            (1.5e16, FloatWidth::Double, "1.5e+16"),
            (1e15, FloatWidth::Double, "1000000000000000.0"),
            (-123.25, FloatWidth::Double, "-123.25"),
            (1e-4, FloatWidth::Double, "0.0001"),
            (1.5e-5, FloatWidth::Double, "1.5e-05"),
            (f64::INFINITY, FloatWidth::Double, "inf"),
            (f64::NEG_INFINITY, FloatWidth::Single, "-inf"),
            (f64::NAN, FloatWidth::Half, "nan"),
        ] {
            assert_eq!(float_text(value, width), text);
        }
    }

    #[test]
    fn every_half_reads_back() {
        for bits in 0..=u16::MAX {
            let value = Half::from_bits(bits);
            if value.is_nan() {
                continue;
            }
            let text = float_text(value.into(), FloatWidth::Half);
            let read: f64 = text.parse().expect("a number");
            assert_eq!(Half::from_f64(read), value, "{text}");
        }
    }

    #[test]
    fn decimals_keep_their_zeros() {
        for (unscaled, scale, text) in [
            ("150", 2, "1.50"),
            ("-150", 2, "-1.50"),
            ("5", 0, "5"),
            ("5", 3, "0.005"),
            ("100", 10, "1.00E-8"),
            ("1", 8, "1E-8"),
            ("15", -2, "1.5E+3"),
            ("0", 2, "0.00"),
            ("0", 8, "0E-8"),
            ("1", 6, "0.000001"),
            ("1", 7, "1E-7"),
        ] {
            assert_eq!(decimal_text(unscaled, scale), text);
        }
    }
}
