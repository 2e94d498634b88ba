//! What an answer means, whatever the server.

use super::failure::Failure;
use crate::decode::Format;

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is done; there is no body worth reading.
    Done,
    /// The body holds an answer in this format.
    Answer(Format),
    /// It is an error.
    Refused(Failure),
}
