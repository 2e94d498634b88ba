//! Decodes annotated CSV, the format of answers to Flux queries.
//!
//! An answer is a sequence of blocks. A block begins with its annotations (types, group key,
//! defaults) and its column names. Then the rows of the block's tables follow. An empty line ends
//! the block. The server begins a new block for each result, and whenever the schema changes.
//!
//! | file | what |
//! |---|---|
//! | `csv` | cells and rows of any CSV |
//! | `block` | annotations, the names of columns, and the schema that they give |
//! | `rows` | typed cells, straight into columns |
//! | `filler` | the annotation `#default` |
//! | `time` | times in RFC 3339 |

mod block;
mod csv;
mod filler;
mod rows;
mod time;

use std::collections::VecDeque;

use self::block::{Annotations, Block};
pub(crate) use self::block::{DEFAULT, GROUP, default_cell};
use self::rows::FluxRows;
use crate::decode::error::{DecodeError, DecodeErrorKind, Fault, Stop};
use crate::decode::event::{End, Event, SeriesHeader};
use crate::decode::table::BatchLimits;

/// The maximum length in bytes of a row that is buffered.
const MAX_ROW_BYTES: usize = 256 << 20;

/// An incomplete row of up to this length is parsed again when each piece of the answer arrives. A
/// longer row is parsed again only when its length has doubled, so each byte is read only a few
/// times.
const SHORT_ROW: usize = 64 << 10;

/// Decodes one answer to a Flux query piece by piece.
#[derive(Debug)]
pub(in crate::decode) struct Decoder {
    events: VecDeque<Event>,
    limits: BatchLimits,
    has_views: bool,
    /// The incomplete row, from its first byte on.
    buffer: Vec<u8>,
    /// The length of `buffer` after the last attempt to parse the row.
    tried: usize,
    /// The offset of the start of `buffer` in the answer.
    offset: u64,
    state: State,
    annotations: Annotations,
    block: Option<Block>,
    /// The names of the results that have been read so far. The index of a name is the statement
    /// number that events have for this result.
    results: Vec<Option<String>>,
    /// The statement number of the result to which the most recent block belongs.
    current: Option<u32>,
    /// Whether the most recent line was empty. Every complete answer ends with an empty line.
    has_ended: bool,
    error: Option<DecodeError>,
}

/// The part of the answer that the decoder expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Annotations, column names, or the end of the answer.
    Head,
    /// Rows.
    Rows,
    /// A row that contains an error from the server.
    Error,
}

impl Decoder {
    pub(in crate::decode) fn new(limits: BatchLimits) -> Self {
        Self {
            events: VecDeque::new(),
            limits,
            has_views: false,
            buffer: Vec::new(),
            tried: 0,
            offset: 0,
            state: State::Head,
            annotations: Annotations::default(),
            block: None,
            results: Vec::new(),
            current: None,
            has_ended: false,
            error: None,
        }
    }

    pub(in crate::decode) fn limits(&mut self) -> &mut BatchLimits {
        &mut self.limits
    }

    pub(in crate::decode) fn use_views(&mut self) {
        self.has_views = true;
    }

    pub(in crate::decode) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(in crate::decode) fn feed(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if self.buffer.is_empty() {
            let used = self.parse(piece)?;
            self.buffer.extend_from_slice(&piece[used..]);
        } else {
            self.buffer.extend_from_slice(piece);
            let length = self.buffer.len();
            if length <= SHORT_ROW || length >= 2 * self.tried {
                self.parse_buffer()?;
            }
        }
        if self.buffer.len() > MAX_ROW_BYTES {
            let text = format!("expected a row of at most {MAX_ROW_BYTES} bytes");
            return self.fail(Fault::new(DecodeErrorKind::Oversized, text));
        }
        Ok(())
    }

