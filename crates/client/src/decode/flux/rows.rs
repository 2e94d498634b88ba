//! Reads the rows of a Flux table. The annotations fix the type of each column, so no cell changes
//! the type of a column.

use memchr::memmem;

use super::csv::{self, Text};
use super::time::{self, Invalid};
use crate::decode::error::{DecodeErrorKind, Fault, Stop, shown};
use crate::decode::number;
use crate::decode::table::RowFormat;
use crate::decode::table::columns::{Cell, Column, Kind, Values};

#[derive(Debug)]
pub(super) struct FluxRows;

impl RowFormat for FluxRows {
    const PROMOTES: bool = false;
    const IN_HALVES: bool = true;

    /// The first cell of a line contains the name of an annotation, and is empty in a row of a
    /// table.
    #[inline]
    fn read_row<C>(
        input: &[u8],
        at: usize,
        columns: impl ExactSizeIterator<Item = C>,
        mut each: impl FnMut(C, usize) -> Result<usize, Stop>,
    ) -> Result<usize, Stop> {
        let width = columns.len();
        let mut at = at;
        for column in columns {
            at = csv::comma(input, at, width)?;
            at = each(column, at)?;
        }
        csv::line_end(input, at, "the end of the row")
    }

    fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
        let (text, end) = csv::cell(input, at)?;
        Ok((Cell::Text(text.raw()), end))
    }

    /// Appends a cell in the form that the server usually writes, and returns the index after the
    /// cell. Returns `None` for all other cells, and near the end of the input.
    #[inline]
    fn push_usual(input: &[u8], at: usize, column: &mut Column) -> Option<usize> {
        if input.get(at) == Some(&b',') {
            column.push_null();
            return Some(at);
        }
        match &mut column.values {
            Values::Float(values) => {
                let (n, end) = number::float(input, at, true)?;
                is_end(input, end).then(|| {
                    values.push(n);
                    end
                })
            }
            Values::Integer(values) => {
                // Most table numbers have a single digit.
                if let [digit @ b'0'..=b'9', b','] = *input.get(at..)?.first_chunk::<2>()? {
                    values.push(i64::from(digit - b'0'));
                    return Some(at + 1);
                }
                let (n, end) = number::integer(input, at)?;
                is_end(input, end).then(|| {
                    values.push(n);
                    end
                })
            }
            Values::Unsigned(values) => {
                let (n, count) = number::natural(input, at)?;
                is_end(input, at + count).then(|| {
                    values.push(n);
                    at + count
                })
            }
            Values::Time(values) => {
                let (n, end) = time::usual(input, at)?;
                is_end(input, end).then(|| {
                    values.push(n);
                    end
                })
            }
            Values::Text(texts) => {
                let end = csv::plain_end(input, at)?;
                texts.push(input, at..end);
                Some(end)
            }
            Values::View(views) => {
                let end = csv::plain_end(input, at)?;
                views.push(input, at..end);
                Some(end)
            }
            _ => None,
        }
    }

    #[inline]
    fn push(input: &[u8], at: usize, column: &mut Column) -> Result<usize, Stop> {
        match Self::push_usual(input, at, column) {
            Some(end) => Ok(end),
            None => push_any(input, at, column),
        }
    }

    #[inline]
    fn next_row(input: &[u8], end: usize) -> Option<usize> {
        (input.get(end) == Some(&b',')).then_some(end)
    }

    fn find_row(input: &[u8], from: usize) -> Option<usize> {
        memmem::find(input.get(from..)?, b"\n,").map(|at| from + at + 1)
    }

    fn find_end(input: &[u8]) -> Option<usize> {
        memmem::find(input, b"\n\r\n")
    }
}

/// Returns whether a cell ends at `at`.
#[inline]
fn is_end(input: &[u8], at: usize) -> bool {
    matches!(input.get(at), Some(b',' | b'\r' | b'\n'))
}

/// Appends a cell in any form. An empty cell is null, even in a text column, because the server
/// writes nulls and empty strings in the same way.
fn push_any(input: &[u8], at: usize, column: &mut Column) -> Result<usize, Stop> {
    let (text, end) = csv::cell(input, at)?;
    if text.raw().is_empty() {
        column.push_null();
        return Ok(end);
    }
    match (&mut column.values, text) {
        (Values::Text(texts), Text::Plain(text)) => texts.push(text, 0..text.len()),
        (Values::View(views), Text::Plain(text)) => views.push(text, 0..text.len()),
        (Values::Text(texts), _) => texts.push_with(|bytes| text.write(bytes)),
        (Values::View(views), _) => views.push_with(|bytes| text.write(bytes)),
        _ => {
            let kind = column.kind();
            let value = value(kind, text.raw()).map_err(|fault| Fault {
                at: Some(at),
                ..fault
            })?;
            column.push(value);
        }
    }
    Ok(end)
}

/// Returns the value of a cell that is not empty, in a column of type `kind`.
pub(super) fn value(kind: Kind, text: &[u8]) -> Result<Cell<'_>, Fault> {
    let read = std::str::from_utf8(text).ok().and_then(|text| match kind {
        Kind::Integer => text.parse().ok().map(Cell::Integer),
        Kind::Unsigned => text.parse().ok().map(Cell::Unsigned),
        Kind::Float => float(text).map(Cell::Float),
        Kind::Boolean => text.parse().ok().map(Cell::Boolean),
        _ => None,
    });
    let expected = match (read, kind) {
        (Some(cell), _) => return Ok(cell),
        (None, Kind::Text | Kind::Null) => return Ok(Cell::Text(text)),
        (None, Kind::Time) => match time::parse(text) {
            Ok(nanoseconds) => return Ok(Cell::Time(nanoseconds)),
            Err(Invalid::Form) => "a time in RFC 3339",
            Err(Invalid::Range) => "a time from the years 1677 to 2262",
        },
        (None, Kind::Integer) => "a `long`",
        (None, Kind::Unsigned) => "an `unsignedLong`",
        (None, Kind::Float) => "a `double`",
        (None, Kind::Boolean) => "`true` or `false`",
    };
    let got = String::from_utf8_lossy(text);
    let text = format!("expected {expected}, got `{}`", shown(&got));
    Err(Fault::new(DecodeErrorKind::Malformed, text))
}

fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        // Rust's parser also accepts words, such as `infinity`, that the server never writes.
        _ if text.bytes().any(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}
