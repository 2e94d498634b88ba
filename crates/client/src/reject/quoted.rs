//! Finds the lines that a server's message quotes.
//!
//! A server quotes every line that it could not parse, each as `unable to parse 'LINE': REASON`. A
//! quoted line can contain anything, including newlines and phrases that the server uses in its
//! messages. Therefore the end of a quoted line is found by comparing the text with the lines that
//! were sent.

use std::collections::HashMap;

use aioinflux_line::Batch;

use super::found::Found;
use crate::lines::Lines;

const UNPARSED: &str = "unable to parse '";
const NEXT: &str = "\nunable to parse '";
const CLOSED: &str = "': ";

/// Returns the lines that the message quotes.
pub(super) fn find(text: &str, batch: &Batch, lines: &Lines) -> Vec<Found> {
    let Some(first) = text.find(UNPARSED) else {
        return Vec::new();
    };
    let mut sent = Sent::new(batch, lines);
    let mut found = Vec::new();
    let mut rest = &text[first + UNPARSED.len()..];
    loop {
        let (line, after) = sent.split_quoted(rest);
        let end = after.find(NEXT).unwrap_or(after.len());
        found.push(Found {
            line: sent.take(line),
            text: line.to_owned(),
            reason: after[..end].to_owned(),
        });
        match after.get(end + NEXT.len()..) {
            Some(next) => rest = next,
            None => return found,
        }
    }
}

/// The lines that were sent, indexed by the text that the server quotes for each line.
struct Sent {
    lines: HashMap<String, Vec<usize>>,
    longest: usize,
}

impl Sent {
    fn new(batch: &Batch, lines: &Lines) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        // The lines are added in reverse order, so that `take` returns the first line first.
        for line in lines.iter().rev() {
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
