//! Decides what an answer of a 1.x server means.
//!
//! Pure. The `text` of a row may appear anywhere in the error message, because 1.12 appends the
//! name of the database to the messages of 1.6.

use crate::decode::Format;
use crate::dialect::failure::{
    Failure, HTML, MSGPACK, Row, hinted, media_type, misdirected, refused, row,
};
use crate::dialect::operation::Kind;
use crate::dialect::other;
use crate::dialect::v2::NO_MAPPING;
use crate::dialect::verdict::Verdict;
use crate::error::ErrorKind;
use crate::headers::Headers;

/// Errors whose message determines a different meaning than their HTTP status alone.
///
/// The two errors with status 500 are permanent: a retry neither creates the retention policy nor
/// makes an invalid point valid. A 5xx status with `partial write` (from InfluxDB Enterprise) means
/// that one node did not answer.
const ROWS: &[Row] = &[
    row(400, "partial write", ErrorKind::PartialWrite, false),
    row(
        500,
        "retention policy not found",
        ErrorKind::Rejected,
        false,
    ),
    row(500, "engine: unable to parse", ErrorKind::Rejected, false),
];

/// Decides what an answer to an operation means. The body of the answer matters only if the answer
/// is an error.
pub(in crate::dialect) fn classify(
    kind: Kind,
    status: u16,
    headers: &Headers,
    body: &[u8],
) -> Verdict {
    if other::is_v3(headers) {
        let stored = (kind, status) == (Kind::Write, 204);
        return Verdict::Refused(other::unexpected_v3(status, headers, stored));
    }
    let media = media_type(headers);
    match (kind, status) {
        (Kind::Ping | Kind::Write, 204) => Verdict::Done,
        // Compatible servers answer a ping with a body. 1.x also answers a ping with a body if
        // `verbose` is set.
        (Kind::Ping, 200) | (Kind::Api, 200..=299) if media != HTML => Verdict::Done,
        (Kind::Query, 200) if media == MSGPACK => Verdict::Answer(Format::Msgpack),
        (Kind::Query, 200) if media == "application/json" => Verdict::Answer(Format::Json),
        (_, 100..=399) => Verdict::Refused(misdirected(status, headers, &media)),
        _ => {
            let failure = refused(ROWS, status, headers, body);
            Verdict::Refused(match other::v2(headers) {
                Some(version) => of_2x(failure, status, &version),
                None => failure,
            })
        }
    }
}

/// Adds to an error what a client without a token needs to know about a 2.x server.
fn of_2x(mut failure: Failure, status: u16, version: &str) -> Failure {
    if status == 401 {
        let hint = format!(
            "; hint: this is InfluxDB {version} and requires a token, or a user of its endpoints \
             for 1.x clients"
        );
        failure.text.push_str(&hint);
    }
    hinted(NO_MAPPING, failure)
}

#[cfg(test)]
mod tests;
