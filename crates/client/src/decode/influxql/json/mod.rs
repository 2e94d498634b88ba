//! Parses the JSON answers of `/query` with a state machine for their fixed shape.
//!
//! ```text
//! {"results":[{"statement_id":0,"series":[{"name":..,"tags":{..},"columns":[..],
//!   "values":[[..],[..]],"partial":true}],"messages":[..],"partial":true,"error":".."}]}
//! ```
//!
//! The state machine parses the arrays `results`, `series` and `values` while their items are still
//! arriving. Every other value, and every row, is read once it has arrived completely. The keys of
//! an object may come in any order, except that `name`, `tags` and `columns` of a series must
//! precede its rows. Unknown keys are skipped. Several JSON documents may follow each other without
//! separators.

mod scan;
mod text;
mod usual;
mod value;

use memchr::memmem;

use self::scan::Scan;
use self::text::skip_space;
use self::value::{JsonReader, cell};
use crate::decode::error::{DecodeErrorKind, Fault, Stop};
use crate::decode::influxql::assemble::Assembly;
use crate::decode::influxql::member::{Value, read_member};
use crate::decode::influxql::shape::{Key, Level};
use crate::decode::influxql::tries::Tries;
use crate::decode::table::RowFormat;
use crate::decode::table::columns::{Cell, Column};

/// The JSON tokens that may come next in the current container.
#[derive(Debug, Clone, Copy, Default)]
enum Expected {
    /// The first item, or the end of an empty container.
    Open,
    /// An item after a comma, or a new document.
    #[default]
    Item,
    Colon,
    Value,
    /// A comma or the end of the container, after an item.
    After,
}

#[derive(Debug, Default)]
pub(in crate::decode) struct Parser {
    level: Level,
    place: Expected,
    key: Key,
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
            *at = skip_space(input, *at);
            let Some(&byte) = input.get(*at) else {
                return Err(Stop::Short);
            };
            match self.place {
                Expected::Open if byte == close(self.level) => self.leave(at, out)?,
                Expected::Open | Expected::Item => self.item(input, at, out)?,
                Expected::Colon => self.colon(input, at)?,
                Expected::Value => self.value(input, at, out)?,
                Expected::After => self.after(input, at, out)?,
            }
        }
    }

    fn enter(&mut self, level: Level, at: &mut usize) {
        self.level = level;
        self.place = Expected::Open;
        *at += 1;
    }

    fn leave(&mut self, at: &mut usize, out: &mut Assembly) -> Result<(), Fault> {
        match self.level {
            Level::Document => out.end_document()?,
            Level::Result => out.end_result()?,
            Level::Series => out.end_series(JsonRows::PROMOTES)?,
            _ => {}
        }
        self.level = self.level.parent();
        self.place = if self.is_outside() {
            Expected::Item
        } else {
            Expected::After
        };
        *at += 1;
        Ok(())
    }

    fn after(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        match input[*at] {
            b',' => {
                self.place = Expected::Item;
                *at += 1;
                Ok(())
            }
            byte if byte == close(self.level) => Ok(self.leave(at, out)?),
            _ if self.level.is_object() => Err(Fault::unexpected(input, *at, "`,` or `}`").into()),
            _ => Err(Fault::unexpected(input, *at, "`,` or `]`").into()),
        }
    }

    fn colon(&mut self, input: &[u8], at: &mut usize) -> Result<(), Stop> {
        if input[*at] != b':' {
            return Err(Fault::unexpected(input, *at, "`:`").into());
        }
        self.place = Expected::Value;
        *at += 1;
        Ok(())
    }

    fn item(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        let opens = input[*at] == b'{';
        match self.level {
            Level::Outside if opens => {
                out.begin_document();
                self.enter(Level::Document, at);
            }
            Level::Outside => return Err(Stop::Junk),
            Level::Results if opens => {
                out.begin_result();
                self.enter(Level::Result, at);
            }
            Level::SeriesList if opens => {
                out.begin_series()?;
                self.enter(Level::Series, at);
            }
            Level::Results => return Err(Fault::unexpected(input, *at, "a result").into()),
            Level::SeriesList => return Err(Fault::unexpected(input, *at, "a series").into()),
            Level::Values => self.row(input, at, out)?,
            Level::Document | Level::Result | Level::Series => {
                if input[*at] != b'"' {
                    return Err(Fault::unexpected(input, *at, "a key").into());
                }
                let end = self.value_end(input, *at)?;
                self.key = Key::of(self.level, &JsonReader::new(input, *at, end).text()?);
                self.place = Expected::Colon;
                *at = end;
            }
        }
        Ok(())
    }

    /// Reads one row and the complete rows that directly follow it. The row is first parsed without
    /// a search for its end, because most rows have arrived completely. Only an incomplete row
    /// needs this search. An incomplete row is parsed again when [`Tries`] allows another attempt.
    fn row(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        if input[*at] != b'[' {
            return Err(Fault::unexpected(input, *at, "a row").into());
        }
        let length = input.len() - *at;
        let whole = self.scan.is_active() && self.value_end(input, *at).is_ok();
        if self.scan.is_active() && !self.tries.is_due(length) {
            return Err(Stop::Short);
        }
        match out.rows::<JsonRows>(input, *at, u32::MAX) {
            Ok((end, _)) => {
                self.tries.reset();
                self.scan = Scan::default();
                self.place = Expected::After;
                *at = end;
                Ok(())
            }
            Err(Stop::Short) if !whole => {
                self.tries.came_short(length);
                // A surplus bracket in an incomplete row ends the search for the row's end. The
                // error is found when the row is parsed.
                self.value_end(input, *at)?;
                Err(malformed_row(*at))
            }
            Err(Stop::Short) => Err(malformed_row(*at)),
            Err(stop) => Err(stop),
        }
    }

    fn value_end(&mut self, input: &[u8], at: usize) -> Result<usize, Stop> {
        self.scan
            .end(&input[at..])
            .map(|length| at + length)
            .ok_or(Stop::Short)
    }

    fn value(&mut self, input: &[u8], at: &mut usize, out: &mut Assembly) -> Result<(), Stop> {
        if input[*at] == b'[' {
            match self.key {
                Key::Results => {
                    out.begin_results();
                    self.enter(Level::Results, at);
                    return Ok(());
                }
                Key::Series => {
                    self.enter(Level::SeriesList, at);
                    return Ok(());
                }
                Key::Values => {
                    out.begin_values(JsonRows::PROMOTES)?;
                    self.enter(Level::Values, at);
                    return Ok(());
                }
                _ => {}
            }
        }
        let end = self.value_end(input, *at)?;
        read_member(
            self.level,
            self.key,
            &mut JsonReader::new(input, *at, end),
            out,
        )?;
        self.place = Expected::After;
        *at = end;
        Ok(())
    }
}