    pub(in crate::decode) fn finish(&mut self, end: End) -> Result<(), DecodeError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if !self.buffer.is_empty() {
            self.parse_buffer()?;
        }
        let (kind, text) = if self.state == State::Error {
            let text = "the server reports an error, and the answer ends before its text";
            (DecodeErrorKind::Server, text)
        } else if end == End::Unproven {
            let text = "the connection ended without proof that the body is complete";
            (DecodeErrorKind::Unproven, text)
        } else if !self.buffer.is_empty() {
            let text = "the body ends in the middle of a row";
            (DecodeErrorKind::Incomplete, text)
        } else if self.offset == 0 {
            (DecodeErrorKind::Incomplete, "empty answer")
        } else if !self.has_ended {
            let text = "the body ends without the empty line that ends a table";
            (DecodeErrorKind::Incomplete, text)
        } else {
            self.end_result();
            return Ok(());
        };
        self.fail(Fault::new(kind, text))
    }

    fn parse_buffer(&mut self) -> Result<(), DecodeError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let used = self.parse(&buffer)?;
        buffer.drain(..used);
        self.tried = buffer.len();
        self.buffer = buffer;
        Ok(())
    }

    /// Parses the input as far as possible, and returns the number of bytes that were consumed.
    fn parse(&mut self, input: &[u8]) -> Result<usize, DecodeError> {
        let mut at = 0;
        let stop = loop {
            if at == input.len() {
                break Ok(());
            }
            if let Err(stop) = self.step(input, &mut at) {
                break Err(stop);
            }
        };
        match stop {
            Err(Stop::Fault(mut fault)) => {
                self.offset += fault.at.take().unwrap_or(at) as u64;
                self.fail(fault)
            }
            // `Changed` never occurs, because the annotations fix the type of every column.
            Ok(()) | Err(Stop::Short | Stop::Changed | Stop::Junk) => {
                self.offset += at as u64;
                Ok(at)
            }
        }
    }

    /// Reads as many table rows as possible, or one line of any other kind.
    fn step(&mut self, input: &[u8], at: &mut usize) -> Result<(), Stop> {
        match (self.state, input[*at]) {
            (State::Head | State::Rows, b'\r' | b'\n') => {
                *at = csv::line_end(input, *at, "a line end")?;
                if !self.annotations.is_empty() {
                    let text = "expected the names of the columns after their annotations";
                    return Err(Fault::new(DecodeErrorKind::Malformed, text).into());
                }
                self.end_block();
                self.has_ended = true;
            }
            (State::Head | State::Rows, b'#') => {
                let (cells, end) = csv::record(input, *at)?;
                self.end_block();
                self.has_ended = false;
                self.annotations.add(cells)?;
                *at = end;
            }
            (State::Head, b',' | b'e') => {
                let (names, end) = csv::record(input, *at)?;
                self.begin_block(names)?;
                *at = end;
            }
            (State::Head, _) => {
                return Err(
                    Fault::unexpected(input, *at, "an answer of Flux (annotated CSV)").into(),
                );
            }
            (State::Rows, b',') => self.add_rows(input, at)?,
            (State::Rows, _) => {
                return Err(Fault::unexpected(input, *at, "`,` at the start of a row").into());
            }
            (State::Error, _) => {
                let (cells, _) = csv::record(input, *at)?;
                return Err(server_error(&cells).into());
            }
        }
        Ok(())
    }

    fn begin_block(&mut self, mut names: Vec<String>) -> Result<(), Fault> {
        self.has_ended = false;
        if is_error(&names) {
            self.annotations = Annotations::default();
            self.state = State::Error;
            return Ok(());
        }
        if !names.remove(0).is_empty() {
            let text = "expected the names of columns, of which the first one is empty";
            return Err(Fault::new(DecodeErrorKind::Malformed, text));
        }
        if names.is_empty() {
            let text = "expected the names of columns";
            return Err(Fault::new(DecodeErrorKind::Malformed, text));
        }
        let block = std::mem::take(&mut self.annotations).begin(names, self.has_views)?;
        let known = self.results.iter().position(|name| *name == block.result);
        let statement = known.unwrap_or_else(|| {
            self.results.push(block.result.clone());
            self.results.len() - 1
        });
        let statement = u32::try_from(statement).unwrap_or(u32::MAX);
        if self.current != Some(statement) {
            self.end_result();
        }
        self.current = Some(statement);
        self.events.push_back(Event::Series(SeriesHeader {
            statement,
            name: block.result.clone(),
            tags: Vec::new(),
            schema: block.schema(),
        }));
        self.block = Some(block);
        self.state = State::Rows;
        Ok(())
    }

    fn add_rows(&mut self, input: &[u8], at: &mut usize) -> Result<(), Stop> {
        let Some(block) = &mut self.block else {
            return Ok(());
        };
        let rows = block
            .table
            .add_rows::<FluxRows>(input, *at, u32::MAX, self.limits)?;
        *at = rows.end;
        if rows.is_full {
            let batch = block.take_batch();
            self.events.push_back(Event::Batch(batch));
        }
        Ok(())
    }

    fn end_block(&mut self) {
        if let Some(mut block) = self.block.take()
            && (block.table.rows() > 0 || block.table.is_new())
        {
            let batch = block.take_batch();
            self.events.push_back(Event::Batch(batch));
        }
        self.state = State::Head;
    }

    fn end_result(&mut self) {
        if let Some(statement) = self.current.take() {
            self.events.push_back(Event::StatementEnd { statement });
        }
    }

    /// Ends the answer with an error. The complete rows before the error can still be taken.
    fn fail<T>(&mut self, fault: Fault) -> Result<T, DecodeError> {
        if self
            .block
            .as_ref()
            .is_some_and(|block| block.table.rows() > 0)
        {
            self.end_block();
        }
        let error = DecodeError::new(fault.kind, self.offset, fault.text);
        self.error = Some(error.clone());
        self.buffer = Vec::new();
        Err(error)
    }
}

/// Returns whether a table with these column names contains an error from the server. If such a
/// table has no annotations, its lines lack the empty first cell.
fn is_error(names: &[String]) -> bool {
    let names = names.strip_prefix(&[String::new()]).unwrap_or(names);
    matches!(names, [error, reference] if error == "error" && reference == "reference")
}

/// Returns the error in a row from the server. An error row contains a message, to which some
/// servers add a reference number.
fn server_error(cells: &[String]) -> Fault {
    let mut cells = cells.iter().filter(|cell| !cell.is_empty());
    let text = match (cells.next(), cells.next()) {
        (Some(text), Some(reference)) => format!("{text} (reference {reference})"),
        (Some(text), None) => text.clone(),
        _ => "the server reports an error without a text".to_owned(),
    };
    Fault::new(DecodeErrorKind::Server, text)
}
