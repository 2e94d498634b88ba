//! What an answer means, whatever the server.

use aioinflux_line::Dialect;

use super::operation::Kind;
use crate::decode::Format;
use crate::error::{Error, ErrorKind, Said};

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is done; there is no body worth reading.
    Done,
    /// The body holds an answer in this format.
    Answer(Format),
    /// It is an error.
    Refused(Refusal),
}

/// Why an answer is an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    pub(crate) retryable: bool,
    pub(crate) text: String,
    pub(crate) said: Option<Said>,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let error = Self::new(refusal.kind, refusal.retryable, refusal.text);
        match refusal.said {
            Some(said) => error.said(said),
            None => error,
        }
    }
}

impl Refusal {
    /// That of a server that this crate cannot talk to yet.
    pub(super) fn unsupported(dialect: Dialect, kind: Kind) -> Self {
        let what = match kind {
            Kind::Ping => "ping",
            Kind::Write => "write",
            Kind::Query => "query",
        };
        Self {
            kind: ErrorKind::Config,
            retryable: false,
            text: format!(
                "{what}: dialect {dialect:?} is not supported yet; only V1 (InfluxDB 1.x) is"
            ),
            said: None,
        }
    }
}
