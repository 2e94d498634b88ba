//! Records the state of each point of a write. No other module records the state of points.
//!
//! Pure. Points are identified by the indexes that the caller uses. Adjacent points with the same
//! state share one entry in the ledger. A long write therefore needs little memory unless many
//! points fail.

use std::fmt;
use std::ops::Range;

use aioinflux_line::Batch;

/// What happened to a point in a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// The server stored the points.
    Stored,
    /// The server checked each point separately: it stored some points and refused the others.
    PartlyStored,
    /// The server refused the points.
    Refused,
    /// The points were sent, but it is unknown whether the server stored them.
    InDoubt,
    /// The points were not sent, or were sent only in a body that the server refused as too large.
    Unsent,
}

/// Specifies where the indexes of points come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The indexes count the points of the current call.
    Call,
}

/// A range of points with consecutive indexes, and the state of these points. A point without
/// fields, which has no line, counts as being in the same state as an adjacent point.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The origin of the indexes, or `None` if only the number of points is known.
    pub origin: Option<Origin>,
    /// Their indexes.
    pub points: Range<u64>,
    /// Their state.
    pub state: State,
}

/// Records the state of each point of a write, in the order in which the states became known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    entries: Vec<Entry>,
    /// The number of points without a line that follow the last entry.
    skipped: u64,
    /// The index of the first point that the write did not process, if the write ended early.
    end: Option<u64>,
}

impl Ledger {
    /// Returns all entries of the ledger.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the ranges of indexes of the points that are in `state`.
    pub fn ranges(&self, state: State) -> impl Iterator<Item = Range<u64>> {
        let known = move |entry: &&Entry| entry.state == state && entry.origin.is_some();
        let entries = self.entries.iter().filter(known);
        entries.map(|entry| entry.points.clone())
    }

    /// Returns the number of points that are in `state`.
    pub fn count(&self, state: State) -> u64 {
        let entries = self.entries.iter().filter(|entry| entry.state == state);
        entries
            .map(|entry| entry.points.end - entry.points.start)
            .sum()
    }

    /// Returns whether the ledger has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Records the state of the points in `span`, which follow the points recorded so far.
    pub(crate) fn note(&mut self, span: &Span, state: State) {
        self.skipped += span.before;
        for points in &span.ranges {
            match self.entries.last_mut() {
                Some(last)
                    if last.state == state
                        && last.origin == Some(Origin::Call)
                        && last.points.end + self.skipped == points.start =>
                {
                    last.points.end = points.end;
                }
                _ => self.entries.push(Entry {
                    origin: Some(Origin::Call),
                    points: points.clone(),
                    state,
                }),
            }
            self.skipped = 0;
        }
        self.skipped += span.after;
    }

    /// Records points whose number is known, but whose indexes are not.
    pub(crate) fn note_unknown(&mut self, count: u64, state: State) {
        self.entries.push(Entry {
            origin: None,
            points: 0..count,
            state,
        });
    }

    /// Appends the entries of another ledger, whose points follow the points of this ledger.
    pub(crate) fn append(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.skipped = other.skipped;
    }

    /// Records that the point with the index `point` and all later points were not processed.
    pub fn end_before(&mut self, point: u64) {
        // Points without a line that precede `point` are treated like the last point before them.
        let last = self.entries.last().filter(|last| {
            matches!(last.state, State::Refused | State::Unsent)
                && last.origin.is_some()
                && last.points.end + self.skipped == point
        });
        self.end = Some(last.map_or(point, |last| last.points.end));
    }

    /// Returns the index of the first point that the ledger does not cover. The ledger covers all
    /// points before the returned index.
    pub fn next_point(&self) -> u64 {
        let last = self
            .entries
            .iter()
            .rev()
            .find(|entry| entry.origin.is_some());
        last.map_or(0, |entry| entry.points.end) + self.skipped
    }

