//! Answers of `/query`: push decoders for both formats.
//!
//! A decoder handles whole and chunked answers alike and builds no tree. Rows go straight into
//! columns, and only one incomplete value and one batch are buffered.

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
use crate::decode::event::{End, Event, Format};
use crate::decode::table::BatchLimits;

/// Batch size of an answer that is streamed: it fits into the cache, and into memory if rows are
/// wide and texts long.
const BATCHES: BatchLimits = BatchLimits {
    rows: 8192,
    bytes: 8 << 20,
    ahead: 0,
};

/// Maximum number of bytes of rows in a batch of an answer that is collected. Even with one more
/// row of [`MAX_VALUE_BYTES`], and if each byte of a text became three (U+FFFD), a text column
/// stays below the 2 GiB that Arrow allows.
const LARGE_BATCH_BYTES: usize = 256 << 20;

/// Bytes of a series that are searched for its end. More bytes than these are worth a thread.
const AHEAD: usize = 4 << 20;

/// How much of a piece is appended to the value that the previous piece cut: some rows.
const BRIDGE: usize = 4096;

/// How much of a body that is not an answer is shown.
const MAX_JUNK_BYTES: usize = 160;

/// Decodes one answer piece by piece.
///
/// If the first column is named `time` and contains integers, this column becomes
/// `Timestamp(Nanosecond, "UTC")` (requests use `epoch=ns`). Every time in a `MessagePack` answer
/// becomes such a timestamp, too. Times that are RFC 3339 text remain text. Other columns become
/// `Int64`, `UInt64` (if values exceed the range of `i64`), `Float64`, `Boolean`, `Utf8` (or
/// [`Utf8View`](Decoder::text_views)), or `Null` as long as all values are null. Every column is
/// nullable.
///
/// JSON does not distinguish `4` from `4.0`: a column of integers becomes `Float64` at the first
/// number with a decimal point or an exponent, provided that the conversion changes no integer of
/// the batch. Signed and unsigned integers share a `UInt64` column if no value is negative. Every
/// other change of type ends the batch and begins another batch of the same series. A column whose
/// values are all null in a batch keeps its type from the previous batch.
///
/// Text is returned as valid UTF-8: invalid bytes and unpaired surrogates (`"\ud800"`) become
/// U+FFFD, as in Go.
///
/// ```
/// use aioinflux::decode::{Decoder, End, Event, Format};
///
/// # fn main() -> Result<(), aioinflux::decode::DecodeError> {
/// let mut decoder = Decoder::new(Format::Json);
/// decoder.feed(br#"{"results":[{"statement_id":0,"series":[{"name":"cpu","#)?;
/// decoder.feed(br#""columns":["time","value"],"values":[[1700000000000000000,0.5]]}]}]}"#)?;
/// decoder.finish(End::Proven)?;
/// assert!(matches!(decoder.next_event(), Some(Event::Series(header)) if header.statement == 0));
/// assert!(matches!(decoder.next_event(), Some(Event::Batch(batch)) if batch.num_rows() == 1));
/// assert_eq!(decoder.next_event(), Some(Event::StatementEnd { statement: 0 }));
/// assert_eq!(decoder.next_event(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Decoder {
    parser: Parser,
    pub(in crate::decode) assembly: Assembly,
    /// The incomplete value, from its first byte.
    buffer: Vec<u8>,
    /// Offset of the start of `buffer` in the answer.
    offset: u64,
    /// Unexpected text found where a document should begin, collected until there is enough of it
    /// for the error message.
    junk: Option<Vec<u8>>,
    error: Option<DecodeError>,
}

#[derive(Debug)]
enum Parser {
    Json(json::Parser),
    Msgpack(msgpack::Parser),
}

impl Decoder {
    /// Returns a decoder for one answer.
    pub fn new(format: Format) -> Self {
        let parser = match format {
            Format::Json => Parser::Json(json::Parser::default()),
            Format::Msgpack => Parser::Msgpack(msgpack::Parser::default()),
        };
        Self {
            parser,
            assembly: Assembly::new(BATCHES),
            buffer: Vec::new(),
            offset: 0,
            junk: None,
            error: None,
        }
    }

    /// Sets the maximum number of rows in a batch. Default: 8192.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.assembly.limits().rows = rows.max(1);
        self
    }

    /// Makes batches as large as possible, for an answer that is collected as a whole. Each series
    /// becomes one batch, unless its rows take up more than 256 MiB of the answer, or a column
    /// changes type in a way that is not a promotion.
    ///
    /// If one piece of the body contains more than 4 MiB of JSON rows of a series, and two
    /// processors are available, two threads decode these rows. The number of threads does not
    /// change the result.
    #[must_use]
    pub fn large_batches(mut self) -> Self {
        *self.assembly.limits() = BatchLimits {
            rows: usize::MAX,
            bytes: LARGE_BATCH_BYTES,
            ahead: AHEAD,
        };
        self
    }

    /// Decodes text columns as `Utf8View`, the type that polars, `DuckDB` and `DataFusion` use
    /// internally for text. A `Utf8View` column stores strings of up to 12 bytes inline.
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.assembly.use_views();
        self
    }

    /// Accepts an answer without any document as complete: for some statements a server sends an
    /// empty body.
    #[must_use]
    pub(crate) fn may_be_empty(mut self) -> Self {
        self.assembly.allow_nothing();
        self
    }

    /// Reads the next piece of the body.
    ///
    /// # Errors
    /// Fails if the answer is invalid. After an error, every later call returns the same error.
    /// Events from the complete parts of the answer before the error can still be taken.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
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

    /// Continues with the value in the buffer and returns the rest of `piece` that was not parsed.
    /// A small part of the piece is tried first, because the value usually ends in it, and then the
    /// rest need not be copied.
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

    /// Returns the next available event.
    pub fn next_event(&mut self) -> Option<Event> {
        self.assembly.next_event()
    }

    /// Tells the decoder that the answer has ended. If the answer ends too early, the complete rows
    /// before its end can still be taken.
    ///
    /// # Errors
    /// Fails if the end is not proven, if the answer is incomplete, or if [`Decoder::feed`]
    /// returned an error.
    pub fn finish(&mut self, end: End) -> Result<(), DecodeError> {
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

    /// Reads the incomplete row once more, which distinguishes an invalid row from a short one.
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

    /// Parses as far as possible and returns how many bytes are consumed.
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

    /// InfluxDB 1.6 ends an answer that it cannot encode with a line of plain text, `json: error
    /// calling MarshalJSON ...`. The user needs this text as the error.
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
