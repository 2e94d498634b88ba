//! Parses RFC 3339 times into nanoseconds since 1970 in UTC.

use crate::decode::number;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

const DAY_S: i64 = 86_400;
const NANOSECONDS: i64 = 1_000_000_000;
/// The number of nanoseconds in the last digit of a fraction, by the count of its digits.
const SCALES: [i64; 10] = [
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

/// The reason why a string is not a valid time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    /// The string is not a date and time with a UTC offset and at most nine fractional digits.
    Form,
    /// The time is outside the range of 64-bit nanoseconds, which covers the years 1677 to 2262.
    Range,
}

/// Parses the time at `at` in the form that the server usually writes: in UTC, as `Z`. Returns the
/// time, and the index after it. Returns `None` for all other times, and near the end of the input.
#[inline]
pub(super) fn usual(input: &[u8], at: usize) -> Option<(i64, usize)> {
    let window = input.get(at..)?.first_chunk::<30>()?;
    let seconds = date_and_time(window.first_chunk()?)?;
    let (nanoseconds, end) = if window[19] == b'.' {
        let (value, count) = number::natural(input, at + 20)?;
        let scale = SCALES.get(count)?;
        (i64::try_from(value).ok()? * scale, at + 20 + count)
    } else {
        (0, at + 19)
    };
    let whole = seconds.checked_mul(NANOSECONDS)?.checked_add(nanoseconds)?;
    (input.get(end) == Some(&b'Z')).then_some((whole, end + 1))
}

/// Parses a string that contains a time and nothing else.
pub(super) fn parse(text: &[u8]) -> Result<i64, Invalid> {
    let (fixed, rest) = text.split_at_checked(19).ok_or(Invalid::Form)?;
    let seconds = fixed.first_chunk().and_then(date_and_time);
    let seconds = seconds.ok_or(Invalid::Form)?;
    let (nanoseconds, rest) = fraction(rest).ok_or(Invalid::Form)?;
    let offset = offset(rest).ok_or(Invalid::Form)?;
    // The nanoseconds are computed in 128 bits, because only a part of the first second of the
    // range fits into `i64`.
    let whole = i128::from(seconds - offset) * i128::from(NANOSECONDS) + i128::from(nanoseconds);
    i64::try_from(whole).map_err(|_| Invalid::Range)
}

/// Returns the seconds since 1970 of a time in the form `2006-01-02T15:04:05`. The code processes
/// eight characters at a time.
#[inline]
fn date_and_time(text: &[u8; 19]) -> Option<i64> {
    let (date, rest) = text.split_first_chunk::<8>()?;
    let (time, seconds) = rest.split_first_chunk::<8>()?;
    let [y1, _, y2, _, _, month, _, _] = pairs(*date, *b"0000-00-")?;
    let [day, _, _, hour, _, _, minute, _] = pairs(*time, *b"00T00:00")?;
    let [b':', tens, ones] = *seconds.first_chunk::<3>()? else {
        return None;
    };
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    let year = 100 * u32::from(y1) + u32::from(y2);
    let is_valid = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && tens < 6
        && ones < 10;
    let of_day = 3600 * u32::from(hour) + 60 * u32::from(minute) + u32::from(10 * tens + ones);
    is_valid.then(|| DAY_S * days(year, month, day) + i64::from(of_day))
}

/// Compares the text with `form`, in which `0` stands for any digit. For each position, returns the
/// number that two digits from there on represent, which is meaningless where there are none.
#[inline]
fn pairs(text: [u8; 8], form: [u8; 8]) -> Option<[u8; 8]> {
    let word = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    // A digit differs from `0` only in its low four bits, so its byte is now its value. All other
    // bytes must not differ from the form.
    let fixed = form.map(|byte| if byte == b'0' { 0 } else { 0xff });
    let is_equal = word & u64::from_le_bytes(fixed) == 0;
    let has_digits = (word.wrapping_add(LOW_BITS * 0x76) | word) & HIGH_BITS == 0;
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    (is_equal && has_digits).then(|| pairs.to_le_bytes())
}

/// Returns the number that the two digits at `at` represent.
#[inline]
fn two(text: &[u8], at: usize) -> Option<i64> {
    let [tens, ones] = *text.get(at..)?.first_chunk::<2>()?;
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(10 * tens + ones))
}

#[inline]
fn days_of(year: u32, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the number of days from 1970 to a date in the Gregorian calendar. This calculation
/// begins each year in March, so that a leap day is the last day of its year. It counts from 400
/// years before the year 0, so that no number is negative.
#[inline]
fn days(year: u32, month: u8, day: u8) -> i64 {
    let is_early = month < 3;
    let year = year + 400 - u32::from(is_early);
    let month = if is_early { month + 9 } else { month - 3 };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * u32::from(month) + 2) / 5 + u32::from(day) - 1;
    i64::from(days) - 719_468 - 146_097
}

/// Returns the fraction of a second in nanoseconds, and the text after the fraction.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let (digits, rest) = digits.split_at(count);
    let value = digits
        .iter()
        .fold(0, |value, digit| 10 * value + i64::from(digit - b'0'));
    let places = u32::try_from(9 - count).ok()?;
    Some((value * 10_i64.pow(places), rest))
}

/// Returns a UTC offset in seconds, which is positive east of UTC. The offset is `Z`, or hours and
/// minutes.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    if text.len() != 5 || text[2] != b':' {
        return None;
    }
    let (hours, minutes) = (two(text, 0)?, two(text, 3)?);
    (hours < 24 && minutes < 60).then_some(sign * (3600 * hours + 60 * minutes))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn times_are_those_of_jiff() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2023-11-14T22:13:20.123456789Z",
            "2024-02-29T23:59:59.9Z",
            "2000-02-29T00:00:00.000000001+05:30",
            "1999-12-31T23:59:59-23:59",
            "1677-09-21T00:12:43.145224192Z",
            "2262-04-11T23:47:16.854775807Z",
            "1900-03-01T12:00:00Z",
        ] {
            let expected: Timestamp = text.parse().expect("a time");
            let expected = i64::try_from(expected.as_nanosecond()).expect("in range");
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
            let found = usual(format!("{text},{}", "x".repeat(40)).as_bytes(), 0);
            // The nanoseconds at the very start of the range are left to `parse`.
            let is_usual = text.ends_with('Z') && !text.starts_with("1677");
            assert_eq!(found, is_usual.then_some((expected, text.len())), "{text}");
            assert_eq!(usual(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn times_outside_the_range_are_named() {
        for text in [
            "0001-01-01T00:00:00Z",
            "1677-09-21T00:12:43.145224191Z",
            "2262-04-11T23:47:16.854775808Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Range), "{text}");
            let input = format!("{text},{}", "x".repeat(40));
            assert_eq!(usual(input.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14 22:13:20Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:60Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.1234567890Z",
            "2023-11-14T22:13:20z",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20+0100",
            "2023-11-14T22:13:20Z ",
            "-023-11-14T22:13:20Z",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Form), "{text}");
            let input = format!("{text},{}", "x".repeat(40));
            // What follows the `Z` is left to the caller, who expects the end of the cell.
            let is_time = text.ends_with("Z ");
            assert_eq!(usual(input.as_bytes(), 0).is_some(), is_time, "{text}");
        }
    }
}
