//! Finds the points that a server refused, based on the error message that the server sent.
//!
//! Pure. The Go servers (1.x and 2.x) describe refused points in three ways:
//!
//! ```text
//! partial write: unable to parse 'LINE': REASON dropped=N
//! partial write: field type conflict: input field "F" on measurement "M" is type ... dropped=N
//! partial write: dropped N points outside retention policy ... - oldest point ... dropped=N
//! ```
//!
//! The first form quotes the refused lines (`quoted`). The second form names only a field
//! (`conflict`), and the third form only a range of times (`outdated`). These two forms identify
//! points only if no other points of the request can be meant. Version 1.12 appends names after
//! `dropped=N`, and 2.x puts `failure writing points to database: ` before the message.

mod conflict;
mod found;
mod outdated;
mod quoted;

use aioinflux_line::Batch;

use crate::config::Precision;
use crate::error::{Rejected, WriteReport};
use crate::lines::Lines;

pub use conflict::FieldConflict;

const DROPPED: &str = "dropped=";

/// What a server's message says about the lines of a request.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) report: WriteReport,
    /// The refused lines that the message identifies.
    pub(crate) lines: Vec<usize>,
}

/// Parses the server's error message about `lines` of `batch`. The timestamps of lines that were
/// added as encoded text are in `unit`.
pub(crate) fn findings(message: &str, batch: &Batch, lines: &Lines, unit: Precision) -> Findings {
    let (text, dropped) = split_dropped(message);
    let mut found = quoted::find(text, batch, lines);
    if found.is_empty() {
        found.extend(conflict::find(text, batch, lines));
    }
    if let Some(count) = dropped.filter(|_| found.is_empty()) {
        found = outdated::find(text, count, batch, lines, unit);
    }
    let lines = found.iter().filter_map(|one| one.line).collect();
    let rejected = found.into_iter().map(|one| Rejected {
        index: one.line.map(|line| batch.index(line)),
        line: one.text,
        reason: one.reason,
    });
    let report = WriteReport {
        rejected: rejected.collect(),
        dropped,
        ..WriteReport::default()
    };
    Findings { report, lines }
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

#[cfg(test)]
mod tests;
