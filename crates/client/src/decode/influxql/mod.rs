//! Holds the push decoders for answers from `/query`, in JSON and `MessagePack`.
//!
//! The decoders handle chunked answers in the same way as other answers, and never build a tree of
//! values. Rows are written straight into columns. A decoder buffers only one incomplete value and
//! one batch.

mod assemble;
pub(in crate::decode) mod json;
mod member;
mod msgpack;
pub mod raw;
mod shape;
mod tries;

use self::assemble::Assembly;
use self::shape::MAX_VALUE_BYTES;
use crate::decode::error::{DecodeError, DecodeErrorKind, Fault, Stop};
use crate::decode::event::{End, Event};
use crate::decode::table::BatchLimits;

/// The number of bytes from a new piece that are first appended to the incomplete value of the
/// previous piece. 4 KiB are enough for a few rows.
const BRIDGE: usize = 4096;

/// The maximum length in bytes of the excerpt that an error message shows if a body is not an
/// answer.
const MAX_JUNK_BYTES: usize = 160;

/// Decodes one answer to an InfluxQL query piece by piece. See [`crate::decode::Decoder`].
#[derive(Debug)]
pub(in crate::decode) struct Decoder {
    parser: Parser,
    assembly: Assembly,
    /// The incomplete value, from its first byte on.
    buffer: Vec<u8>,
    /// The offset of the start of `buffer` in the answer.
    offset: u64,
    /// Unexpected text where a document should begin. The text is collected until there is enough
    /// of it for the error message.
    junk: Option<Vec<u8>>,
    error: Option<DecodeError>,
}

#[derive(Debug)]
enum Parser {
    Json(json::Parser),
    Msgpack(msgpack::Parser),
}

impl Decoder {
    /// Returns a decoder for JSON answers.
    pub(in crate::decode) fn json() -> Self {
        Self::new(Parser::Json(json::Parser::default()))
    }

    /// Returns a decoder for `MessagePack` answers, as InfluxDB 1.x and 2.x write them.
    pub(in crate::decode) fn msgpack() -> Self {
        Self::new(Parser::Msgpack(msgpack::Parser::default()))
    }

    fn new(parser: Parser) -> Self {
        Self {
            parser,
            assembly: Assembly::new(BatchLimits::STREAMED),
            buffer: Vec::new(),
            offset: 0,
            junk: None,
            error: None,
        }
    }

    pub(in crate::decode) fn limits(&mut self) -> &mut BatchLimits {
        self.assembly.limits()
    }

    pub(in crate::decode) fn use_views(&mut self) {
        self.assembly.use_views();
    }

    pub(in crate::decode) fn allow_nothing(&mut self) {
        self.assembly.allow_nothing();
    }

    /// Reads the next piece of the body.
    ///
    /// # Errors
    /// Fails if the answer is invalid. Every later call returns the same error. Events from the
    /// complete parts of the answer before the error can still be taken.
    pub(in crate::decode) fn feed(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let piece = if self.buffer.is_empty() {
            piece
        } else {
            self.end_buffer(piece)?
        };
        if self.junk.is_some() {
            return self.collect_junk(piece);
        }
        if self.buffer.is_empty() {
            let used = self.parse(piece)?;
            self.buffer.extend_from_slice(&piece[used..]);
        }
        if self.buffer.len() > MAX_VALUE_BYTES {
            let text = format!("expected a value of at most {MAX_VALUE_BYTES} bytes");
            return self.fail(Fault::new(DecodeErrorKind::Oversized, text));
        }
        Ok(())
    }

