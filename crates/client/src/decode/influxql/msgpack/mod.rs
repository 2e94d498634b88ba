//! Parses the `MessagePack` answers of `/query` as the Go library tinylib/msgp writes them in
//! InfluxDB 1.x and 2.x.
//!
//! As in JSON, a chunked answer is a sequence of documents, and each document has the same shape
//! and keys. In contrast to JSON, lengths precede contents, integers and floats are distinct, and a
//! time may be an extension value. The map of a failed statement contains only `error`. InfluxDB 3
//! writes a different shape with positional arrays, so do not request `MessagePack` from InfluxDB
//! 3.
//!
//! This module has its own small `MessagePack` reader, because answers arrive in pieces. The `rmp`
//! crate reads only from whole buffers or blocking streams.

mod token;
mod usual;

use self::token::{Head, Scan, TokenReader, cell, head};
use crate::decode::error::{DecodeErrorKind, Fault, Stop};
use crate::decode::influxql::assemble::Assembly;
use crate::decode::influxql::member::{Value, read_member};
use crate::decode::influxql::shape::{Key, Level};
use crate::decode::influxql::tries::Tries;
use crate::decode::table::RowFormat;
use crate::decode::table::columns::{Cell, Column};

#[derive(Debug, Default)]
pub(in crate::decode) struct Parser {
    level: Level,
    /// The map key whose value comes next.
    key: Option<Key>,
    /// The number of items or pairs that remain in each open container.
    left: Vec<u32>,
    scan: Scan,
    pub(in crate::decode) tries: Tries,
}

impl Parser {
    /// Returns whether the state machine is between two documents.
    pub(in crate::decode) fn is_outside(&self) -> bool {
        self.level == Level::Outside
    }

    /// Parses the input from `at` on, as far as possible. After the call, `at` is the start of the
    /// input that was not parsed.
    pub(in crate::decode) fn run(
        &mut self,
        input: &[u8],
        at: &mut usize,
        out: &mut Assembly,
    ) -> Result<(), Stop> {
        loop {
            if self.key.is_none() && self.left.last() == Some(&0) {
                self.leave(out)?;
            } else if *at == input.len() {
                return Err(Stop::Short);
            } else if self.key.is_some() {
                self.value(input, at, out)?;
            } else {
                self.item(input, at, out)?;
            }
        }
    }

    fn enter(&mut self, level: Level, count: u32) {
        self.level = level;
        self.key = None;
        self.left.push(count);
    }

    fn leave(&mut self, out: &mut Assembly) -> Result<(), Fault> {
        match self.level {
            Level::Document => out.end_document()?,
            Level::Result => out.end_result()?,
            Level::Series => out.end_series(MsgpackRows::PROMOTES)?,
            _ => {}
        }
        self.level = self.level.parent();
        self.left.pop();
        Ok(())
    }

    /// Records that one item of the current container has been read.
    fn count(&mut self) {
        self.count_many(1);
    }

    fn count_many(&mut self, items: u32) {
        if let Some(left) = self.left.last_mut() {
            *left -= items;
        }
    }

    fn item(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        match self.level {
            Level::Outside => {
                if !matches!(input[*at], 0x80..=0x8f | 0xde | 0xdf) {
                    return Err(Stop::Junk);
                }
                let start = *at;
                let count = map_head(input, at)?;
                if count == 0 {
                    // The document has neither key, but the server's `MessagePack` encoder always
                    // writes `results` or `error`.
                    return Err(Fault::unexpected(input, start, "`results` or `error`").into());
                }
                out.begin_document();
                self.enter(Level::Document, count);
            }
            Level::Results => {
                let count = map_head(input, at)?;
                self.count();
                out.begin_result();
                self.enter(Level::Result, count);
            }
            Level::SeriesList => {
                let count = map_head(input, at)?;
                self.count();
                out.begin_series()?;
                self.enter(Level::Series, count);
            }
            Level::Values => {
                *at = self.rows(input, *at, out)?;
            }
            Level::Document | Level::Result | Level::Series => {
                let end = self.value_end(input, *at)?;
                self.key = Some(Key::of(self.level, &TokenReader::new(input, *at).text()?));
                self.count();
                *at = end;
            }
        }
        Ok(())
    }

