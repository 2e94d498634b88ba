//! Parses field values that are not strings.

use crate::FieldValue;
use crate::dialect::Grammar;

/// Parses a field value that is a boolean or a number. Returns `None` if the dialect's server would
/// refuse the value.
pub(super) fn value(grammar: &Grammar, token: &str) -> Option<FieldValue<'static>> {
    match token {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(FieldValue::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(FieldValue::Boolean(false)),
        _ => {}
    }
    if let Some(digits) = token.strip_suffix('i') {
        return if is_integer(digits) {
            digits.parse().ok().map(FieldValue::Integer)
        } else {
            None
        };
    }
    if let Some(digits) = token.strip_suffix('u') {
        let known = grammar.unsigned && is_digits(digits);
        return if known {
            digits.parse().ok().map(FieldValue::Unsigned)
        } else {
            None
        };
    }
    if !is_float(token, grammar.loose_floats) {
        return None;
    }
    // The syntax of the float was checked above, because `parse` alone would also accept `inf`,
    // `nan` and `+1`.
    token
        .parse()
        .ok()
        .filter(|float: &f64| float.is_finite())
        .map(FieldValue::Float)
}

/// Returns whether the text is an optional minus sign followed by digits.
pub(super) fn is_integer(text: &str) -> bool {
    is_digits(text.strip_prefix('-').unwrap_or(text))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether the text is a float. A float consists of an optional minus sign, digits, an
/// optional fraction and an optional exponent. If `loose` is true, the digits before or after the
/// decimal point may be missing.
fn is_float(text: &str, loose: bool) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let exponent_fits =
        exponent.is_none_or(|text| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    let mantissa_fits = match mantissa.split_once('.') {
        None => is_digits(mantissa),
        Some((whole, "")) => loose && is_digits(whole),
        Some(("", fraction)) => loose && is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
    };
    exponent_fits && mantissa_fits
}
