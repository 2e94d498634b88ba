//! The meaning of an answer, for all servers.

use super::failure::Failure;
use crate::decode::Format;

/// The meaning of an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It succeeded; there is no body to read.
    Done,
    /// The body is an answer in this format.
    Answer(Format),
    /// It is an error.
    Refused(Failure),
}
