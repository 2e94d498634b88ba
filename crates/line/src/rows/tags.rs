//! Writes the tags of a row. There is one function for each form in which a caller can pass tag
//! values.

use core::ops::Range;

use super::{Row, TEXTS, Unusual, check_length};
use crate::copy::{copy, copy_cell};
use crate::dialect::MAX_STRING;
use crate::rows::tag_cells::CELL;
use crate::rows::texts::Text;
use crate::syntax::bytes::has_special;
use crate::syntax::bytes::{kind, kind_of, kinds_in};
use crate::{TagCells, TagCodes, TagText, TagValues};

impl Row<'_> {
    /// Writes a tag. If the value of the tag is empty, the tag is left out.
    ///
    /// # Errors
    ///
    /// Fails if the tag's value needs further checks, or if the tag is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    #[inline]
    pub fn tag(&mut self, tag: usize, value: &str) -> Result<(), Unusual> {
        self.pass_tag(tag)?;
        let text = value.as_bytes();
        if text.is_empty() {
            return Ok(());
        }
        self.check_room(2 * text.len())?;
        self.put(self.shape.tags.get(tag))?;
        if has_special(text) {
            self.at = escape_tag(self.out, self.at, value).ok_or(Unusual)?;
        } else {
            copy(self.out, self.at, text);
            self.at += text.len();
        }
        self.fields_at = self.at;
        check_length(text)
    }

    /// Writes a tag with a value that was escaped earlier for the same shape.
    ///
    /// # Errors
    ///
    /// Fails if the tag is out of order.
    #[inline]
    pub fn tag_text(&mut self, text: &TagText) -> Result<(), Unusual> {
        self.pass_tags(text.rank..text.rank + 1)?;
        // The room for names and numbers is reserved in addition to the room for the tag.
        if self.at + self.shape.room > self.out.len() {
            *self.text_room = self.at + TEXTS;
            return Err(Unusual);
        }
        self.at += text.copy_to(&mut self.out[self.at..]).ok_or(Unusual)?;
        self.fields_at = self.at;
        Ok(())
    }

    /// Writes a tag with a value that was checked earlier for the same shape. `row` is the position
    /// of the value in `cells`. Returns `false` if `cells` does not store the value. If the result
    /// is `false`, write the tag with [`tag`](Self::tag).
    ///
    /// # Errors
    ///
    /// Fails if the tag is out of order.
    ///
    /// # Panics
    ///
    /// Panics if `cells` has no value for this row.
    #[inline]
    pub fn tag_cell(&mut self, cells: &TagCells, row: usize) -> Result<bool, Unusual> {
        let Some((text, length)) = cells.get(row) else {
            return Ok(false);
        };
        self.pass_tags(cells.rank..cells.rank + 1)?;
        // The room for names and numbers is reserved in addition to the room for the tag.
        if self.at + CELL + self.shape.room > self.out.len() {
            *self.text_room = self.at + TEXTS;
            return Err(Unusual);
        }
        copy_cell(self.out, self.at, text, length).ok_or(Unusual)?;
        self.at += length;
        self.fields_at = self.at;
        Ok(true)
    }

    /// Writes a tag with one of its values in `values`, which were escaped earlier. `code`
    /// identifies the value.
    ///
    /// # Errors
    ///
    /// Fails if the tag's value needs further checks, or if the tag is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`, or if `values` has no value with this
    /// code.
    #[inline]
    pub fn tag_value(
        &mut self,
        tag: usize,
        values: &TagValues,
        code: usize,
    ) -> Result<(), Unusual> {
        self.pass_tag(tag)?;
        self.at = self.put_value(self.at, values.texts.get(code))?;
        self.fields_at = self.at;
        Ok(())
    }

    /// Writes consecutive tags whose values are already escaped. `row` is the index, in each tag's
    /// list of codes, of the value to write.
    ///
    /// # Errors
    ///
    /// Fails if a tag value needs further checks, or if the first tag is out of order.
    ///
    /// # Panics
    ///
    /// Panics if a list of codes has no entry for this row, or if a tag has no value with the code
    /// in this entry.
    #[inline]
    pub fn tag_codes(&mut self, tags: &TagCodes<'_>, row: usize) -> Result<(), Unusual> {
        self.pass_tags(tags.ranks.clone())?;
        let mut at = self.at;
        for tag in &tags.tags {
            at = self.put_value(at, tag.texts.get(tag.codes[row] as usize))?;
        }
        self.at = at;
        self.fields_at = at;
        Ok(())
    }

    #[inline]
    fn put_value(&mut self, at: usize, text: Text<'_>) -> Result<usize, Unusual> {
        // Tag values must not use the room that is reserved for names and numbers.
        match text.copy_to(self.out, at) {
            Some(end) if end + self.shape.room <= self.out.len() => Ok(end),
            _ => Err(self.refuse_value(at, text)),
        }
    }

    #[cold]
    fn refuse_value(&mut self, at: usize, text: Text<'_>) -> Unusual {
        if !text.is_unusual() {
            *self.text_room = at + text.length() + self.shape.room;
        }
        Unusual
    }

    #[inline]
    fn pass_tag(&mut self, tag: usize) -> Result<(), Unusual> {
        let rank = self.shape.ranks[tag];
        self.pass_tags(rank..rank + 1)
    }

    /// Records that the tags at these positions of the sorted order are being written. Tags must be
    /// written in sorted order, and before all fields.
    #[inline]
    fn pass_tags(&mut self, ranks: Range<usize>) -> Result<(), Unusual> {
        if ranks.start < self.next_tag || self.at != self.fields_at {
            return Err(Unusual);
        }
        self.next_tag = ranks.end;
        Ok(())
    }
}

/// Writes a tag value that may contain bytes to escape, and returns the offset of the end of the
/// written text. Returns `None` if `PointEncoder` has to write the row. `out` must have room for
/// twice the length of the value.
#[cold]
fn escape_tag(out: &mut [u8], mut at: usize, value: &str) -> Option<usize> {
    if kinds_in(value) & kind::CHECKED != 0 || value.len() > MAX_STRING {
        return None;
    }
    for &byte in value.as_bytes() {
        let escape = kind_of(byte) & (kind::BREAK | kind::EQUALS) != 0;
        at = put_escaped(out, at, byte, escape);
    }
    Some(at)
}

/// Writes a byte, with a backslash before it if `escape` is true, without branching. Returns the
/// offset of the end of the written bytes.
#[inline]
fn put_escaped(out: &mut [u8], at: usize, byte: u8, escape: bool) -> usize {
    let text = if escape { [b'\\', byte] } else { [byte, 0] };
    out[at..at + 2].copy_from_slice(&text);
    at + 1 + usize::from(escape)
}
