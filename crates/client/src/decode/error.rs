//! What stops a decoder: for callers a [`DecodeError`], within the decoders a [`Stop`].

use std::fmt;

/// Why an answer was refused.
///
/// Events that were taken before it, and those that can still be taken from the decoder, are
/// whole rows that came before the place of the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: u64,
    text: String,
}

/// Kinds of [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are no answer of InfluxDB, or stop being one.
    Malformed,
    /// The answer ends early.
    Incomplete,
    /// Nothing proves that the end of the body is the end of the answer.
    Unproven,
    /// The server said `partial: true` and what should follow does not.
    Partial,
    /// The answer as a whole is the server's error: [`DecodeError::server_message`].
    Server,
    /// One value is longer than the decoder is willing to buffer.
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

    /// Returns what kind of error it is; decide by this, never by the text.
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns the offset in the (uncompressed) answer, in bytes from its start.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the text of a top-level `error`.
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

/// Why a parser does not go on.
#[derive(Debug)]
pub(in crate::decode) enum Stop {
    /// The value at hand is not whole yet.
    Short,
    /// A row does not fit the columns as they are (seen by the fast path only).
    Changed,
    /// There is no document where one should start; the bytes from here on tell what it is.
    Junk,
    /// The answer is wrong.
    Fault(Fault),
}

/// An error whose place may yet be unknown.
#[derive(Debug)]
pub(in crate::decode) struct Fault {
    pub(in crate::decode) kind: DecodeErrorKind,
    /// Index into the input of the parser; none: where the parser stands.
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

    /// The byte at `at` is not what the grammar asks for. Only that byte is named: more of the
    /// input would make the text depend on how the answer was cut.
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

/// Shows the start of what the server sent in place of a value.
pub(in crate::decode) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
