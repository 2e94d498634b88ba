//! What an answer means, whatever the server.

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