    /// Reads one row and the complete rows that directly follow it. The row is first parsed without
    /// a search for its end, because most rows have arrived completely. Only an incomplete row
    /// needs this search. An incomplete row is parsed again when [`Tries`] allows another attempt.
    fn rows(&mut self, input: &[u8], at: usize, out: &mut Assembly) -> Result<usize, Stop> {
        let length = input.len() - at;
        let is_short =
            self.scan.is_active() && matches!(self.value_end(input, at), Err(Stop::Short));
        if is_short && !self.tries.is_due(length) {
            return Err(Stop::Short);
        }
        let left = self.left.last().copied().unwrap_or(1);
        match out.rows::<MsgpackRows>(input, at, left) {
            Ok((end, count)) => {
                self.tries.reset();
                self.scan = Scan::default();
                self.count_many(count);
                Ok(end)
            }
            Err(Stop::Short) => {
                self.tries.came_short(length);
                self.value_end(input, at)?;
                Err(Fault::unexpected(input, at, "a row").into())
            }
            Err(stop) => Err(stop),
        }
    }

    fn value_end(&mut self, input: &[u8], at: usize) -> Result<usize, Stop> {
        match self.scan.end(&input[at..]) {
            Ok(length) => Ok(at + length),
            // The search for the end of a value does not read beyond the value.
            Err(Stop::Fault(mut fault)) => {
                fault.at = fault.at.map(|place| place + at);
                Err(Stop::Fault(fault))
            }
            Err(stop) => Err(stop),
        }
    }

    fn value(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        let key = self.key.unwrap_or_default();
        if let Key::Results | Key::Series | Key::Values = key
            && let (Head::Array(count), next) = head(input, *at)?
        {
            match key {
                Key::Results => {
                    out.begin_results();
                    self.enter(Level::Results, count);
                }
                Key::Series => self.enter(Level::SeriesList, count),
                _ => {
                    out.begin_values(MsgpackRows::PROMOTES)?;
                    self.enter(Level::Values, count);
                }
            }
            *at = next;
            return Ok(());
        }
        let end = self.value_end(input, *at)?;
        read_member(self.level, key, &mut TokenReader::new(input, *at), out)?;
        self.key = None;
        *at = end;
        Ok(())
    }
}

fn map_head(input: &[u8], at: &mut usize) -> Result<u32, Stop> {
    let (head, next) = head(input, *at)?;
    let Head::Map(count) = head else {
        return Err(Fault::unexpected(input, *at, "a map").into());
    };
    *at = next;
    Ok(count)
}

/// Reads rows in `MessagePack`.
struct MsgpackRows;

impl RowFormat for MsgpackRows {
    const PROMOTES: bool = false;
    /// `MessagePack` rows are not decoded in halves, because joining two halves would take as long
    /// as decoding the rows.
    const IN_HALVES: bool = false;

    #[inline]
    fn read_row<C>(
        input: &[u8],
        at: usize,
        columns: impl ExactSizeIterator<Item = C>,
        mut each: impl FnMut(C, usize) -> Result<usize, Stop>,
    ) -> Result<usize, Stop> {
        let mut at = array_head(input, at, columns.len())?;
        for column in columns {
            at = each(column, at)?;
        }
        Ok(at)
    }

    fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
        cell(input, at)
    }

    #[inline]
    fn push_usual(input: &[u8], at: usize, column: &mut Column) -> Option<usize> {
        usual::push(input, at, column)
    }

    #[inline]
    fn next_row(_: &[u8], end: usize) -> Option<usize> {
        Some(end)
    }

    fn find_row(_: &[u8], _: usize) -> Option<usize> {
        None
    }

    fn find_end(_: &[u8]) -> Option<usize> {
        None
    }
}

/// Reads the array head of a row, in which the length must equal the number of columns, `width`.
/// The length is checked before anything else is read, so a false length of four billion costs
/// nothing.
#[inline]
fn array_head(input: &[u8], at: usize, width: usize) -> Result<usize, Stop> {
    match input.get(at) {
        Some(short @ 0x90..=0x9f) if usize::from(short & 0x0f) == width => Ok(at + 1),
        _ => any_array_head(input, at, width),
    }
}

#[cold]
fn any_array_head(input: &[u8], at: usize, width: usize) -> Result<usize, Stop> {
    match head(input, at)? {
        (Head::Array(count), next) if usize::try_from(count) == Ok(width) => Ok(next),
        (Head::Array(count), _) => Err(Stop::Fault(Fault {
            kind: DecodeErrorKind::Malformed,
            at: Some(at),
            text: format!("expected a row of {width} columns, got {count}"),
        })),
        _ => Err(Fault::unexpected(input, at, "a row").into()),
    }
}
