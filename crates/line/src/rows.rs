//! Many points of one shape: the values only.
//!
//! Everything that can be decided once for all rows was decided by the [`Shape`]. A row is written
//! behind the last line of the batch, into bytes that were made zero long before, so that short
//! texts can be copied as blocks of a known size; what stands behind the last line is no part of the
//! batch.

use alloc::vec::Vec;
use core::fmt;

use crate::copy::{block, block_mut, copy, copy_number, has_quote, has_special};
use crate::dialect::{Grammar, MAX_STRING};
use crate::escape::{kind, kind_of, kinds_in};
use crate::shape::{BLOCK, Text};
use crate::{Batch, Encoder, Numbers, Outcome, Shape, TagValues};

/// How many bytes are made zero at a time.
const AHEAD: usize = 16 << 10;

/// A row that [`PointEncoder`](crate::PointEncoder) must look at, which writes or refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the row needs the plain encoder")
    }
}

impl core::error::Error for Unusual {}

/// Writes points that share a [`Shape`], several times as fast as a
/// [`PointEncoder`](crate::PointEncoder) and with the same bytes.
///
/// A row is begun, gets its tags (in [`Shape::tag_order`]), then its fields (in the order of the
/// shape), and is ended; missing tags and fields are passed over. What a value would need more than
/// a look for is [`Unusual`]: the row is then dropped, all its further calls should be left out, and
/// the point belongs to [`Encoder::point`]. A row that is not ended leaves the batch as it was.
#[derive(Debug)]
pub struct Rows<'e> {
    batch: &'e mut Batch,
    shape: &'e Shape,
    grammar: &'static Grammar,
    /// Where the row begins.
    start: usize,
    /// End of what there is of the row.
    at: usize,
    /// Where the fields begin; 0 as long as there are none.
    fields_at: usize,
    next_tag: usize,
    next_field: usize,
}

impl Encoder {
    /// Starts to write points of one shape; the shape must have the options of the encoder.
    ///
    /// # Panics
    ///
    /// If the options differ.
    pub fn rows<'e>(&'e mut self, shape: &'e Shape) -> Rows<'e> {
        assert!(
            self.options == shape.options,
            "the options of a shape are those of its encoder"
        );
        Rows {
            grammar: self.options.dialect.grammar(),
            start: self.batch.end(),
            batch: &mut self.batch,
            shape,
            at: 0,
            fields_at: 0,
            next_tag: usize::MAX,
            next_field: usize::MAX,
        }
    }
}

