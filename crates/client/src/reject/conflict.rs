//! Finds the point with a field whose type differs from the type that the server stores.
//!
//! The server's message names the measurement and the field, but no line. Version 2.x writes both
//! names as string literals of the language Go, in which `"` and `\` are escaped.

use std::borrow::Cow;

use aioinflux_line::{Batch, Decoder, FieldValue};

use super::found::{Found, line_text, reason};
use crate::error::Error;
use crate::lines::Lines;

/// A field conflict: a field was sent with a type that differs from the type that the server
/// stores.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldConflict {
    /// The measurement.
    pub measurement: String,
    /// The key of the field with the conflict.
    pub field: String,
    /// The type with which the field was sent: `float`, `integer`, `unsigned`, `boolean` or
    /// `string`.
    pub sent: String,
    /// The type that the server stores for this field.
    pub stored: String,
}

impl Error {
    /// Returns the field that the server refused because the stored field has a different type.
    pub fn field_conflict(&self) -> Option<FieldConflict> {
        self.server_message().and_then(FieldConflict::of)
    }
}

impl FieldConflict {
    /// Returns the type conflict that a server's message describes, or `None` if it describes none.
    pub(crate) fn of(message: &str) -> Option<Self> {
        let conflict = Conflict::parse(message)?;
        let name = |text| match unquoted(text) {
            Some(name) if message.starts_with(PREFIX_2X) => name.into_owned(),
            _ => text.to_owned(),
        };
        Some(Self {
            measurement: name(conflict.measurement),
            field: name(conflict.field),
            sent: conflict.kind.to_owned(),
            stored: conflict.stored.to_owned(),
        })
    }
}

/// The words with which 2.x begins its messages about refused points.
const PREFIX_2X: &str = "failure writing points to database: ";

/// The variable parts of a message such as `field type conflict: input field "F" on measurement "M"
/// is type T, already exists as type U`.
struct Conflict<'t> {
    field: &'t str,
    measurement: &'t str,
    kind: &'t str,
    stored: &'t str,
}

impl<'t> Conflict<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (_, text) = text.split_once("field type conflict: input field \"")?;
        let (field, text) = text.split_once("\" on measurement \"")?;
        let (names, stored) = text.rsplit_once(", already exists as type ")?;
        let (measurement, kind) = names.rsplit_once("\" is type ")?;
        Some(Self {
            field,
            measurement,
            kind,
            // In the message, the type is followed by the number of dropped points.
            stored: stored.split(' ').next()?,
        })
    }

    fn holds(&self, batch: &Batch, line: usize) -> bool {
        let mut decoder = Decoder::new(batch.dialect(), batch.line(line));
        let Some(Ok(line)) = decoder.next() else {
            return false;
        };
        let is = |name: &str, text| name == text || unquoted(text).is_some_and(|text| name == text);
        is(line.measurement(), self.measurement)
            && line
                .fields()
                .iter()
                .any(|(name, value)| is(name, self.field) && self.is_of_kind(value))
    }

    fn is_of_kind(&self, value: &FieldValue<'_>) -> bool {
        let kind = match value {
            FieldValue::Float(_) => "float",
            FieldValue::Integer(_) => "integer",
            FieldValue::Unsigned(_) => "unsigned",
            FieldValue::Boolean(_) => "boolean",
            FieldValue::String(_) => "string",
        };
        kind == self.kind
    }
}

/// Returns the line that contains the field with a type conflict, if there is only one such line.
///
/// If several lines contain the field, returns none of them, even if their number equals the number
/// of dropped points. Some of the lines with the field may belong to a different shard, which
/// accepted them. The dropped points may also have type conflicts in different fields.
pub(super) fn find(text: &str, batch: &Batch, lines: &Lines) -> Option<Found> {
    let conflict = Conflict::parse(text)?;
    let mut lines = lines.iter();
    let line = lines.find(|&line| conflict.holds(batch, line))?;
    if lines.any(|line| conflict.holds(batch, line)) {
        return None;
    }
    Some(Found {
        line: Some(line),
        text: line_text(batch, line),
        reason: reason(text).to_owned(),
    })
}

/// Returns the text that a string literal of the language Go stands for, or `None` if this is no
/// such literal. The quotes around the literal are not passed.
fn unquoted(literal: &str) -> Option<Cow<'_, str>> {
    if !literal.contains('\\') {
        return Some(Cow::Borrowed(literal));
    }
    let mut text = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let escape = after.chars().next()?;
        let (c, digits) = match escape {
            'a' => ('\x07', 0),
            'b' => ('\x08', 0),
            'f' => ('\x0c', 0),
            'n' => ('\n', 0),
            'r' => ('\r', 0),
            't' => ('\t', 0),
            'v' => ('\x0b', 0),
            '\\' | '"' => (escape, 0),
            'x' => (hexadecimal(after, 2)?, 2),
            'u' => (hexadecimal(after, 4)?, 4),
            'U' => (hexadecimal(after, 8)?, 8),
            _ => return None,
        };
        text.push(c);
        rest = &after[1 + digits..];
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// Returns the character with the code that an escape gives in `digits` digits after its letter.
fn hexadecimal(escape: &str, digits: usize) -> Option<char> {
    let code = u32::from_str_radix(escape.get(1..=digits)?, 16).ok()?;
    // Go writes a byte that is not UTF-8 as `\x80` to `\xff`. No name has such a byte.
    char::from_u32(code).filter(|_| digits > 2 || code < 0x80)
}
