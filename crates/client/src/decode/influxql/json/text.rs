//! Reads JSON strings and numbers, and accepts only what RFC 8259 allows.

use crate::decode::error::{DecodeErrorKind, Fault, Stop};
use crate::decode::table::columns::Cell;

#[inline]
pub(super) fn skip_space(input: &[u8], at: usize) -> usize {
    match input.get(at) {
        Some(0..=b' ') => skip_long_space(input, at),
        _ => at,
    }
}

#[cold]
fn skip_long_space(input: &[u8], mut at: usize) -> usize {
    while matches!(input.get(at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

/// Reads the string whose opening quote is at `at`. Returns the string as a cell, and the index
/// after it.
#[inline]
pub(super) fn string(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
    let start = at + 1;
    let mut end = start;
    loop {
        match input.get(end) {
            Some(b'"') => return Ok((Cell::Text(&input[start..end]), end + 1)),
            Some(b'\\') => return escaped_string(input, start, end),
            Some(0..0x20) => return Err(control(input, end)),
            Some(_) => end += 1,
            None => return Err(Stop::Short),
        }
    }
}

fn escaped_string(input: &[u8], start: usize, at: usize) -> Result<(Cell<'_>, usize), Stop> {
    let mut end = at;
    loop {
        match input.get(end) {
            Some(b'"') => return Ok((Cell::Escaped(&input[start..end]), end + 1)),
            Some(b'\\') => end = escape(input, end)?,
            Some(0..0x20) => return Err(control(input, end)),
            Some(_) => end += 1,
            None => return Err(Stop::Short),
        }
    }
}

#[cold]
fn control(input: &[u8], at: usize) -> Stop {
    Fault::unexpected(input, at, "a string without control characters").into()
}

/// Checks the escape sequence at `at`, and returns the index after the sequence.
fn escape(input: &[u8], at: usize) -> Result<usize, Stop> {
    match input.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for digit in at + 2..at + 6 {
                match input.get(digit) {
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(Fault::unexpected(input, digit, "a hex digit").into()),
                    None => return Err(Stop::Short),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(Fault::unexpected(input, at + 1, "an escape").into()),
        None => Err(Stop::Short),
    }
}

/// Reads the number at `at`. Returns the number as a cell, and the index after it. A number at the
/// very end of the input is treated as incomplete, because more digits may follow.
#[inline]
pub(super) fn number(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
    let negative = input[at] == b'-';
    let start = at + usize::from(negative);
    let mut end = start;
    let mut value: u64 = 0;
    while let Some(digit @ b'0'..=b'9') = input.get(end) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        end += 1;
    }
    let Some(next) = input.get(end) else {
        return Err(Stop::Short);
    };
    let digits = end - start;
    if digits == 0 {
        return Err(Fault::unexpected(input, end, "a digit").into());
    }
    if digits > 1 && input[start] == b'0' {
        return Err(Fault::unexpected(input, start + 1, "no digit after a leading 0").into());
    }
    if matches!(next, b'.' | b'e' | b'E') {
        return float(input, at, end);
    }
    if digits > 18 || (negative && value == 0) {
        return Ok((large(input, at, end)?, end));
    }
    let value = value.cast_signed();
    Ok((Cell::Integer(if negative { -value } else { value }), end))
}

/// Reads an integer of at least 19 digits, or `-0`. An integer that does not fit into 64 bits is a
/// float that Go wrote without an exponent. `-0` is also a float.
#[cold]
fn large(input: &[u8], at: usize, end: usize) -> Result<Cell<'_>, Stop> {
    let text = std::str::from_utf8(&input[at..end]).unwrap_or_default();
    if text != "-0"
        && let Ok(value) = text.parse()
    {
        return Ok(Cell::Integer(value));
    }
    if let Ok(value) = text.parse() {
        return Ok(Cell::Unsigned(value));
    }
    Ok(Cell::Float(parse_float(text, at)?))
}

fn float(input: &[u8], at: usize, mut end: usize) -> Result<(Cell<'_>, usize), Stop> {
    if input.get(end) == Some(&b'.') {
        end = digits(input, end + 1)?;
    }
    if let Some(b'e' | b'E') = input.get(end) {
        end += 1;
        if let Some(b'+' | b'-') = input.get(end) {
            end += 1;
        }
        end = digits(input, end)?;
    }
    let text = std::str::from_utf8(&input[at..end]).unwrap_or_default();
    Ok((Cell::Float(parse_float(text, at)?), end))
}

/// Skips consecutive digits, of which there must be at least one. The input must contain a byte
/// after the last digit.
fn digits(input: &[u8], at: usize) -> Result<usize, Stop> {
    let count = input[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    match input.get(at + count) {
        None => Err(Stop::Short),
        Some(_) if count == 0 => Err(Fault::unexpected(input, at, "a digit").into()),
        Some(_) => Ok(at + count),
    }
}

fn parse_float(text: &str, at: usize) -> Result<f64, Stop> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Stop::Fault(Fault {
            kind: DecodeErrorKind::Malformed,
            at: Some(at),
            text: "expected a number within the range of a float".to_owned(),
        })),
    }
}