    /// Completes the value in the buffer, and returns the part of `piece` that was not parsed. At
    /// first, only a small part of the piece is appended to the buffer. The buffered value usually
    /// ends in this part, so that the rest of the piece need not be copied.
    fn end_buffer<'a>(&mut self, piece: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        let begun = self.buffer.len();
        let (little, rest) = piece.split_at(BRIDGE.min(piece.len()));
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(little);
        let mut used = self.parse(&buffer)?;
        if used >= begun {
            buffer.clear();
            self.buffer = buffer;
            return Ok(&piece[used - begun..]);
        }
        buffer.drain(..used);
        if !rest.is_empty() {
            buffer.extend_from_slice(rest);
            used = self.parse(&buffer)?;
            buffer.drain(..used);
        }
        self.buffer = buffer;
        Ok(&[])
    }

    /// Returns the next event, or `None` if no event is available.
    pub(in crate::decode) fn next_event(&mut self) -> Option<Event> {
        self.assembly.next_event()
    }

    /// Tells the decoder that the answer has ended. If the answer ends too early, the complete rows
    /// that arrived can still be taken.
    ///
    /// # Errors
    /// Fails if the end is not proven, if the answer is incomplete, or if [`Decoder::feed`]
    /// returned an error.
    pub(in crate::decode) fn finish(&mut self, end: End) -> Result<(), DecodeError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if let Some(junk) = self.junk.take() {
            return self.fail_junk(&junk);
        }
        self.try_last_row()?;
        if end == End::Unproven {
            return self.fail(Fault::new(
                DecodeErrorKind::Unproven,
                "the connection ended without proof that the body is complete",
            ));
        }
        let outside = match &self.parser {
            Parser::Json(parser) => parser.is_outside(),
            Parser::Msgpack(parser) => parser.is_outside(),
        };
        if !outside || !self.buffer.is_empty() {
            return self.fail(Fault::new(
                DecodeErrorKind::Incomplete,
                "the body ends in the middle of a document",
            ));
        }
        match self.assembly.finish() {
            Ok(()) => Ok(()),
            Err(fault) => self.fail(fault),
        }
    }

    /// Parses the buffered row once more at the end of the answer, because the row may be invalid
    /// rather than incomplete.
    fn try_last_row(&mut self) -> Result<(), DecodeError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        match &mut self.parser {
            Parser::Json(parser) => parser.tries.reset(),
            Parser::Msgpack(parser) => parser.tries.reset(),
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let used = self.parse(&buffer)?;
        buffer.drain(..used);
        self.buffer = buffer;
        Ok(())
    }

    /// Parses the input as far as possible, and returns the number of bytes that were consumed.
    fn parse(&mut self, input: &[u8]) -> Result<usize, DecodeError> {
        let mut at = 0;
        let stop = match &mut self.parser {
            Parser::Json(parser) => parser.run(input, &mut at, &mut self.assembly),
            Parser::Msgpack(parser) => parser.run(input, &mut at, &mut self.assembly),
        };
        match stop {
            Err(Stop::Short) | Ok(()) => {
                self.offset += at as u64;
                Ok(at)
            }
            Err(Stop::Fault(mut fault)) => {
                self.offset += fault.at.take().unwrap_or(at) as u64;
                self.fail(fault)
            }
            Err(Stop::Junk | Stop::Changed) => {
                self.offset += at as u64;
                self.junk = Some(Vec::new());
                self.collect_junk(&input[at..])?;
                Ok(input.len())
            }
        }
    }

    /// Collects text that is not a document, so that the error can show this text to the user. For
    /// example, if InfluxDB 1.6 cannot encode an answer, it ends the answer with a line of plain
    /// text, `json: error calling MarshalJSON ...`.
    fn collect_junk(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        let junk = self.junk.get_or_insert_default();
        let wanted = MAX_JUNK_BYTES - junk.len();
        junk.extend_from_slice(&piece[..wanted.min(piece.len())]);
        if junk.len() < MAX_JUNK_BYTES {
            return Ok(());
        }
        let junk = self.junk.take().unwrap_or_default();
        self.fail_junk(&junk)
    }

    fn fail_junk<T>(&mut self, junk: &[u8]) -> Result<T, DecodeError> {
        let text = String::from_utf8_lossy(junk);
        let format = match self.parser {
            Parser::Json(_) => "JSON",
            Parser::Msgpack(_) => "MessagePack",
        };
        self.fail(Fault::new(
            DecodeErrorKind::Malformed,
            format!(
                "expected a {format} document, got `{}`",
                text.trim().escape_debug()
            ),
        ))
    }

    fn fail<T>(&mut self, fault: Fault) -> Result<T, DecodeError> {
        self.assembly.salvage();
        let error = DecodeError::new(fault.kind, self.offset, fault.text);
        self.error = Some(error.clone());
        self.buffer = Vec::new();
        Err(error)
    }
}
