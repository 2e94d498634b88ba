//! The possible meanings of an answer, for all server generations.

use super::failure::Failure;
use crate::decode::Format;

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The operation succeeded, and there is no body to read.
    Done,
    /// The body is an answer in this format.
    Answer(Format),
    /// The answer is an error.
    Refused(Failure),
}