impl Rows<'_> {
    /// Begins a row; one that was not ended is dropped.
    #[inline]
    pub fn begin(&mut self) {
        self.at = self.start;
        let name = self.shape.measurement.get(0);
        self.reserve(name.length());
        self.put(name);
        self.fields_at = 0;
        self.next_tag = 0;
        self.next_field = 0;
    }

    /// Writes a tag; an empty one is left out.
    ///
    /// # Errors
    ///
    /// The value is none of the simple ones, or the tag comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no tag of that position.
    #[inline]
    pub fn tag(&mut self, tag: usize, value: &str) -> Result<(), Unusual> {
        self.pass_tag(tag)?;
        let text = value.as_bytes();
        if text.is_empty() {
            return Ok(());
        }
        self.reserve(2 * text.len());
        self.put(self.shape.tags.get(tag));
        if has_special(text) {
            return self.escape_tag(value);
        }
        copy(&mut self.batch.bytes, self.at, text);
        self.at += text.len();
        check_length(text)
    }

    /// Writes a tag with one of the values that were escaped before.
    ///
    /// # Errors
    ///
    /// The value is none of the simple ones, or the tag comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no tag of that position, or no value with that code.
    #[inline]
    pub fn tag_value(
        &mut self,
        tag: usize,
        values: &TagValues,
        code: usize,
    ) -> Result<(), Unusual> {
        self.pass_tag(tag)?;
        let text = values.texts.get(code);
        if text.is_unusual() {
            return Err(Unusual);
        }
        self.reserve(text.length());
        self.put(text);
        Ok(())
    }

    /// Copies a text for which there is room.
    #[inline]
    fn put(&mut self, text: Text<'_>) {
        text.copy_to(&mut self.batch.bytes, self.at);
        self.at += text.length();
    }

    #[inline]
    fn pass_tag(&mut self, tag: usize) -> Result<(), Unusual> {
        let rank = self.shape.ranks[tag];
        if rank < self.next_tag {
            return Err(Unusual);
        }
        self.next_tag = rank + 1;
        Ok(())
    }

    /// Writes a tag value with bytes that may have to be escaped; there is room for twice its length.
    #[cold]
    fn escape_tag(&mut self, value: &str) -> Result<(), Unusual> {
        if kinds_in(value) & kind::CHECKED != 0 || value.len() > MAX_STRING {
            return Err(Unusual);
        }
        let escaped = kind::BREAK | kind::EQUALS;
        for &byte in value.as_bytes() {
            let escape = kind_of(byte) & escaped != 0;
            self.at = put_escaped(&mut self.batch.bytes, self.at, byte, escape);
        }
        Ok(())
    }

    /// Writes a float; NaN is left out.
    ///
    /// # Errors
    ///
    /// The value is infinite (or NaN, where the options refuse it), or comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    #[inline]
    pub fn float(&mut self, field: usize, value: f64) -> Result<(), Unusual> {
        if !value.is_finite() {
            return self.pass_special_float(field, value);
        }
        let at = self.key(field)?;
        let mut buffer = zmij::Buffer::new();
        let digits = buffer.format_finite(value).as_bytes();
        copy_number(&mut self.batch.bytes, at, digits);
        self.at = at + digits.len();
        Ok(())
    }

    #[cold]
    fn pass_special_float(&mut self, field: usize, value: f64) -> Result<(), Unusual> {
        if value.is_nan() && !self.shape.options.refuse_nan {
            return self.pass_field(field);
        }
        Err(Unusual)
    }

    /// Writes a number that was made text before; `row` is its place in the list.
    ///
    /// # Errors
    ///
    /// The number is none that the dialect stores, or comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position, or no such row in the list.
    #[inline]
    pub fn number(&mut self, field: usize, numbers: &Numbers, row: usize) -> Result<(), Unusual> {
        let (text, length) = numbers.get(row);
        match length {
            None => Err(Unusual),
            Some(0) => self.pass_field(field),
            Some(length) => {
                let at = self.key(field)?;
                *block_mut(&mut self.batch.bytes, at) = *text;
                self.at = at + length;
                Ok(())
            }
        }
    }

    /// Writes a signed integer.
    ///
    /// # Errors
    ///
    /// The field comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    #[inline]
    pub fn integer(&mut self, field: usize, value: i64) -> Result<(), Unusual> {
        let at = self.key(field)?;
        self.digits(at, itoa::Buffer::new().format(value), b'i');
        Ok(())
    }

    /// Writes an unsigned integer.
    ///
    /// # Errors
    ///
    /// The value is beyond what the dialect stores, or comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    #[inline]
    pub fn unsigned(&mut self, field: usize, value: u64) -> Result<(), Unusual> {
        let suffix = if self.grammar.unsigned { b'u' } else { b'i' };
        if !self.grammar.unsigned && i64::try_from(value).is_err() {
            return Err(Unusual);
        }
        let at = self.key(field)?;
        self.digits(at, itoa::Buffer::new().format(value), suffix);
        Ok(())
    }

    #[inline]
    fn digits(&mut self, at: usize, digits: &str, suffix: u8) {
        copy_number(&mut self.batch.bytes, at, digits.as_bytes());
        let end = at + digits.len();
        self.batch.bytes[end] = suffix;
        self.at = end + 1;
    }

    /// Writes a boolean.
    ///
    /// # Errors
    ///
    /// The field comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    #[inline]
    pub fn boolean(&mut self, field: usize, value: bool) -> Result<(), Unusual> {
        let at = self.key(field)?;
        let word = if value { b"true " } else { b"false" };
        *block_mut(&mut self.batch.bytes, at) = *word;
        self.at = at + 5 - usize::from(value);
        Ok(())
    }

    /// Writes a string.
    ///
    /// # Errors
    ///
    /// The string is too long for the dialect, or comes out of order.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    #[inline]
    pub fn string(&mut self, field: usize, value: &str) -> Result<(), Unusual> {
        let text = value.as_bytes();
        check_length(text)?;
        self.reserve(2 * text.len() + BLOCK);
        let mut at = self.key(field)?;
        let out = &mut self.batch.bytes[..];
        out[at] = b'"';
        at += 1;
        let mut words = text.chunks_exact(8);
        for word in &mut words {
            let word = block::<8>(word, 0);
            if has_quote(u64::from_le_bytes(*word)) {
                at = put_quoted(out, at, word);
            } else {
                *block_mut(out, at) = *word;
                at += 8;
            }
        }
        at = put_quoted(out, at, words.remainder());
        out[at] = b'"';
        self.at = at + 1;
        Ok(())
    }

    /// Writes `,key=` and returns its end; the first comma becomes the space before the fields when
    /// the row ends.
    #[inline]
    fn key(&mut self, field: usize) -> Result<usize, Unusual> {
        self.pass_field(field)?;
        let at = self.at;
        if self.fields_at == 0 {
            self.fields_at = at;
        }
        let key = self.shape.fields.get(field);
        key.copy_to(&mut self.batch.bytes, at);
        Ok(at + key.length())
    }

    #[inline]
    fn pass_field(&mut self, field: usize) -> Result<(), Unusual> {
        if field < self.next_field {
            return Err(Unusual);
        }
        self.next_field = field + 1;
        Ok(())
    }

    /// Ends the row; `index` is the user's name for it in errors and in the batch. One without
    /// fields is left out and counted as skipped.
    ///
    /// # Errors
    ///
    /// The timestamp is none that the dialect stores, the line's keys are too long, or no row was
    /// begun.
    #[inline]
    pub fn end(&mut self, index: u64, timestamp: Option<i64>) -> Result<Outcome, Unusual> {
        let fields_at = core::mem::take(&mut self.fields_at);
        let begun = self.next_field != usize::MAX;
        self.next_tag = usize::MAX;
        self.next_field = usize::MAX;
        if !begun {
            return Err(Unusual);
        }
        if fields_at == 0 {
            self.batch.skipped += 1;
            return Ok(Outcome::Skipped);
        }
        if fields_at - self.start + self.shape.longest_field + 4 > self.grammar.max_key {
            return Err(Unusual);
        }
        self.batch.bytes[fields_at] = b' ';
        if let Some(timestamp) = timestamp {
            if !self.grammar.times.contains(&timestamp) {
                return Err(Unusual);
            }
            self.batch.bytes[self.at] = b' ';
            self.digits(self.at + 1, itoa::Buffer::new().format(timestamp), b'\n');
        } else {
            self.batch.bytes[self.at] = b'\n';
            self.at += 1;
        }
        self.batch.push_end(self.at, index, timestamp.is_some());
        self.start = self.at;
        Ok(Outcome::Written)
    }

    /// Makes room for `more` bytes of text besides all names and numbers of the shape.
    #[inline]
    fn reserve(&mut self, more: usize) {
        let wanted = self.at + more + self.shape.room;
        if wanted > self.batch.bytes.len() {
            grow(&mut self.batch.bytes, wanted);
        }
    }
}

#[inline]
fn check_length(text: &[u8]) -> Result<(), Unusual> {
    if text.len() > MAX_STRING {
        Err(Unusual)
    } else {
        Ok(())
    }
}

/// Writes a byte, with a backslash before it if need be, without a branch; returns the end.
#[inline]
fn put_escaped(out: &mut [u8], at: usize, byte: u8, escape: bool) -> usize {
    let text = if escape { [b'\\', byte] } else { [byte, 0] };
    *block_mut::<2>(out, at) = text;
    at + 1 + usize::from(escape)
}

#[inline]
fn put_quoted(out: &mut [u8], mut at: usize, text: &[u8]) -> usize {
    for &byte in text {
        at = put_escaped(out, at, byte, byte == b'"' || byte == b'\\');
    }
    at
}

#[cold]
fn grow(bytes: &mut Vec<u8>, wanted: usize) {
    bytes.resize(wanted + AHEAD, 0);
}
