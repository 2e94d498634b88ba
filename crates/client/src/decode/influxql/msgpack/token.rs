//! Reads the heads of `MessagePack` values and the cells of rows, and finds the ends of nested
//! values.

use crate::decode::error::{DecodeErrorKind, Fault, Stop};
use crate::decode::influxql::member::Value;
use crate::decode::influxql::shape::MAX_VALUE_BYTES;
use crate::decode::influxql::shape::{MAX_ITEMS, too_many_items};
use crate::decode::table::columns::Cell;
use crate::decode::table::texts::push_valid;

/// The head of a value, which contains the type of the value and either its content or its length.
/// The content of a string, binary or extension value follows the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Head {
    Nil,
    Boolean(bool),
    Integer(i64),
    /// Beyond `i64`.
    Unsigned(u64),
    Float(f64),
    Text(usize),
    Binary(usize),
    Array(u32),
    Map(u32),
    Extension(i8, usize),
}

/// Reads the head that starts at `at`. Returns the head, and the index after it.
#[inline]
pub(super) fn head(input: &[u8], at: usize) -> Result<(Head, usize), Stop> {
    let Some(&byte) = input.get(at) else {
        return Err(Stop::Short);
    };
    let next = at + 1;
    Ok(match byte {
        0x00..=0x7f => (Head::Integer(i64::from(byte)), next),
        0x80..=0x8f => (Head::Map(u32::from(byte & 0x0f)), next),
        0x90..=0x9f => (Head::Array(u32::from(byte & 0x0f)), next),
        0xa0..=0xbf => (Head::Text(usize::from(byte & 0x1f)), next),
        0xc0 => (Head::Nil, next),
        0xc1 => return Err(Fault::unexpected(input, at, "a MessagePack value").into()),
        0xc2 => (Head::Boolean(false), next),
        0xc3 => (Head::Boolean(true), next),
        0xca => (
            Head::Float(f64::from(f32::from_be_bytes(take(input, next)?))),
            next + 4,
        ),
        0xcb => (
            Head::Float(f64::from_be_bytes(take(input, next)?)),
            next + 8,
        ),
        0xcc => (
            Head::Integer(i64::from(u8::from_be_bytes(take(input, next)?))),
            next + 1,
        ),
        0xcd => (
            Head::Integer(i64::from(u16::from_be_bytes(take(input, next)?))),
            next + 2,
        ),
        0xce => (
            Head::Integer(i64::from(u32::from_be_bytes(take(input, next)?))),
            next + 4,
        ),
        0xcf => (unsigned(u64::from_be_bytes(take(input, next)?)), next + 8),
        0xd0 => (
            Head::Integer(i64::from(i8::from_be_bytes(take(input, next)?))),
            next + 1,
        ),
        0xd1 => (
            Head::Integer(i64::from(i16::from_be_bytes(take(input, next)?))),
            next + 2,
        ),
        0xd2 => (
            Head::Integer(i64::from(i32::from_be_bytes(take(input, next)?))),
            next + 4,
        ),
        0xd3 => (
            Head::Integer(i64::from_be_bytes(take(input, next)?)),
            next + 8,
        ),
        0xe0..=0xff => (Head::Integer(i64::from(byte.cast_signed())), next),
        _ => return sized_head(input, at, byte),
    })
}

/// Reads a head that contains a length.
fn sized_head(input: &[u8], at: usize, byte: u8) -> Result<(Head, usize), Stop> {
    let width = match byte {
        0xd4..=0xd8 => 0,
        0xc4 | 0xc7 | 0xd9 => 1,
        0xc5 | 0xc8 | 0xda | 0xdc | 0xde => 2,
        _ => 4,
    };
    let next = at + 1;
    let count = match width {
        0 => 1 << (byte - 0xd4),
        1 => u32::from(u8::from_be_bytes(take(input, next)?)),
        2 => u32::from(u16::from_be_bytes(take(input, next)?)),
        _ => u32::from_be_bytes(take(input, next)?),
    };
    let next = next + width;
    let size = usize::try_from(count).unwrap_or(usize::MAX);
    let has_payload = !matches!(byte, 0xdc..=0xdf);
    if has_payload && size > MAX_VALUE_BYTES {
        return Err(Stop::Fault(Fault {
            kind: DecodeErrorKind::Oversized,
            at: Some(at),
            text: format!("expected a value of at most {MAX_VALUE_BYTES} bytes, got {size}"),
        }));
    }
    Ok(match byte {
        0xc4..=0xc6 => (Head::Binary(size), next),
        0xd9..=0xdb => (Head::Text(size), next),
        0xdc | 0xdd => (Head::Array(count), next),
        0xde | 0xdf => (Head::Map(count), next),
        _ => {
            let [kind] = take(input, next)?;
            (Head::Extension(kind.cast_signed(), size), next + 1)
        }
    })
}

fn unsigned(n: u64) -> Head {
    i64::try_from(n).map_or(Head::Unsigned(n), Head::Integer)
}

#[inline]
fn take<const N: usize>(input: &[u8], at: usize) -> Result<[u8; N], Stop> {
    input
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .ok_or(Stop::Short)
}

fn payload(input: &[u8], at: usize, size: usize) -> Result<&[u8], Stop> {
    input.get(at..at + size).ok_or(Stop::Short)
}

