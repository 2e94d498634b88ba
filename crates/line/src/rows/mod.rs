//! Writes many points that share a shape. The caller passes only the values of each point.
//!
//! The [`Shape`] contains everything that is the same in all rows. A row is written after the last
//! line of the batch, into bytes that were zeroed in advance. Short strings can therefore be copied
//! as blocks of known size. Bytes after the last line are not part of the batch. The state of an
//! unfinished row is a separate value that is never passed by reference, so that the compiler can
//! keep it in registers.

use crate::copy::BLOCK;
use crate::copy::copy_cell;
use crate::dialect::{Grammar, MAX_STRING};
use crate::number::digits::{put_integer, put_unsigned};
use crate::number::float::put_float;
use crate::number::steps::Steps;
use crate::rows::texts::Text;
use crate::{Encoder, Options, Outcome, Unusual};
use quoted::put_quoted;
use target::{Record, Space, Target};

mod cells;
mod numbers;
mod quoted;
mod shape;
mod tag_cells;
mod tag_text;
mod tags;
mod target;
mod texts;

pub use numbers::Numbers;
pub use shape::{Shape, TagCodes, TagValues};
pub use tag_cells::TagCells;
pub use tag_text::TagText;
pub use target::LentLines;

/// The number of bytes that are initially reserved for the variable text of a row. If a row needs
/// more, later rows start with the larger size.
const TEXTS: usize = 4 << 10;

/// Writes points that share a [`Shape`]. `Rows` is several times as fast as a
/// [`PointEncoder`](crate::PointEncoder) and writes the same bytes.
#[derive(Debug)]
pub struct Rows<'e> {
    target: Target<'e>,
    steps: &'e mut Steps,
    shape: &'e Shape,
    grammar: &'static Grammar,
    clock: Option<fn() -> i64>,
}

impl Encoder {
    /// Starts to write points that share a shape to the batch. The shape must have the same options
    /// as the encoder.
    ///
    /// # Panics
    ///
    /// Panics if the shape and the encoder have different options.
    pub fn rows<'e>(&'e mut self, shape: &'e Shape) -> Rows<'e> {
        let target = Target::Batch(&mut self.batch);
        Rows::new(target, &mut self.steps, shape, self.options, self.clock)
    }

    /// Starts writing points to `out`, all with the same shape. If `out` already contains lines,
    /// which take up `lines.bytes` bytes, the points are appended after them. The batch of the
    /// encoder does not change. Any bytes of `out` past the end of the lines may be overwritten;
    /// their contents are then unspecified.
    ///
    /// ```
    /// use aioinflux_line::{Dialect, Encoder, LentLines, Shape};
    ///
    /// let shape = Shape::new(Dialect::V1, "cpu", &[], &["load"]).unwrap();
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// let (mut out, mut lines) = (vec![0; 8192], LentLines::default());
    /// let mut rows = encoder.rows_into(&shape, &mut out, &mut lines);
    /// for time in 1..3 {
    ///     assert!(rows.has_room());
    ///     let mut row = rows.begin();
    ///     row.float(0, 0.5)?;
    ///     row.end(0, Some(time))?;
    /// }
    /// assert_eq!(&out[..lines.bytes], b"cpu load=0.5 1\ncpu load=0.5 2\n");
    /// # Ok::<(), aioinflux_line::Unusual>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the shape and the encoder have different options.
    pub fn rows_into<'e>(
        &'e mut self,
        shape: &'e Shape,
        out: &'e mut [u8],
        lines: &'e mut LentLines,
    ) -> Rows<'e> {
        let target = Target::Lent {
            out,
            lines,
            text_room: &mut self.batch.text_room,
        };
        Rows::new(target, &mut self.steps, shape, self.options, self.clock)
    }

    /// Returns the maximum number of bytes that a row of this shape can take up in a buffer that
    /// the caller provides.
    pub fn room_for(&self, shape: &Shape) -> usize {
        room(shape, self.batch.text_room)
    }
}

#[inline]
fn room(shape: &Shape, texts: usize) -> usize {
    shape.room + texts.max(TEXTS)
}