    /// Returns the points that are in one of the given states, in as few ranges as possible.
    fn joined(&self, states: &[State]) -> Vec<Range<u64>> {
        let mut found: Vec<Range<u64>> = Vec::new();
        for entry in &self.entries {
            if entry.origin.is_none() || !states.contains(&entry.state) {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.end == entry.points.start => last.end = entry.points.end,
                _ => found.push(entry.points.clone()),
            }
        }
        found
    }
}

/// Shows text such as `points 0 to 9 were written, points 10 to 19 and from 30 on were not`.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (states, became) in [
            (&[State::Stored][..], "were written"),
            (&[State::PartlyStored], "were written in part"),
            (&[State::InDoubt], "may have been written"),
            (&[State::Refused, State::Unsent], "were not"),
        ] {
            let points = self.joined(states);
            let end = self.end.filter(|_| states.contains(&State::Unsent));
            if let Some(shown) = shown(points, end) {
                write!(f, "{separator}points {shown} {became}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

/// The maximum number of ranges of points that are shown.
const SHOWN: usize = 4;

fn shown(mut points: Vec<Range<u64>>, end: Option<u64>) -> Option<String> {
    let mut from = end;
    if let Some(last) = points.pop_if(|last| Some(last.end) == end) {
        from = Some(last.start);
    }
    let hidden = points.len().saturating_sub(SHOWN);
    points.truncate(SHOWN);
    let ranges = points.iter().map(|range| match range.end - 1 {
        last if last == range.start => last.to_string(),
        last => format!("{} to {last}", range.start),
    });
    let more = (hidden > 0).then(|| match hidden {
        1 => "1 more range".to_owned(),
        _ => format!("{hidden} more ranges"),
    });
    let rest = from.map(|point| format!("from {point} on"));
    let all: Vec<_> = ranges.chain(more).chain(rest).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

/// The points that belong to some lines of a batch. A span holds the indexes of its points, and
/// counts the points without a line.
#[derive(Debug, Default)]
pub(crate) struct Span {
    /// The number of points without a line that precede the first line.
    before: u64,
    /// The ranges of point indexes. The ranges include the points without a line between two lines.
    ranges: Vec<Range<u64>>,
    /// The number of points without a line that follow the last line.
    after: u64,
}

impl Span {
    pub(crate) fn new(batch: &Batch, lines: Range<usize>) -> Self {
        let mut span = Self::default();
        // Points without a line belong to the line before them, or to the first line if no line
        // precedes them.
        let mut skips = batch.skips();
        skips = &skips[skips.partition_point(|skip| *skip <= lines.start && lines.start > 0)..];
        for line in lines.clone() {
            let here = skips.partition_point(|skip| *skip <= line);
            let skipped = here as u64;
            skips = &skips[here..];
            let index = batch.index(line);
            match span.ranges.last_mut() {
                Some(last) if last.end + skipped == index => last.end = index + 1,
                Some(_) => span.ranges.push(index..index + 1),
                None => {
                    span.before = skipped;
                    span.ranges.push(index..index + 1);
                }
            }
        }
        span.after = skips.partition_point(|skip| *skip <= lines.end) as u64;
        span
    }

    /// Returns the index that follows the last point of this span, if the points before this span
    /// end at `start`.
    pub(crate) fn end(&self, start: u64) -> u64 {
        let last = self.ranges.last();
        last.map_or(start + self.before, |range| range.end) + self.after
    }
}

#[cfg(test)]
mod tests {
    use aioinflux_line::{Dialect, Encoder, Point};

    use super::*;

    /// Returns a batch with one point for each character of `kinds`; `.` means a point without
    /// fields.
    fn batch(encoder: &mut Encoder, kinds: &str) -> Batch {
        for kind in kinds.chars() {
            let point = Point::new("m");
            let point = if kind == '.' {
                point
            } else {
                point.field("f", 1)
            };
            encoder.push(&point).expect("writable");
        }
        encoder.take()
    }

    fn ranges(ledger: &Ledger, state: State) -> String {
        let ranges: Vec<_> = ledger
            .ranges(state)
            .map(|range| format!("{range:?}"))
            .collect();
        ranges.join(" ")
    }

    #[test]
    fn batches_of_one_state_are_one_entry_whatever_was_skipped() {
        let mut encoder = Encoder::new(Dialect::V1);
        let mut ledger = Ledger::default();
        for kinds in ["..ppp.", "p", "...", ".p..p.", "", "ppp."] {
            let batch = batch(&mut encoder, kinds);
            ledger.note(&Span::new(&batch, 0..batch.len()), State::Stored);
        }
        assert_eq!(ranges(&ledger, State::Stored), "2..19");
        assert_eq!(ledger.count(State::Stored), 17);
    }

    #[test]
    fn what_became_of_points_is_told_in_words() {
        let mut encoder = Encoder::new(Dialect::V1);
        let mut ledger = Ledger::default();
        assert_eq!(ledger.to_string(), "");
        for (kinds, state) in [
            ("ppp", State::Stored),
            ("p", State::PartlyStored),
            ("pp", State::Stored),
            ("pp", State::InDoubt),
            ("pp..", State::Refused),
        ] {
            let batch = batch(&mut encoder, kinds);
            ledger.note(&Span::new(&batch, 0..batch.len()), state);
        }
        let told = "points 0 to 2 and 4 to 5 were written, points 3 were written in part, \
                    points 6 to 7 may have been written, points 8 to 9 were not";
        assert_eq!(ledger.to_string(), told);
        ledger.end_before(ledger.next_point());
        let told = told.replace("points 8 to 9", "points from 8 on");
        assert_eq!(ledger.to_string(), told);
    }

    #[test]
    fn no_more_than_some_ranges_are_told() {
        let mut encoder = Encoder::new(Dialect::V1);
        let mut ledger = Ledger::default();
        for number in 0..12 {
            let batch = batch(&mut encoder, "p");
            let state = if number % 2 == 0 {
                State::Stored
            } else {
                State::Unsent
            };
            ledger.note(&Span::new(&batch, 0..1), state);
        }
        ledger.end_before(12);
        let told = "points 0 and 2 and 4 and 6 and 2 more ranges were written, \
                    points 1 and 3 and 5 and 7 and 1 more range and from 11 on were not";
        assert_eq!(ledger.to_string(), told);
    }

    #[test]
    fn an_index_that_was_not_skipped_parts_entries() {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder
            .push(&Point::new("m").field("f", 1))
            .expect("writable");
        encoder
            .push(&Point::new("").field("f", 1))
            .expect_err("no name");
        encoder
            .push(&Point::new("m").field("f", 1))
            .expect("writable");
        let batch = encoder.take();
        let mut ledger = Ledger::default();
        ledger.note(&Span::new(&batch, 0..2), State::Stored);
        assert_eq!(ranges(&ledger, State::Stored), "0..1 2..3");
    }

    #[test]
    fn parts_of_a_batch_have_states_of_their_own() {
        let mut encoder = Encoder::new(Dialect::V1);
        let batch = batch(&mut encoder, ".pp.p.pp.p.");
        let mut ledger = Ledger::default();
        for (lines, state) in [
            (0..2, State::Stored),
            (2..3, State::Refused),
            (3..5, State::Stored),
            (5..6, State::Unsent),
        ] {
            ledger.note(&Span::new(&batch, lines), state);
        }
        ledger.note_unknown(3, State::Refused);
        assert_eq!(ranges(&ledger, State::Stored), "1..3 6..8");
        assert_eq!(ranges(&ledger, State::Refused), "4..5");
        assert_eq!(ledger.count(State::Refused), 4);
        assert_eq!(ranges(&ledger, State::Unsent), "9..10");
    }
}
