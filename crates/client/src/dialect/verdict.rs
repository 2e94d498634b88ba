//! Defines the possible meanings of an answer, for all server generations.

use super::failure::Failure;
use crate::decode::Format;

/// The meaning of an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The operation succeeded, and the answer has no body to read.
    Done,
    /// The body of the answer is in this format.
    Answer(Format),
    /// The answer is an error.
    Refused(Failure),
}
