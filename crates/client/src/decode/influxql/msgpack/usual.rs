//! A fast path for `MessagePack` cells in the form that the server usually writes. The value of
//! each cell is appended straight to a column of the same type.

use std::ops::Range;

use crate::decode::table::columns::{Column, Values};
use crate::decode::table::views::Views;

/// The maximum length in bytes of an encoded number.
const NUMBER: usize = 9;

/// Implements `RowFormat::push_usual`.
#[inline]
pub(super) fn push(input: &[u8], at: usize, column: &mut Column) -> Option<usize> {
    match &mut column.values {
        Values::Float(values) => {
            if let [0xcb, bytes @ ..] = number(input, at)? {
                values.push(f64::from_be_bytes(*bytes));
                return Some(at + NUMBER);
            }
        }
        Values::Integer(values) => {
            if let Some((n, size)) = integer(number(input, at)?) {
                values.push(n);
                return Some(at + size);
            }
        }
        Values::Time(values) if column.is_time => {
            if let [0xd3 | 0xcf, bytes @ ..] = number(input, at)?
                && bytes[0] < 0x80
            {
                values.push(i64::from_be_bytes(*bytes));
                return Some(at + NUMBER);
            }
        }
        Values::Text(texts) => {
            if let Some(text) = text(input, at) {
                let end = text.end;
                texts.push(input, text);
                return Some(end);
            }
        }
        Values::View(views) => {
            if let Some(end) = push_view(input, at, views) {
                return Some(end);
            }
        }
        _ => {}
    }
    (*input.get(at)? == 0xc0).then(|| {
        column.push_null();
        at + 1
    })
}

/// Appends a string to a `Utf8View` column. This function is not inlined, because inlining would
/// slow down columns of other types.
#[inline(never)]
fn push_view(input: &[u8], at: usize, views: &mut Views) -> Option<usize> {
    let text = text(input, at)?;
    let end = text.end;
    views.push(input, text);
    Some(end)
}

/// Returns the range of the string at `at`. Returns `None` if the string has 256 bytes or more, or
/// is incomplete.
#[inline]
fn text(input: &[u8], at: usize) -> Option<Range<usize>> {
    let (start, size) = match *input.get(at)? {
        tag @ 0xa0..=0xbf => (at + 1, usize::from(tag & 0x1f)),
        0xd9 => (at + 2, usize::from(*input.get(at + 1)?)),
        _ => return None,
    };
    let end = start + size;
    (end <= input.len()).then_some(start..end)
}

#[inline]
fn number(input: &[u8], at: usize) -> Option<&[u8; NUMBER]> {
    input.get(at..)?.first_chunk()
}

/// Returns an integer, and its encoded size in bytes. The processor cannot predict the size well, so
/// the code avoids a branch that depends on the size.
#[inline]
fn integer(bytes: &[u8; NUMBER]) -> Option<(i64, usize)> {
    let [tag, long @ ..] = bytes;
    let long = i64::from_be_bytes(*long);
    let (n, size) = match tag {
        0xd0..=0xd3 => {
            let width = 1 << (tag & 3);
            (long >> (64 - 8 * width), 1 + width)
        }
        // InfluxDB writes signed integers; other servers write unsigned integers.
        0xcc..=0xce => {
            let width = 1 << (tag & 3);
            (
                (long.cast_unsigned() >> (64 - 8 * width)).cast_signed(),
                1 + width,
            )
        }
        0xcf if long >= 0 => (long, NUMBER),
        0x00..=0x7f | 0xe0..=0xff => (i64::from(tag.cast_signed()), 1),
        _ => return None,
    };
    Some((n, size))
}
