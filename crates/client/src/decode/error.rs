//! Defines the errors of the decoders: callers receive a [`DecodeError`], and [`Stop`] is used
//! inside the decoders.

use std::fmt;

/// The reason why an answer could not be decoded.
///
/// The events of the decoder contain only complete rows from before the position of the error.
/// Events that are taken from the decoder after the error contain only such rows, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: u64,
    text: String,
}

/// The kind of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The body is not an answer from InfluxDB, or a part of the body is invalid.
    Malformed,
    /// The answer ends too early.
    Incomplete,
    /// Nothing proves that the body contains the whole answer.
    Unproven,
    /// The server sent `partial: true`, and the rest of the answer is missing.
    Partial,
    /// The whole answer is an error from the server (see [`DecodeError::server_message`]).
    Server,
    /// A value in the answer is longer than the maximum size of the decoder's buffer.
    Oversized,
}

impl DecodeError {
    pub(in crate::decode) fn new(
        kind: DecodeErrorKind,
        offset: u64,
        text: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            offset,
            text: text.into(),
        }
    }

    /// Returns the kind of the decode error. To distinguish errors in code, use their kind and
    /// never the error text.
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the position of the error as an offset in bytes from the start of the (uncompressed)
    /// answer.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the text of the top-level `error` member of the answer.
    pub fn server_message(&self) -> Option<&str> {
        (self.kind == DecodeErrorKind::Server).then_some(self.text.as_str())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DecodeErrorKind::Server => f.write_str(&self.text),
            _ => write!(f, "answer, byte {}: {}", self.offset, self.text),
        }
    }
}

impl std::error::Error for DecodeError {}

/// The reason why a parser stops.
#[derive(Debug)]
pub(in crate::decode) enum Stop {
    /// The input ends before the end of the current value.
    Short,
    /// A cell does not fit the type of its column. Only the fast path returns `Changed`.
    Changed,
    /// The input contains something other than a document where a document should start. The error
    /// message shows the input from the parser's current position on.
    Junk,
    /// The answer is invalid.
    Fault(Fault),
}

/// An error in an answer. The position of the error may not be known yet.
#[derive(Debug)]
pub(in crate::decode) struct Fault {
    pub(in crate::decode) kind: DecodeErrorKind,
    /// The position of the error, as an index into the parser's input. `None` means the parser's
    /// current position.
    pub(in crate::decode) at: Option<usize>,
    pub(in crate::decode) text: String,
}

impl Fault {
    pub(in crate::decode) fn new(kind: DecodeErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            at: None,
            text: text.into(),
        }
    }

    /// Returns the error for the byte at `at`, which does not match the grammar. The error message
    /// shows only that byte. If the message showed more of the input, it would depend on how the
    /// answer was divided into pieces.
    pub(in crate::decode) fn unexpected(input: &[u8], at: usize, expected: &str) -> Self {
        let text = match input.get(at) {
            Some(byte) if byte.is_ascii_graphic() => {
                format!("expected {expected}, got `{}`", char::from(*byte))
            }
            Some(byte) => format!("expected {expected}, got byte 0x{byte:02x}"),
            None => format!("expected {expected}"),
        };
        Self {
            kind: DecodeErrorKind::Malformed,
            at: Some(at),
            text,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Shortens unexpected text from the server to its first 40 characters, for use in an error
/// message.
pub(in crate::decode) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
