//! Defines the possible meanings of an answer, for all server generations.

use super::failure::Failure;
use crate::decode::Format;

/// The meaning of an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The operation succeeded. Only the answer to a request to an endpoint (`Kind::Api`) may have
    /// a body, whose format the caller knows.
    Done,
    /// The body of the answer is in this format.
    Answer(Format),
    /// The answer is an error.
    Refused(Failure),
}
