//! What an answer of a 1.x server means.
//!
//! Pure. Texts are looked for anywhere in the message: 1.12 puts the database's name after what 1.6
//! says.

use crate::decode::Format;
use crate::dialect::failure::{MSGPACK, Row, media_type, misdirected, refused, row};
use crate::dialect::operation::Kind;
use crate::dialect::verdict::Verdict;
use crate::error::ErrorKind;

/// Errors whose status alone would mean something else.
///
/// The 5xx that are for good: the retention policy does not appear by waiting, and a poisoned
/// point stays so. A 5xx that says `partial write` (Enterprise) is one node that did not answer.
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

/// Judges an answer. The body matters for errors only.
pub(in crate::dialect) fn classify(
    kind: Kind,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Verdict {
    let media = media_type(headers);
    match (kind, status) {
        (Kind::Ping | Kind::Write, 204) => Verdict::Done,
        // Look-alikes, and `verbose`, answer a ping with a body.
        (Kind::Ping, 200) if media != "text/html" => Verdict::Done,
        (Kind::Query, 200) if media == MSGPACK => Verdict::Answer(Format::Msgpack),
        (Kind::Query, 200) if media == "application/json" => Verdict::Answer(Format::Json),
        (_, 100..=399) => Verdict::Refused(misdirected(status, headers, &media)),
        _ => Verdict::Refused(refused(ROWS, status, headers, body)),
    }
}

#[cfg(test)]
mod tests;
