//! Quotes names, strings, regular expressions and durations for `InfluxQL`, so that the server
//! cannot read them as anything else.
//!
//! Pass values as bind parameters ([`Query::bind`](crate::Query::bind)) wherever the server
//! supports bind parameters. Not every server supports bind parameters for the names of databases
//! and measurements. No server supports bind parameters in `CREATE`, `DROP` and similar statements.
//! Where bind parameters are not supported, quote names and values with the functions of this
//! module.
//!
//! InfluxDB's scanner behaves as follows (observed on 1.6.7):
//!
//! * A quoted string ends at a quote of the same kind, or at a raw LF (which is an error). At a
//!   NUL, the scanner ends the whole statement, and the server runs it. The scanner reads a CR as
//!   an LF, also inside quotes.
//! * In single and double quotes, the scanner supports the escapes `\n`, `\\`, `\"` and `\'`. Any
//!   escape except these four is an error. 3.x servers support `\'` only in single quotes and `\"`
//!   only in double quotes, so this module writes only these combinations.
//! * All other characters between quotes are literal, including TAB and other control characters,
//!   U+2028 and U+FEFF.
//! * In a regular expression, `\/` becomes `/`, and every other backslash is kept. Therefore a
//!   regular expression cannot end with a backslash, because it would escape the closing slash.
//! * The units of durations are ns, u, ms, s, m, h, d and w. The unit `us` and fractions are
//!   errors.

use std::fmt::Write;
use std::time::Duration;

use crate::error::{Error, excerpt};

/// Quotes a name for InfluxQL. For example, `my "db"` becomes `"my \"db\""`.
///
/// # Errors
/// Fails if the name contains a NUL or a carriage return, which InfluxQL cannot express. If a
/// statement contained a NUL, the server would silently ignore the rest of the statement. Also
/// fails if the name is empty.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    if name.is_empty() {
        return Err(Error::config("a name in a query is empty"));
    }
    quoted(name, '"').ok_or_else(|| unwritable("name", name))
}

/// Quotes a string for InfluxQL. For example, `it's` becomes `'it\'s'`.
///
/// # Errors
/// Fails if the string contains a NUL or a carriage return, which InfluxQL cannot express. The
/// error message does not show the string, because this function is also used to quote passwords.
pub fn quote_string(text: &str) -> Result<String, Error> {
    quoted(text, '\'').ok_or_else(|| {
        Error::config(
            "a text in a query contains a NUL or a carriage return, which InfluxQL cannot express",
        )
    })
}

/// Writes a regular expression in Go's syntax between slashes. For example, `a/b` becomes `/a\/b/`.
///
/// This function ensures only that the query's parser reads the whole pattern as a regular
/// expression. The server checks whether the regular expression is valid.
///
/// # Errors
/// Fails if the pattern contains a NUL, a carriage return or a line feed. Write `\x00`, `\r` or
/// `\n` instead of these characters. Also fails if the pattern ends with a backslash. To match a
/// literal backslash at the end, write `\x5c` instead of `\\`. Also fails if the pattern is empty,
/// because an empty pattern would match everything.
pub fn quote_regex(pattern: &str) -> Result<String, Error> {
    if pattern.is_empty() {
        return Err(Error::config(
            "a regular expression in a query is empty and would match everything; write `.*` for \
             that",
        ));
    }
    if pattern.contains(['\0', '\r', '\n']) {
        return Err(Error::config(format!(
            "regular expression `{}` contains a NUL, a carriage return or a line feed; write \
             `\\x00`, `\\r` or `\\n`",
            excerpt(&pattern.escape_debug().to_string())
        )));
    }
    if pattern.ends_with('\\') {
        return Err(Error::config(format!(
            "regular expression `{}` ends with a backslash, which InfluxQL cannot express; write \
             an escaped backslash as `\\x5c`",
            excerpt(pattern)
        )));
    }
    Ok(format!("/{}/", pattern.replace('/', "\\/")))
}