impl<'e> Rows<'e> {
    fn new(
        target: Target<'e>,
        steps: &'e mut Steps,
        shape: &'e Shape,
        options: Options,
        clock: Option<fn() -> i64>,
    ) -> Self {
        assert!(
            options == shape.options,
            "the options of a shape are those of its encoder"
        );
        Self {
            target,
            steps,
            shape,
            grammar: options.dialect.grammar(),
            clock,
        }
    }

    /// Returns the total number of bytes of all lines in the batch or in the caller's memory.
    #[inline]
    pub fn len_bytes(&self) -> usize {
        self.target.end()
    }

    /// Returns whether the batch or the caller's memory has room for one more row. If the rows are
    /// written to a batch, the result is always true, because a batch can grow.
    #[inline]
    pub fn has_room(&self) -> bool {
        let room = room(self.shape, self.target.text_room());
        self.target.has_room(room)
    }

    /// Begins a row.
    ///
    /// # Panics
    ///
    /// Panics if the caller's memory [has no room](Self::has_room) for a row.
    #[inline]
    pub fn begin(&mut self) -> Row<'_> {
        let room = room(self.shape, self.target.text_room());
        let Space {
            out,
            start,
            record,
            text_room,
        } = self.target.space(room);
        let name = self.shape.measurement.get(0);
        let at = name.begin(out);
        Row {
            shape: self.shape,
            grammar: self.grammar,
            clock: self.clock,
            out,
            start,
            at,
            fields_at: at,
            next_tag: 0,
            next_field: 0,
            steps: self.steps,
            record,
            text_room,
        }
    }
}

/// Writes one row. Write the tags of the row first (in [`Shape::tag_order`]), then the fields (in
/// the order of the shape), and then end the row. Leave out tags and fields that have no value.
///
/// If a value needs further checks, the call that writes it returns [`Unusual`]. After this error,
/// drop the row and write the point with [`Encoder::point`]. If a row is dropped before its end,
/// the batch does not change.
#[derive(Debug)]
pub struct Row<'r> {
    shape: &'r Shape,
    grammar: &'static Grammar,
    clock: Option<fn() -> i64>,
    /// The bytes after the last complete line.
    out: &'r mut [u8],
    /// The number of bytes in all lines before this row.
    start: usize,
    /// The offset in `out` of the end of the unfinished row.
    at: usize,
    /// The offset in `out` where the tags of the row end and its fields begin.
    fields_at: usize,
    next_tag: usize,
    next_field: usize,
    steps: &'r mut Steps,
    record: Record<'r>,
    text_room: &'r mut usize,
}