/// Reads the cell that starts at `at`. Returns the cell, and the index after it.
#[inline]
pub(super) fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
    let (head, next) = head(input, at)?;
    Ok(match head {
        Head::Nil => (Cell::Null, next),
        Head::Boolean(value) => (Cell::Boolean(value), next),
        Head::Integer(n) => (Cell::Integer(n), next),
        Head::Unsigned(n) => (Cell::Unsigned(n), next),
        Head::Float(n) => (Cell::Float(n), next),
        Head::Text(size) => (Cell::Text(payload(input, next, size)?), next + size),
        Head::Extension(5, 12) => (time(input, next)?, next + 12),
        Head::Binary(_) | Head::Array(_) | Head::Map(_) | Head::Extension(..) => {
            return Err(Fault::unexpected(input, at, "a value of a row").into());
        }
    })
}

/// Reads a time as tinylib/msgp encodes it: as extension 5, which contains the seconds since 1970
/// and the nanoseconds. (The `MessagePack` specification uses a different extension for timestamps,
/// -1.)
fn time(input: &[u8], at: usize) -> Result<Cell<'_>, Stop> {
    let seconds = i64::from_be_bytes(take(input, at)?);
    let nanoseconds = i32::from_be_bytes(take(input, at + 8)?);
    let time = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    match i64::try_from(time) {
        Ok(time) if (0..1_000_000_000).contains(&nanoseconds) => Ok(Cell::Time(time)),
        _ => Err(Stop::Fault(Fault {
            kind: DecodeErrorKind::Malformed,
            at: Some(at),
            text: format!("expected a time from 1677 to 2262, got {seconds} s {nanoseconds} ns"),
        })),
    }
}

/// The state of the search for the end of a value. Each head is examined only once, no matter how
/// many pieces the value arrives in. Nested values are only counted, so neither deep nesting nor a
/// large length costs memory.
#[derive(Debug, Default)]
pub(super) struct Scan {
    at: usize,
    /// The number of nested values that must still follow the current value.
    more: u64,
}

impl Scan {
    /// Returns whether the start of a value has been examined but its end has not been found.
    pub(super) fn is_active(&self) -> bool {
        self.at > 0
    }

    /// Returns the length of the value at the start of `input`, or [`Stop::Short`] if the value is
    /// incomplete. After [`Stop::Short`], the next call must pass the same value with more bytes.
    pub(super) fn end(&mut self, input: &[u8]) -> Result<usize, Stop> {
        loop {
            let (head, next) = head(input, self.at)?;
            let end = match head {
                Head::Text(size) | Head::Binary(size) | Head::Extension(_, size) => {
                    payload(input, next, size)?;
                    next + size
                }
                Head::Array(count) => {
                    self.more = self.more.saturating_add(u64::from(count));
                    next
                }
                Head::Map(count) => {
                    self.more = self.more.saturating_add(2 * u64::from(count));
                    next
                }
                _ => next,
            };
            self.at = end;
            if self.more == 0 {
                *self = Self::default();
                return Ok(end);
            }
            self.more -= 1;
        }
    }
}

/// Reads a `MessagePack` value that has arrived completely.
pub(super) struct TokenReader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> TokenReader<'a> {
    pub(super) fn new(input: &'a [u8], at: usize) -> Self {
        Self { input, at }
    }

    /// Reads the head of a value. The end of the value is already known, so an incomplete head is
    /// an error.
    fn head(&mut self, expected: &str) -> Result<Head, Fault> {
        match head(self.input, self.at) {
            Ok((head, next)) => {
                self.at = next;
                Ok(head)
            }
            Err(Stop::Fault(fault)) => Err(fault),
            Err(_) => Err(Fault::unexpected(self.input, self.at, expected)),
        }
    }
}

impl Value for TokenReader<'_> {
    fn is_null(&self) -> bool {
        self.input.get(self.at) == Some(&0xc0)
    }

    fn boolean(&mut self) -> Result<bool, Fault> {
        let at = self.at;
        match self.head("a boolean")? {
            Head::Boolean(value) => Ok(value),
            _ => Err(Fault::unexpected(self.input, at, "a boolean")),
        }
    }

    fn statement_id(&mut self) -> Result<u32, Fault> {
        let at = self.at;
        let id = match self.head("a statement id")? {
            Head::Integer(id) => u32::try_from(id).ok(),
            _ => None,
        };
        id.ok_or_else(|| Fault::unexpected(self.input, at, "a statement id"))
    }

    fn text(&mut self) -> Result<String, Fault> {
        let at = self.at;
        let bytes = match self.head("a text")? {
            Head::Text(size) => self.input.get(self.at..self.at + size),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| Fault::unexpected(self.input, at, "a text"))?;
        self.at += bytes.len();
        let mut text = String::new();
        push_valid(bytes, &mut text);
        Ok(text)
    }

    fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let at = self.at;
        let Head::Array(count) = self.head("an array")? else {
            return Err(Fault::unexpected(self.input, at, "an array"));
        };
        if count > MAX_ITEMS {
            return Err(too_many_items());
        }
        (0..count).try_for_each(|_| item(self))
    }

    fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, String) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let at = self.at;
        let Head::Map(count) = self.head("a map")? else {
            return Err(Fault::unexpected(self.input, at, "a map"));
        };
        if count > MAX_ITEMS {
            return Err(too_many_items());
        }
        (0..count).try_for_each(|_| {
            let key = self.text()?;
            member(self, key)
        })
    }

    fn skip(&mut self) -> Result<(), Fault> {
        match Scan::default().end(&self.input[self.at..]) {
            Ok(length) => {
                self.at += length;
                Ok(())
            }
            Err(_) => Err(Fault::unexpected(
                self.input,
                self.at,
                "a MessagePack value",
            )),
        }
    }
}
