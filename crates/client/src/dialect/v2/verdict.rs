//! The meaning of an answer from a 2.x server.
//!
//! Pure. A 400 to a write means that nothing was stored. A 422 means that the rest was stored, or
//! that a field was removed from a point.

use crate::decode::Format;
use crate::dialect::failure::{MSGPACK, Row, media_type, misdirected, refused, row};
use crate::dialect::operation::Kind;
use crate::dialect::verdict::Verdict;
use crate::error::ErrorKind;
use crate::headers::Headers;

/// Errors that mean something different from their status.
///
/// The 5xx statuses are permanent: a body that cannot be read, a point that cannot be parsed.
const ROWS: &[Row] = &[
    row(422, "partial write", ErrorKind::PartialWrite, false),
    row(500, "unable to read data", ErrorKind::Rejected, false),
    row(500, "engine: unable to parse", ErrorKind::Rejected, false),
];

/// Judges an answer. The body matters only for errors.
pub(in crate::dialect) fn classify(
    kind: Kind,
    status: u16,
    headers: &Headers,
    body: &[u8],
) -> Verdict {
    let media = media_type(headers);
    match (kind, status) {
        (Kind::Ping | Kind::Write, 204) => Verdict::Done,
        (Kind::Query, 200) if media == "text/csv" => Verdict::Answer(Format::FluxCsv),
        (Kind::Query, 200) if media == MSGPACK => Verdict::Answer(Format::Msgpack),
        (Kind::Query, 200) if media == "application/json" => Verdict::Answer(Format::Json),
        (_, 100..=399) => Verdict::Refused(misdirected(status, headers, &media)),
        _ => Verdict::Refused(refused(ROWS, status, headers, body)),
    }
}

#[cfg(test)]
mod tests;
