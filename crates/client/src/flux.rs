//! Writes values as Flux literals, so that the server cannot read them as anything else.
//!
//! Pass values as bind parameters ([`Query::bind`](crate::Query::bind)) wherever possible. This
//! module is for query text that is stored and runs later, such as the text of a task.
//!
//! ```
//! use aioinflux::{Param, flux};
//!
//! # fn run() -> Result<(), aioinflux::Error> {
//! let bucket = flux::literal("it's \"mine\"")?;
//! let start = flux::literal(Param::Duration("-1h".into()))?;
//! let text = format!("from(bucket: {bucket}) |> range(start: {start})");
//! assert_eq!(text, r#"from(bucket: "it's \"mine\"") |> range(start: (-1h))"#);
//! # Ok(())
//! # }
//! # run().unwrap();
//! ```
//!
//! Flux's scanner behaves as follows (read in Flux 0.200 and observed on 2.9):
//!
//! * In a string, `$` and the character after it are one token, unless that character is `{`, which
//!   begins an expression, or `"`. The character after a `$` may be a backslash, which then escapes
//!   nothing: in `"$\"`, the second quote ends the string. Therefore this module writes every `$`
//!   as `\x24`.
//! * Flux has no negative literals. A `-` is an operator, so negative values are in parentheses, and
//!   remain one value wherever they are. The magnitude of the smallest integer is not an integer.
//! * Flux has no literals for unsigned integers, NaN and infinity, and no exponents.
//! * Names of columns and of members of records are strings, as in `r["my column"]`. Flux has no
//!   quotes for other names.
//! * In a regular expression, `\/` becomes `/`, and a slash after a backslash never ends the
//!   expression. `\xHH` becomes the character itself, with its meaning in the expression: `\x2e`
//!   matches any character. Other escapes are passed on.

use std::fmt::Write;

use crate::error::{Error, excerpt};
use crate::query::{Param, time_text};

/// Writes a value as a Flux literal, or as an expression that is as safe as a literal.
///
/// # Errors
/// Fails if Flux cannot express the value: an identifier, an array of values of several types, a
/// duration that is not one, and a regular expression that [`regex`] refuses.
pub fn literal(value: impl Into<Param>) -> Result<String, Error> {
    written(&value.into())
}

fn written(value: &Param) -> Result<String, Error> {
    Ok(match value {
        Param::String(text) => string(text),
        Param::Boolean(value) => value.to_string(),
        Param::Integer(n @ 0..) => n.to_string(),
        Param::Integer(i64::MIN) => format!("int(v: \"{}\")", i64::MIN),
        Param::Integer(n) => format!("({n})"),
        Param::Unsigned(n) => format!("uint(v: \"{n}\")"),
        Param::Float(n) => float(*n),
        Param::Time(ns) => time_text(*ns),
        Param::Regex(pattern) => regex(pattern)?,
        Param::Duration(text) => {
            let duration = Duration::parse(text)?;
            if duration.negative {
                format!("(-{duration})")
            } else {
                duration.to_string()
            }
        }
        Param::Array(values) => {
            check_array(values)?;
            let values: Result<Vec<_>, _> = values.iter().map(written).collect();
            format!("[{}]", values?.join(", "))
        }
        Param::Identifier(_) => return Err(no_identifiers()),
    })
}

/// Quotes a string for Flux. For example, `a "b"` becomes `"a \"b\""`. Every string can be quoted.
pub fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for one in text.chars() {
        match one {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // See the module's documentation for `$`.
            '$' | '\0'..='\x1f' | '\x7f' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(one));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a regular expression in Go's syntax between slashes. For example, `a/b` becomes `/a\/b/`.
///
/// In Go, `\xHH` and `\x{H...}` match one character, whatever this character means elsewhere in an
/// expression. Flux would read them differently, so this function writes the character in another
/// form.
///
/// # Errors
/// Fails if the pattern contains a NUL, or the escape of a NUL, which Flux cannot express. Also
/// fails if the pattern is empty, ends in the middle of an escape, or contains `\x` without a
/// character.
pub fn regex(pattern: &str) -> Result<String, Error> {
    if pattern.is_empty() {
        return Err(Error::config(
            "a regular expression in a query is empty and would match everything; write `.*` for \
             that",
        ));
    }
    let refuse = |why: &str| {
        let shown = excerpt(&pattern.escape_debug().to_string());
        Error::config(format!("regular expression `{shown}` {why}"))
    };
    let mut quoted = "/".to_owned();
    let mut rest = pattern.chars();
    while let Some(one) = rest.next() {
        match one {
            '\\' => match rest.next() {
                Some('x') => {
                    let escaped = hexadecimal(&mut rest);
                    let one =
                        escaped.ok_or_else(|| refuse("contains `\\x` without a character"))?;
                    push_character(&mut quoted, one);
                }
                Some('\\') => quoted.push_str("\\\\"),
                Some(other) => quoted.extend(['\\', other]),
                None => return Err(refuse("ends with a backslash that escapes nothing")),
            },
            '/' => quoted.push_str("\\/"),
            other => quoted.push(other),
        }
    }
    if quoted.contains('\0') {
        return Err(refuse("contains a NUL, which Flux cannot express"));
    }
    if quoted.ends_with('\\') {
        // After a backslash, the slash at the end would be part of the expression.
        quoted.truncate(quoted.len() - 2);
        quoted.push_str("(?:\\\\)");
    }
    quoted.push('/');
    Ok(quoted)
}

/// Reads the hexadecimal digits after `\x`: two, or any number in braces.
fn hexadecimal(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let mut digits = String::new();
    match rest.next()? {
        '{' => loop {
            match rest.next()? {
                '}' => break,
                digit => digits.push(digit),
            }
        },
        first => digits.extend([first, rest.next()?]),
    }
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(&digits, 16)
        .ok()
        .and_then(char::from_u32)
}

/// Adds a character that matches only itself.
fn push_character(pattern: &mut String, one: char) {
    match one {
        '\n' => pattern.push_str("\\n"),
        '\r' => pattern.push_str("\\r"),
        '\t' => pattern.push_str("\\t"),
        // Go and Rust, whose parser checks the expression first, both accept these escapes.
        _ if "\\.+*?()|[]{}^$#&-~/".contains(one) => pattern.extend(['\\', one]),
        _ => pattern.push(one),
    }
}

/// Flux reads digits without an exponent, and with a decimal point.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "float(v: \"NaN\")".to_owned();
    }
    if value.is_infinite() {
        let sign = if value > 0.0 { '+' } else { '-' };
        return format!("float(v: \"{sign}Inf\")");
    }
    // Rust's `{}` never writes an exponent.
    let mut text = value.to_string();
    if !text.contains('.') {
        text.push_str(".0");
    }
    if value.is_sign_negative() {
        format!("({text})")
    } else {
        text
    }
}

