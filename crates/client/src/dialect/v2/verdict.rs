//! Decides what an answer from a 2.x server means.
//!
//! Pure. If a 2.x server answers a write with status 400, the server stored nothing. After a write,
//! status 422 means that the server refused some points and stored the others, or that it removed a
//! field from a point.

use crate::decode::Format;
use crate::dialect::failure::{MSGPACK, Row, hinted, media_type, misdirected, refused, row};
use crate::dialect::operation::Kind;
use crate::dialect::verdict::Verdict;
use crate::error::ErrorKind;
use crate::headers::Headers;

/// Errors whose message determines a different meaning than their HTTP status alone.
///
/// The errors with a 5xx status are permanent: they report a body that cannot be read, a point that
/// cannot be parsed, or a retention that is too short.
const ROWS: &[Row] = &[
    // Flux decodes the names in a request together with its body.
    row(400, "organization name", ErrorKind::NotFound, false),
    row(422, "partial write", ErrorKind::PartialWrite, false),
    row(500, "unable to read data", ErrorKind::Rejected, false),
    row(500, "engine: unable to parse", ErrorKind::Rejected, false),
    row(
        500,
        "retention policy duration must be",
        ErrorKind::Rejected,
        false,
    ),
    // A parameter that is not a regular expression.
    row(500, "error parsing regexp", ErrorKind::Rejected, false),
];

/// What to do about a bucket without the mapping that the endpoints for 1.x clients need.
const MAP: &str = "on InfluxDB 2.x, a database is the name of a bucket, or of a DBRP mapping, which \
                   `POST /api/v2/dbrps` creates";

/// The error of `/write`, which only 2.x sends.
pub(in crate::dialect) const NO_MAPPING: &[(u16, &str, &str)] =
    &[(404, "no dbrp mapping found", MAP)];

/// Hints for errors, by their status and a part of their message.
const HINTS: &[(u16, &str, &str)] = &[
    (
        400,
        "either orgID or org",
        "the organization is missing: set it with `Config::organization`",
    ),
    (
        404,
        "could not find bucket",
        "the bucket does not exist in this organization, or the token may not read it",
    ),
    (
        404,
        "organization",
        "the organization does not exist, or the token does not belong to it",
    ),
    (
        404,
        "bucket",
        "the bucket does not exist in this organization; `POST /api/v2/buckets` creates one",
    ),
    (
        400,
        "organization name",
        "the organization does not exist, or the token does not belong to it",
    ),
];

/// The messages of statements of InfluxQL that fail because there is no mapping.
const UNMAPPED: [&str; 4] = [
    "database not found: ",
    "default retention policy not set for: ",
    "no dbrp mappings found: ",
    "retention policy not found: ",
];

/// Returns a hint for a statement that failed, if its message does not say what to do.
pub(in crate::dialect) fn hint(message: &str) -> Option<&'static str> {
    let unmapped = UNMAPPED.iter().any(|text| message.starts_with(text));
    unmapped.then_some(MAP)
}

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
        _ => Verdict::Refused(hinted(HINTS, refused(ROWS, status, headers, body))),
    }
}

#[cfg(test)]
mod tests;
