//! Decides what an answer from a 2.x server means.
//!
//! Pure. If a 2.x server answers a write with status 400, the server stored nothing. After a write,
//! status 422 means that the server refused some points and stored the others, or that it removed a
//! field from a point.

use crate::decode::Format;
use crate::dialect::failure::{MSGPACK, Row, media_type, misdirected, refused, row};
use crate::dialect::operation::Kind;
use crate::dialect::verdict::Verdict;
use crate::error::ErrorKind;
use crate::headers::Headers;

/// Errors whose message determines a different meaning than their HTTP status alone.
///
/// The errors with a 5xx status are permanent: they report a body that cannot be read, a point that
/// cannot be parsed, or a retention that is too short.
const ROWS: &[Row] = &[
    row(422, "partial write", ErrorKind::PartialWrite, false),
    row(500, "unable to read data", ErrorKind::Rejected, false),
    row(500, "engine: unable to parse", ErrorKind::Rejected, false),
    row(
        500,
        "retention policy duration must be",
        ErrorKind::Rejected,
        false,
    ),
];

/// Decides what an answer means. The body of the answer matters only if the answer is an error.
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
        (Kind::Api, 200..=299) if media != "text/html" => Verdict::Done,
        (_, 100..=399) => Verdict::Refused(misdirected(status, headers, &media)),
        _ => Verdict::Refused(refused(ROWS, status, headers, body)),
    }
}

#[cfg(test)]
mod tests;