fn close(level: Level) -> u8 {
    if level.is_object() { b'}' } else { b']' }
}

#[cold]
fn malformed_row(at: usize) -> Stop {
    Stop::Fault(Fault {
        kind: DecodeErrorKind::Malformed,
        at: Some(at),
        text: "expected a row, an array of values".to_owned(),
    })
}

/// Reads rows in JSON.
pub(in crate::decode) struct JsonRows;

impl RowFormat for JsonRows {
    const PROMOTES: bool = true;
    const IN_HALVES: bool = true;

    #[inline]
    fn read_row<C>(
        input: &[u8],
        at: usize,
        columns: impl ExactSizeIterator<Item = C>,
        mut each: impl FnMut(C, usize) -> Result<usize, Stop>,
    ) -> Result<usize, Stop> {
        let width = columns.len();
        let mut at = skip_space(input, at + 1);
        for (index, column) in columns.enumerate() {
            if index > 0 {
                at = punctuation(input, at, b',', width)?;
                at = skip_space(input, at);
            }
            at = each(column, at)?;
            at = skip_space(input, at);
        }
        punctuation(input, at, b']', width)
    }

    fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
        cell(input, at)
    }

    #[inline]
    fn push_usual(input: &[u8], at: usize, column: &mut Column) -> Option<usize> {
        usual::push(input, at, column)
    }

    #[inline]
    fn next_row(input: &[u8], end: usize) -> Option<usize> {
        (input.get(end..end + 2) == Some(b",[")).then_some(end + 1)
    }

    fn find_row(input: &[u8], from: usize) -> Option<usize> {
        memmem::find(input.get(from..)?, b"],[").map(|at| from + at + 2)
    }

    fn find_end(input: &[u8]) -> Option<usize> {
        memmem::find(input, b"]]")
    }
}

#[inline]
fn punctuation(input: &[u8], at: usize, byte: u8, width: usize) -> Result<usize, Stop> {
    match input.get(at) {
        Some(found) if *found == byte => Ok(at + 1),
        Some(_) => Err(uneven_row(input, at, byte, width)),
        None => Err(Stop::Short),
    }
}

#[cold]
fn uneven_row(input: &[u8], at: usize, byte: u8, width: usize) -> Stop {
    let expected = format!("`{}` in a row of {width} columns", char::from(byte));
    Fault::unexpected(input, at, &expected).into()
}
