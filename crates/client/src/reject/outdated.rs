//! Finds the points that are older than the retention period.
//!
//! The server's message contains the number of these points and the time of the newest one. Every
//! point of the request that is not newer than this point was dropped, because the server keeps or
//! drops whole shard groups, which do not overlap. If the number of such points differs from the
//! server's number, none are returned.

use aioinflux_line::{Batch, Decoder};
use jiff::Timestamp;

use super::found::{Found, line_text, reason};
use crate::config::Precision;
use crate::lines::Lines;

const VIOLATES: &str = " dropped because it violates a ";
const LOWER: &str = "Retention Policy Lower Bound at ";

/// Returns the dropped points, if the message identifies all of them.
pub(super) fn find(
    text: &str,
    dropped: u64,
    batch: &Batch,
    lines: &Lines,
    unit: Precision,
) -> Vec<Found> {
    let Some(newest) = newest(text) else {
        return Vec::new();
    };
    let is_dropped = |line: &usize| time(batch, *line, unit).is_some_and(|time| time <= newest);
    let found: Vec<usize> = lines.iter().filter(is_dropped).collect();
    if found.len() as u64 != dropped {
        return Vec::new();
    }
    // The whole message describes the oldest and the newest point, which is too much for each one.
    let reason = reason(text).split(" - oldest point ").next();
    let found = found.into_iter().map(|line| Found {
        line: Some(line),
        text: line_text(batch, line),
        reason: reason.unwrap_or_default().to_owned(),
    });
    found.collect()
}

/// Returns the time of the newest dropped point. The message contains series keys, which can contain
/// any text, so it is read from its end.
fn newest(text: &str) -> Option<i128> {
    let (oldest, newest) = text.rsplit_once(", newest point ")?;
    let (newest, bound) = newest.rsplit_once(VIOLATES)?;
    let (_, oldest_bound) = oldest.rsplit_once(VIOLATES)?;
    if !(bound.starts_with(LOWER) && oldest_bound.starts_with(LOWER)) {
        return None;
    }
    let (_, time) = newest.rsplit_once(" at ")?;
    let time: Timestamp = time.parse().ok()?;
    Some(time.as_nanosecond())
}

/// Returns the time of a line in nanoseconds, or `None` if the line has no timestamp.
fn time(batch: &Batch, line: usize, unit: Precision) -> Option<i128> {
    let line = Decoder::new(batch.dialect(), batch.line(line)).next()?;
    let time = line.ok()?.timestamp()?;
    Some(i128::from(time) * i128::from(unit.nanoseconds()))
}