impl Row<'_> {
    #[inline]
    fn put(&mut self, text: Text<'_>) -> Result<(), Unusual> {
        self.at = text.copy_to(self.out, self.at).ok_or(Unusual)?;
        Ok(())
    }

    /// Checks that the row has room for `more` bytes of text, in addition to all names and numbers
    /// of the shape. If the room is not sufficient, `PointEncoder` has to write this row, and the
    /// next row gets more room.
    #[inline]
    fn check_room(&mut self, more: usize) -> Result<(), Unusual> {
        let wanted = self.at + more + self.shape.room;
        if wanted > self.out.len() {
            *self.text_room = wanted;
            return Err(Unusual);
        }
        Ok(())
    }

    /// Writes a float field. If the value is NaN, the field is left out.
    ///
    /// # Errors
    ///
    /// Fails if the value is infinite, or if it is NaN and the options refuse NaN. Also fails if
    /// the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    #[inline]
    pub fn float(&mut self, field: usize, value: f64) -> Result<(), Unusual> {
        if !value.is_finite() {
            if value.is_nan() && !self.shape.options.refuse_nan {
                return self.pass_field(field);
            }
            return Err(Unusual);
        }
        let at = self.key(field)?;
        self.at = put_float(self.out, at, value);
        Ok(())
    }

    /// Writes a numeric field whose value was formatted earlier for the same shape. `row` is the
    /// position of the value in `numbers`.
    ///
    /// # Errors
    ///
    /// Fails if the dialect's server cannot store the number, or if the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if `numbers` has no value for this row.
    #[inline]
    pub fn number(&mut self, numbers: &Numbers, row: usize) -> Result<(), Unusual> {
        let (text, length) = numbers.get(row)?;
        if length == 0 {
            return self.pass_field(numbers.field);
        }
        let mut at = self.at;
        if numbers.has_key() {
            self.pass_field(numbers.field)?;
        } else {
            at = self.key(numbers.field)?;
        }
        copy_cell(self.out, at, text, length).ok_or(Unusual)?;
        self.at = at + length;
        Ok(())
    }

    /// Writes a field whose value is a signed integer.
    ///
    /// # Errors
    ///
    /// Fails if the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    #[inline]
    pub fn integer(&mut self, field: usize, value: i64) -> Result<(), Unusual> {
        let at = self.key(field)?;
        let end = put_integer(self.out, at, value);
        self.suffix(end, b'i');
        Ok(())
    }

    /// Writes a field whose value is an unsigned integer.
    ///
    /// # Errors
    ///
    /// Fails if the value is too large for the dialect's server, or if the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    #[inline]
    pub fn unsigned(&mut self, field: usize, value: u64) -> Result<(), Unusual> {
        let suffix = if self.grammar.unsigned { b'u' } else { b'i' };
        if !self.grammar.unsigned && i64::try_from(value).is_err() {
            return Err(Unusual);
        }
        let at = self.key(field)?;
        let end = put_unsigned(self.out, at, value);
        self.suffix(end, suffix);
        Ok(())
    }

    #[inline]
    fn suffix(&mut self, end: usize, suffix: u8) {
        self.out[end] = suffix;
        self.at = end + 1;
    }

    /// Writes a boolean.
    ///
    /// # Errors
    ///
    /// Fails if the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    #[inline]
    pub fn boolean(&mut self, field: usize, value: bool) -> Result<(), Unusual> {
        let at = self.key(field)?;
        let word = if value { b"true " } else { b"false" };
        self.out[at..at + 5].copy_from_slice(word);
        self.at = at + 5 - usize::from(value);
        Ok(())
    }

    /// Writes a string.
    ///
    /// # Errors
    ///
    /// Fails if the string is too long for the dialect's server, or if the field is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    #[inline]
    pub fn string(&mut self, field: usize, value: &str) -> Result<(), Unusual> {
        let text = value.as_bytes();
        check_length(text)?;
        self.check_room(2 * text.len() + BLOCK)?;
        let mut at = self.key(field)?;
        let out = &mut *self.out;
        out[at] = b'"';
        at += 1;
        at = put_quoted(out, at, text);
        out[at] = b'"';
        self.at = at + 1;
        Ok(())
    }

    /// Writes the key of a field as `,key=` and returns the offset of the end of this text. The
    /// comma before the first field is replaced with a space when the row ends.
    #[inline]
    fn key(&mut self, field: usize) -> Result<usize, Unusual> {
        self.pass_field(field)?;
        let key = self.shape.fields.get(field);
        key.copy_to(self.out, self.at).ok_or(Unusual)
    }

    #[inline]
    fn pass_field(&mut self, field: usize) -> Result<(), Unusual> {
        if field < self.next_field {
            return Err(Unusual);
        }
        self.next_field = field + 1;
        Ok(())
    }

    /// Ends the row. Errors and the batch use `index` to identify the point of this row. If the row
    /// has no fields, it is left out and counted as skipped.
    ///
    /// # Errors
    ///
    /// Fails if the dialect's server cannot store the timestamp, or if the keys of the line are too
    /// long.
    #[inline]
    pub fn end(mut self, index: u64, timestamp: Option<i64>) -> Result<Outcome, Unusual> {
        if self.at == self.fields_at {
            return Ok(self.record.skip());
        }
        if self.fields_at + self.shape.longest_field + 4 > self.grammar.max_key {
            return Err(Unusual);
        }
        self.out[self.fields_at] = b' ';
        let timestamp = timestamp.or_else(|| self.clock.map(|clock| clock()));
        if let Some(timestamp) = timestamp {
            if !self.grammar.times.contains(&timestamp) {
                return Err(Unusual);
            }
            self.out[self.at] = b' ';
            let end = self.steps.put(self.out, self.at + 1, timestamp);
            self.suffix(end, b'\n');
        } else {
            self.suffix(self.at, b'\n');
        }
        let end = self.start + self.at;
        self.record.line(end, index, timestamp.is_some());
        Ok(Outcome::Written)
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
