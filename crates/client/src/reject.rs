//! Finds the points that a server refused, based on the error message that the server sent.
//!
//! Pure. A 1.x server quotes the lines that it could not parse:
//!
//! ```text
//! partial write: unable to parse 'LINE': REASON
//! unable to parse 'LINE': REASON dropped=N
//! ```
//!
//! Version 1.12 appends names after `dropped=N`. A quoted line can contain anything, including
//! newlines and phrases that the server uses in its messages. Therefore the end of a quoted line is
//! found by comparing the text with the lines that were sent. The server's message about a type
//! conflict names only a field. The message about a type conflict identifies a point only if
//! exactly one line of the batch has that field with that type.

use std::collections::HashMap;
use std::ops::Range;

use aioinflux_line::{Batch, Decoder, FieldValue};

use crate::error::{Error, Rejected, WriteReport};

const UNPARSED: &str = "unable to parse '";
const NEXT: &str = "\nunable to parse '";
const CLOSED: &str = "': ";
const DROPPED: &str = "dropped=";

/// Parses the server's error message about `lines` of `batch`.
pub(crate) fn report(message: &str, batch: &Batch, lines: Range<usize>) -> WriteReport {
    let (text, dropped) = split_dropped(message);
    let mut rejected = unparsed(text, batch, lines.clone());
    if rejected.is_empty() {
        rejected.extend(conflicting(text, batch, lines));
    }
    WriteReport {
        rejected,
        dropped,
        ..WriteReport::default()
    }
}

/// Splits `dropped=N` from the message. Returns the text before `dropped=N`, and the number N.
fn split_dropped(message: &str) -> (&str, Option<u64>) {
    for (at, found) in message.rmatch_indices(DROPPED) {
        let rest = &message[at + found.len()..];
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let after = &rest[digits..];
        if let Ok(count) = rest[..digits].parse()
            && (after.trim().is_empty() || after.starts_with(" for database: "))
        {
            return (message[..at].trim_end_matches(' '), Some(count));
        }
    }
    (message, None)
}

/// Returns the lines that the server's message quotes.
fn unparsed(text: &str, batch: &Batch, lines: Range<usize>) -> Vec<Rejected> {
    let Some(first) = text.find(UNPARSED) else {
        return Vec::new();
    };
    let mut sent = Sent::new(batch, lines);
    let mut rejected = Vec::new();
    let mut rest = &text[first + UNPARSED.len()..];
    loop {
        let (line, after) = sent.split_quoted(rest);
        let end = after.find(NEXT).unwrap_or(after.len());
        let index = sent.take(line).map(|line| batch.index(line));
        rejected.push(Rejected {
            index,
            line: line.to_owned(),
            reason: after[..end].to_owned(),
        });
        match after.get(end + NEXT.len()..) {
            Some(next) => rest = next,
            None => return rejected,
        }
    }
}

/// The lines that were sent, indexed by the text that the server quotes for each line.
struct Sent {
    lines: HashMap<String, Vec<usize>>,
    longest: usize,
}

impl Sent {
    fn new(batch: &Batch, lines: Range<usize>) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        // The lines are added in reverse order, so that `take` returns the first line first.
        for line in lines.rev() {
            let text = String::from_utf8_lossy(batch.line(line));
            // The server skips spaces, tabs and NULs before a line.
            let text = text.trim_start_matches([' ', '\t', '\0']);
            found.entry(text.to_owned()).or_default().push(line);
        }
        let longest = found.keys().map(String::len).max().unwrap_or_default();
        Self {
            lines: found,
            longest,
        }
    }

    /// Splits `LINE': REASON...`. The quoted line is the longest line of the batch that ends before
    /// the next quoted line begins. If no line of the batch matches, the quoted line may itself
    /// contain the phrases of the server. The search then continues after the next phrase of the
    /// server.
    fn split_quoted<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        let mut extents = text
            .match_indices(NEXT)
            .map(|(at, _)| at)
            .chain([text.len()]);
        let mut from = 0;
        let mut best = None;
        while best.is_none() && from <= self.longest {
            let Some(extent) = extents.next() else { break };
            let closes = text[from..extent]
                .match_indices(CLOSED)
                .map(|(at, _)| from + at);
            best = closes
                .filter(|&at| self.lines.contains_key(&text[..at]))
                .last();
            from = extent;
        }
        // The quoted line is not in the batch, because the server does not quote it as it was sent.
        let at = best.or_else(|| text.find(CLOSED)).unwrap_or(text.len());
        (
            &text[..at],
            text.get(at + CLOSED.len()..).unwrap_or_default(),
        )
    }

    /// Returns the next line of the batch that has this text, and removes it from the index.
    fn take(&mut self, text: &str) -> Option<usize> {
        self.lines.get_mut(text)?.pop()
    }
}

/// Returns the line that contains the field with a type conflict, if there is only one such line.
///
/// If several lines contain the field, returns none of them, even if their number equals the number
/// of dropped points. Some of the lines with the field may belong to a different shard, which
/// accepted them. The dropped points may also have type conflicts in different fields.
fn conflicting(text: &str, batch: &Batch, mut lines: Range<usize>) -> Option<Rejected> {
    let conflict = Conflict::parse(text)?;
    let line = lines.find(|&line| conflict.holds(batch, line))?;
    if lines.any(|line| conflict.holds(batch, line)) {
        return None;
    }
    Some(Rejected {
        index: Some(batch.index(line)),
        line: String::from_utf8_lossy(batch.line(line)).into_owned(),
        reason: text
            .strip_prefix("partial write: ")
            .unwrap_or(text)
            .to_owned(),
    })
}

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
        Some(Self {
            measurement: conflict.measurement.to_owned(),
            field: conflict.field.to_owned(),
            sent: conflict.kind.to_owned(),
            stored: conflict.stored.to_owned(),
        })
    }
}

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
        line.measurement() == self.measurement
            && line
                .fields()
                .iter()
                .any(|(name, value)| name == self.field && self.is_of_kind(value))
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

#[cfg(test)]
mod tests;
