//! Reads small JSON values that have arrived completely: names, columns, tags and messages.

use serde::de::IgnoredAny;

use super::scan::Scan;
use super::text::{number, skip_space, string};
use crate::decode::error::{DecodeErrorKind, Fault, Stop};
use crate::decode::influxql::member::Value;
use crate::decode::influxql::shape::{MAX_ITEMS, too_many_items};
use crate::decode::table::columns::Cell;
use crate::decode::table::escapes::unescape;
use crate::decode::table::texts::push_valid;

/// Reads one complete JSON value. The field `base` is the offset of the value in the parser's
/// input.
pub(super) struct JsonReader<'a> {
    value: &'a [u8],
    at: usize,
    base: usize,
}

impl<'a> JsonReader<'a> {
    pub(super) fn new(input: &'a [u8], base: usize, end: usize) -> Self {
        Self {
            value: &input[base..end],
            at: 0,
            base,
        }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let mut fault = Fault::unexpected(self.value, self.at, expected);
        fault.at = fault.at.map(|at| at + self.base);
        fault
    }

    /// Turns [`Stop::Short`] into an error. The end of the value is already known, so a part of the
    /// value that seems incomplete is malformed.
    fn whole<T>(&self, result: Result<T, Stop>, expected: &str) -> Result<T, Fault> {
        result.map_err(|stop| match stop {
            Stop::Fault(mut fault) => {
                fault.at = fault.at.map(|at| at + self.base);
                fault
            }
            _ => self.unexpected(expected),
        })
    }

    fn next(&mut self) -> Option<u8> {
        self.at = skip_space(self.value, self.at);
        self.value.get(self.at).copied()
    }

    fn members(
        &mut self,
        open: u8,
        close: u8,
        expected: &str,
        mut one: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.next() != Some(open) {
            return Err(self.unexpected(if open == b'[' {
                "an array"
            } else {
                "an object"
            }));
        }
        self.at += 1;
        if self.next() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        for _ in 0..MAX_ITEMS {
            one(self)?;
            match self.next() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected(expected)),
            }
        }
        Err(too_many_items())
    }
}

impl Value for JsonReader<'_> {
    fn is_null(&self) -> bool {
        self.value == b"null"
    }

    fn boolean(&mut self) -> Result<bool, Fault> {
        match self.value {
            b"true" => Ok(true),
            b"false" => Ok(false),
            _ => Err(self.unexpected("`true` or `false`")),
        }
    }

    fn statement_id(&mut self) -> Result<u32, Fault> {
        let digits = self.value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(self.value).ok().filter(|_| digits);
        let id = text.and_then(|text| text.parse().ok());
        id.ok_or_else(|| self.unexpected("a statement id"))
    }

    fn text(&mut self) -> Result<String, Fault> {
        const EXPECTED: &str = "a string";
        if self.next() != Some(b'"') {
            return Err(self.unexpected(EXPECTED));
        }
        let (cell, end) = self.whole(string(self.value, self.at), EXPECTED)?;
        self.at = end;
        let mut plain = Vec::new();
        match cell {
            Cell::Text(text) => plain.extend_from_slice(text),
            Cell::Escaped(text) => unescape(text, &mut plain),
            _ => return Err(self.unexpected(EXPECTED)),
        }
        String::from_utf8(plain).or_else(|error| {
            let mut text = String::new();
            push_valid(error.as_bytes(), &mut text);
            Ok(text)
        })
    }

    fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.members(b'[', b']', "`,` or `]`", |reader| item(reader))
    }

    fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, String) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.members(b'{', b'}', "`,` or `}`", |reader| {
            let key = reader.text()?;
            if reader.next() != Some(b':') {
                return Err(reader.unexpected("`:`"));
            }
            reader.at += 1;
            member(reader, key)
        })
    }

    fn skip(&mut self) -> Result<(), Fault> {
        self.next();
        let rest = &self.value[self.at..];
        let end = Scan::default().end(rest).unwrap_or(rest.len());
        // serde_json does not recurse when it skips a value, so deep nesting is safe.
        if serde_json::from_slice::<IgnoredAny>(&rest[..end]).is_err() {
            return Err(self.unexpected("a JSON value"));
        }
        self.at += end;
        Ok(())
    }
}

/// Reads the cell that starts at `at`. Returns the cell, and the index after it.
#[inline]
pub(super) fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop> {
    match input.get(at) {
        Some(b'"') => string(input, at),
        Some(b'-' | b'0'..=b'9') => number(input, at),
        Some(b'n') => literal(input, at, b"null", Cell::Null),
        Some(b't') => literal(input, at, b"true", Cell::Boolean(true)),
        Some(b'f') => literal(input, at, b"false", Cell::Boolean(false)),
        Some(_) => Err(Fault::unexpected(input, at, "a value of a row").into()),
        None => Err(Stop::Short),
    }
}

#[inline]
fn literal<'a>(
    input: &'a [u8],
    at: usize,
    word: &'static [u8],
    cell: Cell<'a>,
) -> Result<(Cell<'a>, usize), Stop> {
    let rest = &input[at..];
    if rest.starts_with(word) {
        return Ok((cell, at + word.len()));
    }
    if word.starts_with(rest) {
        return Err(Stop::Short);
    }
    Err(Stop::Fault(Fault {
        kind: DecodeErrorKind::Malformed,
        at: Some(at),
        text: "expected `null`, `true` or `false`".to_owned(),
    }))
}
