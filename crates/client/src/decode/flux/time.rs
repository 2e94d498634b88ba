//! Parses RFC 3339 times into nanoseconds since 1970 in UTC.

const DAY_S: i64 = 86_400;
const NANOSECONDS: i64 = 1_000_000_000;

/// The reason why a string is not a valid time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    /// The string is not a date and time with a UTC offset and at most nine fractional digits.
    Form,
    /// The time is outside the range of 64-bit nanoseconds, which covers the years 1677 to 2262.
    Range,
}

/// Parses a string that contains a time and nothing else.
pub(super) fn parse(text: &[u8]) -> Result<i64, Invalid> {
    let (fixed, rest) = text.split_at_checked(19).ok_or(Invalid::Form)?;
    let seconds = date_and_time(fixed).ok_or(Invalid::Form)?;
    let (nanoseconds, rest) = fraction(rest).ok_or(Invalid::Form)?;
    let offset = offset(rest).ok_or(Invalid::Form)?;
    // The nanoseconds are computed in 128 bits, because only a part of the first second of the
    // range fits into `i64`.
    let whole = i128::from(seconds - offset) * i128::from(NANOSECONDS) + i128::from(nanoseconds);
    i64::try_from(whole).map_err(|_| Invalid::Range)
}

/// Returns the seconds since 1970 of a time in the form `2006-01-02T15:04:05`.
fn date_and_time(text: &[u8]) -> Option<i64> {
    let text = text.first_chunk::<19>()?;
    let marks = [text[4], text[7], text[10], text[13], text[16]];
    if marks != *b"--T::" {
        return None;
    }
    let year = 100 * two(text, 0)? + two(text, 2)?;
    let (month, day) = (two(text, 5)?, two(text, 8)?);
    let (hour, minute, second) = (two(text, 11)?, two(text, 14)?, two(text, 17)?);
    let is_valid = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    is_valid.then(|| DAY_S * days(year, month, day) + 3600 * hour + 60 * minute + second)
}

/// Returns the number that the two digits at `at` represent.
#[inline]
fn two(text: &[u8], at: usize) -> Option<i64> {
    let [tens, ones] = *text.get(at..)?.first_chunk::<2>()?;
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(10 * tens + ones))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the number of days from 1970 to a date in the Gregorian calendar. This calculation
/// begins each year in March, so that a leap day is the last day of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
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
        }
    }
}