/// Refuses an array whose values have several types, because Flux has no such arrays.
pub(crate) fn check_array(values: &[Param]) -> Result<(), Error> {
    let Some(first) = values.first() else {
        return Ok(());
    };
    let kind = std::mem::discriminant(first);
    let other = values
        .iter()
        .position(|one| std::mem::discriminant(one) != kind);
    match other {
        None => Ok(()),
        Some(index) => Err(Error::config(format!(
            "the values of an array have one type, but value 0 is {} and value {index} is {}",
            first.kind(),
            values[index].kind()
        ))),
    }
}

pub(crate) fn no_identifiers() -> Error {
    Error::config(
        "Flux has no parameters for identifiers; hint: pass a string, and write `r[...]` for a \
         column",
    )
}

/// A duration of Flux, which consists of whole numbers with units.
#[derive(Debug, PartialEq)]
pub(crate) struct Duration {
    pub(crate) negative: bool,
    pub(crate) parts: Vec<(i64, &'static str)>,
}

/// The units of a Flux duration. Longer names come first, because `ms` and `mo` begin like `m`. The
/// name of InfluxQL for microseconds is accepted, too.
const UNITS: [(&str, &str); 14] = [
    ("ns", "ns"),
    ("us", "us"),
    ("µs", "us"),
    ("μs", "us"),
    ("ms", "ms"),
    ("mo", "mo"),
    ("u", "us"),
    ("µ", "us"),
    ("y", "y"),
    ("w", "w"),
    ("d", "d"),
    ("h", "h"),
    ("m", "m"),
    ("s", "s"),
];

/// Returns the length of a unit in months, and in nanoseconds. One of them is zero.
fn size(unit: &str) -> (i128, i128) {
    match unit {
        "y" => (12, 0),
        "mo" => (1, 0),
        "w" => (0, 7 * 24 * 3_600_000_000_000),
        "d" => (0, 24 * 3_600_000_000_000),
        "h" => (0, 3_600_000_000_000),
        "m" => (0, 60_000_000_000),
        "s" => (0, 1_000_000_000),
        "ms" => (0, 1_000_000),
        "us" => (0, 1_000),
        _ => (0, 1),
    }
}

impl Duration {
    /// Parses a whole string as a duration, such as `1h30m`, `-1mo` or `5us`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::config(format!(
                "duration `{}`: expected whole numbers of 63 bits with the units ns, us, ms, s, m, \
                 h, d, w, mo and y, as in 1h30m or -1mo",
                excerpt(text)
            ))
        };
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let magnitude = rest[..digits].parse().map_err(|_| refuse())?;
            rest = &rest[digits..];
            let known = UNITS.into_iter().find(|(name, _)| rest.starts_with(name));
            let (name, unit) = known.ok_or_else(refuse)?;
            rest = &rest[name.len()..];
            parts.push((magnitude, unit));
        }
        if parts.is_empty() {
            return Err(refuse());
        }
        let total = |of: fn((i128, i128)) -> i128| -> i128 {
            let each = parts.iter();
            each.map(|(magnitude, unit)| i128::from(*magnitude) * of(size(unit)))
                .sum()
        };
        // Flux would wrap a longer duration around: it reads `9223372036854775807h` as `1h`.
        let largest = total(|(months, _)| months).max(total(|(_, ns)| ns));
        if i64::try_from(largest).is_err() {
            let shown = excerpt(text);
            let text = format!("duration `{shown}` is beyond 64-bit nanoseconds");
            return Err(Error::config(text));
        }
        Ok(Self { negative, parts })
    }
}

impl std::fmt::Display for Duration {
    /// Writes the duration without its sign.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = self.parts.iter();
        parts.try_for_each(|(magnitude, unit)| write!(f, "{magnitude}{unit}"))
    }
}

#[cfg(test)]
mod tests;
