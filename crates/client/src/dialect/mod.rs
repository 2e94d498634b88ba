//! Lists what each server generation expects from a client.
//!
//! This module is pure: it builds requests and interprets answers, but sends nothing. Dialects V1
//! and V2 are implemented. Dialect V3 is refused with a clear error ([`Target::new`]), and its
//! column in the table only shows what such a server expects. A client with a token asks the server
//! for its generation ([`detect`]), unless the configuration states the generation. The manual's
//! page "What works where" is written from this table: after a change, run
//! `tools/servers_page.py`.
//!
//! | | V1 (1.x) | V2 (2.x) | V3 (3.x) |
//! |---|---|---|---|
//! | **ping**: method, path | `GET /ping` | `GET /ping` | `GET /ping` |
//! | query keys | - | - | - |
//! | auth header | `Basic` | `Token` | `Bearer` (needed) |
//! | answer | 204, version in a header | 204, version in a header | 200, JSON |
//! | error text | `error` in JSON, or text | `message` in JSON | JSON or text |
//! | **write**: method, path | `POST /write` | `POST /api/v2/write` | `POST /api/v3/write_lp` |
//! | query keys | `db rp precision consistency` | `org bucket precision` | `db precision accept_partial no_sync` |
//! | auth header | `Basic` | `Token` | `Bearer` |
//! | answer | 204 | 204 | 204 |
//! | error text | `error` in JSON, or text | `message` in JSON | `error` and `data` in JSON, or text |
//! | **InfluxQL query**: method, path | `POST /query` | `POST /query` | `POST /api/v3/query_influxql` |
//! | query keys | in the form: `q db rp epoch chunked chunk_size params` | as V1 | `db q format params` |
//! | auth header | `Basic` | `Token` | `Bearer` |
//! | answer | msgpack or JSON, chunked | msgpack or JSON, chunked | JSON lines |
//! | error text | `error` in JSON, also inside a 200 | `message` in JSON; `error` inside a 200 | JSON or text |
//! | **Flux query**: method, path | - | `POST /api/v2/query` | - |
//! | query keys | - | `org`; in the JSON: `query dialect extern` | - |
//! | auth header | - | `Token` | - |
//! | answer | - | annotated CSV | - |
//! | error text | - | `message` in JSON; a table inside a 200 | - |

use aioinflux_line::Dialect;

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::headers::Headers;

mod deletion;
pub(crate) mod detect;
mod failure;
mod influxql;
mod nouns;
mod operation;
mod options;
mod other;
mod target;
mod v1;
mod v2;
mod verdict;

pub(crate) use deletion::{Deletion, counting, deletion};
pub(crate) use detect::Pinged;
pub(crate) use influxql::may_answer_nothing;
pub(crate) use nouns::Noun;
pub(crate) use operation::{Form, Kind, Operation, Request};
pub use options::{OnReject, WriteOptions};
pub(crate) use target::{Target, known, language_of};
pub(crate) use verdict::Verdict;

/// Builds the HTTP request for an operation.
pub(crate) fn request(
    config: &Config,
    target: &Target,
    operation: &Operation<'_>,
) -> Result<Request, Error> {
    match target {
        Target::V1(place) => v1::request(config, place, operation),
        Target::V2(place) => v2::request(config, place, operation),
    }
}

/// Decides what an answer means, based on its status and headers, and for errors also on its body.
pub(crate) fn classify(
    target: &Target,
    kind: Kind,
    status: u16,
    headers: &Headers,
    body: &[u8],
) -> Verdict {
    match target {
        Target::V1(_) => v1::classify(kind, status, headers, body),
        Target::V2(_) => v2::classify(kind, status, headers, body),
    }
}

/// Adds a hint to the error of a statement inside an answer, if the server's message does not say
/// what to do.
pub(crate) fn explained(dialect: Dialect, error: Error) -> Error {
    let hint = match dialect {
        Dialect::V2 if error.kind() == ErrorKind::Statement => {
            error.server_message().and_then(v2::hint)
        }
        _ => None,
    };
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
