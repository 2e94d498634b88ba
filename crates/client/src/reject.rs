//! Finds the points that a server refused, from its message.
//!
//! Pure. A 1.x server quotes the lines that it could not parse, one after the other: `partial
//! write: unable to parse 'LINE': REASON`, a newline, `unable to parse ...`, and at the end `
//! dropped=N`, to which 1.12 adds names. A quoted line can contain anything, including newlines and
//! the phrases of the server. So the end of a line is found by comparing it with the batch that was
//! sent. A type conflict names only a field. It identifies the points only if the batch has exactly
//! as many lines with that field and type as the server dropped.

use std::collections::HashMap;
use std::ops::Range;

use aioinflux_line::{Batch, Decoder, FieldValue};

use crate::error::{Error, Rejected, WriteReport};

const UNPARSED: &str = "unable to parse '";
const NEXT: &str = "\nunable to parse '";
const CLOSED: &str = "': ";
const DROPPED: &str = "dropped=";

/// Parses a message of a server about these lines of a batch.
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

/// Removes ` dropped=N` and what follows it from the message.
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

/// The lines that the message quotes.
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

/// The lines that were sent, by their text as the server quotes it.
struct Sent {
    lines: HashMap<String, Vec<usize>>,
    longest: usize,
}

impl Sent {
    fn new(batch: &Batch, lines: Range<usize>) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        // From the last to the first, so that the first is taken first.
        for line in lines.rev() {
            let text = String::from_utf8_lossy(batch.line(line));
            // The server skips these before a line.
            let text = text.trim_start_matches([' ', '\t', '\0']);
            found.entry(text.to_owned()).or_default().push(line);
        }
        let longest = found.keys().map(String::len).max().unwrap_or_default();
        Self {
            lines: found,
            longest,
        }
    }

    /// Splits `LINE': REASON...`. It takes the longest line of the batch before the next quoted
    /// line. If there is none, it searches further, for a line that contains the phrases of the
    /// server itself.
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
        // A line that is not in the batch: it is quoted differently than it was sent.
        let at = best.or_else(|| text.find(CLOSED)).unwrap_or(text.len());
        (
            &text[..at],
            text.get(at + CLOSED.len()..).unwrap_or_default(),
        )
    }

    /// The next line of the batch with this text.
    fn take(&mut self, text: &str) -> Option<usize> {
        self.lines.get_mut(text)?.pop()
    }
}

/// The line with the field that a type conflict names, if there is only one.
///
/// If there are several, none is named, even if their number is that of the dropped points. Some
/// may belong to a different shard, which accepted them, and the dropped points may have different
/// conflicts.
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

/// A field that was sent with a type that differs from the stored type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldConflict {
    /// The measurement.
    pub measurement: String,
    /// The key of the field.
    pub field: String,
    /// The type that was sent: `float`, `integer`, `unsigned`, `boolean` or `string`.
    pub sent: String,
    /// The type that the server stores for this field.
    pub stored: String,
}

impl Error {
    /// Returns the field that the server refused because it stores this field with a different
    /// type.
    pub fn field_conflict(&self) -> Option<FieldConflict> {
        self.server_message().and_then(FieldConflict::of)
    }
}

impl FieldConflict {
    /// The conflict that a message of the server describes, if it does.
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

/// `field type conflict: input field "F" on measurement "M" is type T, already exists as type U`.
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
            // What follows is the number of the dropped points.
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