/// The units of a duration and their lengths in nanoseconds, with the largest unit first.
const UNITS: [(&str, u64); 8] = [
    ("w", 7 * 24 * 3_600_000_000_000),
    ("d", 24 * 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("u", 1000),
    ("ns", 1),
];

/// Writes a duration in InfluxQL. For example, 90 minutes become `1h30m`.
///
/// # Errors
/// Fails if the duration in nanoseconds exceeds 64 bits, which is the case for more than 292 years.
pub fn quote_duration(duration: Duration) -> Result<String, Error> {
    let whole = i64::try_from(duration.as_nanos()).map_err(|_| {
        Error::config(format!(
            "duration {duration:?} is beyond 64-bit nanoseconds"
        ))
    })?;
    let mut rest = whole.unsigned_abs();
    let mut text = String::new();
    for (unit, size) in UNITS {
        if rest >= size {
            let _ = write!(text, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    Ok(if text.is_empty() { "0s".into() } else { text })
}

/// Checks that a whole string is a duration, such as `1h30m` or `INF`, and returns it.
///
/// In the returned string, `u` replaces `µ`. `INF` is valid only in statements that create a
/// retention policy or a database.
///
/// # Errors
/// Fails if the string is not a duration, or if the duration in nanoseconds exceeds 64 bits.
pub fn check_duration(text: &str) -> Result<String, Error> {
    if text.eq_ignore_ascii_case("inf") {
        return Ok("INF".into());
    }
    let plain = text.replace(['µ', 'μ'], "u");
    let mut total = 0_u64;
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let (number, after) = split_at_first(rest, |one| !one.is_ascii_digit());
        let (unit, after) = split_at_first(after, |one| one.is_ascii_digit());
        let size = UNITS.iter().find(|(name, _)| *name == unit);
        let part = number.parse::<u64>().ok().zip(size);
        let part = part.ok_or_else(|| {
            Error::config(format!(
                "duration `{}`: expected whole numbers with the units ns, u, ms, s, m, h, d and w, \
                 as in 1h30m, or INF",
                excerpt(text)
            ))
        })?;
        let sum = part.0.checked_mul(part.1.1);
        let sum = sum.and_then(|part| total.checked_add(part));
        total = sum
            .filter(|sum| i64::try_from(*sum).is_ok())
            .ok_or_else(|| {
                Error::config(format!(
                    "duration `{}` is beyond 64-bit nanoseconds; for an unlimited duration use INF",
                    excerpt(text)
                ))
            })?;
        rest = after;
    }
    if plain.is_empty() {
        return Err(Error::config("a duration in a query is empty"));
    }
    Ok(plain)
}

fn split_at_first(text: &str, ends: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn quoted(text: &str, quote: char) -> Option<String> {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        match character {
            '\0' | '\r' => return None,
            '\n' => quoted.push_str("\\n"),
            other => {
                if other == quote || other == '\\' {
                    quoted.push('\\');
                }
                quoted.push(other);
            }
        }
    }
    quoted.push(quote);
    Some(quoted)
}

fn unwritable(what: &str, text: &str) -> Error {
    let shown: String = text.chars().take(40).collect();
    Error::config(format!(
        "{what} `{}` contains a NUL or a carriage return, which InfluxQL cannot express",
        shown.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{check_duration, quote_duration, quote_identifier, quote_regex, quote_string};

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let quoted = quote_identifier("a\"; DROP DATABASE \"b\\\n'").expect("can be quoted");
        assert_eq!(quoted, "\"a\\\"; DROP DATABASE \\\"b\\\\\\n'\"");
    }

    #[test]
    fn a_text_cannot_leave_its_quotes() {
        let quoted = quote_string("it's; \"\\\n").expect("can be quoted");
        assert_eq!(quoted, "'it\\'s; \"\\\\\\n'");
        assert_eq!(quote_string("").expect("can be quoted"), "''");
    }

    #[test]
    fn a_pattern_cannot_leave_its_slashes() {
        for (pattern, written) in [
            ("a/b", "/a\\/b/"),
            ("a\\/b", "/a\\\\/b/"),
            ("[/\\\\/]'\"", "/[\\/\\\\\\/]'\"/"),
        ] {
            assert_eq!(quote_regex(pattern).expect("can be written"), written);
        }
    }

    #[test]
    fn what_influxql_cannot_write_is_refused() {
        for name in ["", "a\0b", "a\rb"] {
            assert!(quote_identifier(name).is_err(), "{name:?}");
        }
        for text in ["a\0b", "a\rb"] {
            assert!(quote_string(text).is_err(), "{text:?}");
        }
        for pattern in ["", "a\0b", "a\rb", "a\nb", "a\\", "a\\\\"] {
            assert!(quote_regex(pattern).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn a_text_that_is_refused_is_not_shown() {
        let error = quote_string("hunter2\0").expect_err("holds a NUL");
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_duration_is_written_in_the_largest_units() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(90 * 60), "1h30m"),
            (Duration::from_secs(8 * 24 * 3600), "1w1d"),
            (Duration::new(1, 2_003_004), "1s2ms3u4ns"),
            (
                Duration::from_nanos(i64::MAX.unsigned_abs()),
                "15250w1d23h47m16s854ms775u807ns",
            ),
        ] {
            assert_eq!(quote_duration(duration).expect("is in range"), text);
            assert_eq!(check_duration(text).expect("is one"), text);
        }
        assert!(quote_duration(Duration::from_secs(1 << 34)).is_err());
    }

    #[test]
    fn the_text_of_a_duration_is_a_duration() {
        assert_eq!(check_duration("inf").expect("is one"), "INF");
        assert_eq!(check_duration("1µ").expect("is one"), "1u");
        for text in [
            "", "1", "h", "1us", "1.5h", "-1h", "1h ", "1h;", "1H", "1h INF", "15251w", "١h",
        ] {
            assert!(check_duration(text).is_err(), "{text:?}");
        }
    }
}
