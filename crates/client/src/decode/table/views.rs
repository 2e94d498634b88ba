//! Collects the strings of a column in Arrow's `Utf8View` layout. Each string has a view of sixteen
//! bytes, which contains either the string itself or the position of the string. Each string is
//! checked for valid UTF-8 when it arrives. For ASCII strings, a single test is enough.
#![expect(
    unsafe_code,
    reason = "arrow would check all views once more, one by one; without that, 1M rows of msgpack (case R1) come to \
        polars in 25 % less time"
)]

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::{ArrayRef, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};

use crate::decode::table::capacity::trimmed;
use crate::decode::table::texts::{mean, offset, push_bytes, push_valid, reserve_bytes};

/// The maximum length in bytes of a string that is stored inside its view.
const INLINE: usize = 12;

/// A mask with the highest bit of each byte, which is 0 in ASCII text.
const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// The strings of a column that becomes a `Utf8View` array.
#[derive(Debug)]
pub(in crate::decode) struct Views {
    /// The views in Arrow's format. A view begins with the length of the string. The view of a
    /// short string then contains the string itself. The view of a long string contains its first
    /// four bytes, the number of a buffer, and the offset of the string in the buffer. The number
    /// of the buffer is always 0.
    views: Vec<u128>,
    /// The bytes of all strings that are longer than [`INLINE`]. They are UTF-8.
    bytes: Vec<u8>,
}

impl Views {
    /// Returns `len` views that represent nulls.
    pub(in crate::decode) fn new(len: usize) -> Self {
        Self {
            views: vec![0; len],
            bytes: Vec::new(),
        }
    }

    pub(in crate::decode) fn len(&self) -> usize {
        self.views.len()
    }

    /// Appends the bytes of `input` in the range `text` as a new string.
    #[inline]
    pub(in crate::decode) fn push(&mut self, input: &[u8], text: Range<usize>) {
        let len = text.len();
        if let Some(short) = input[text.start..].first_chunk()
            && len <= INLINE
        {
            let text = u128::from_le_bytes(*short) & !(u128::MAX << (8 * len));
            if text & HIGH_BITS == 0 {
                self.views.push(text << 32 | len as u128);
                return;
            }
        }
        if len > INLINE && input[text.clone()].is_ascii() {
            self.push_long(input, text);
        } else {
            self.push_any(&input[text]);
        }
    }

    /// Appends an ASCII string that is too long to be stored inside its view.
    fn push_long(&mut self, input: &[u8], text: Range<usize>) {
        let start = offset(&self.bytes).cast_unsigned();
        let long = &input[text.clone()];
        let prefix = long
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let place = u128::from(start) << 96 | u128::from(prefix) << 32;
        let view = place | long.len() as u128;
        push_bytes::<32>(&mut self.bytes, input, text);
        self.views.push(view);
    }

    #[inline(never)]
    fn push_any(&mut self, text: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(text));
    }

    /// Calls `write` with the bytes of the previous strings. The bytes that `write` appends become
    /// a new string.
    pub(in crate::decode) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        if std::str::from_utf8(&self.bytes[start..]).is_err() {
            self.mend_last(start);
        }
        let text = &self.bytes[start..];
        let view = make_view(text, 0, offset(&self.bytes[..start]).cast_unsigned());
        if text.len() <= INLINE {
            self.bytes.truncate(start);
        }
        self.views.push(view);
    }

    #[cold]
    fn mend_last(&mut self, start: usize) {
        let mut text = String::new();
        push_valid(&self.bytes[start..], &mut text);
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(in crate::decode) fn push_null(&mut self) {
        self.views.push(0);
    }

    /// Returns the mean number of bytes that a string takes outside its view.
    pub(in crate::decode) fn mean(&self) -> usize {
        mean(&self.bytes, self.len())
    }

    /// Reserves memory for `more` strings, where `mean` is the mean number of bytes that a string
    /// takes outside its view.
    pub(in crate::decode) fn reserve(&mut self, more: usize, mean: usize) {
        reserve_bytes(&mut self.bytes, mean, more);
        self.views.reserve_exact(more);
    }

    pub(in crate::decode) fn append(&mut self, other: &Self) {
        let start = offset(&self.bytes);
        self.bytes.extend_from_slice(&other.bytes);
        // The total length of all long strings must fit into an offset.
        offset(&self.bytes);
        let start = u128::from(start.cast_unsigned()) << 96;
        let moved = |view: &u128| start_of(*view).map_or(*view, |_| view + start);
        self.views.extend(other.views.iter().map(moved));
    }

    pub(in crate::decode) fn truncate(&mut self, rows: usize) {
        let mut dropped = self.views.iter().copied().skip(rows);
        if let Some(start) = dropped.find_map(start_of) {
            self.bytes.truncate(start);
        }
        self.views.truncate(rows);
    }

    pub(in crate::decode) fn finish(self, nulls: Option<NullBuffer>) -> ArrayRef {
        let views = ScalarBuffer::from(trimmed(self.views));
        let bytes = (!self.bytes.is_empty()).then(|| Buffer::from_vec(trimmed(self.bytes)));
        let bytes: Vec<Buffer> = bytes.into_iter().collect();
        if cfg!(debug_assertions) {
            return Arc::new(StringViewArray::new(views, bytes, nulls));
        }
        // SAFETY: a view is 0, or was made by `push` or `push_long` from ASCII text, or by
        // `push_with` from text that was checked and, if necessary, repaired. Every string that is
        // not stored inside its view is complete in `bytes`. Only `truncate` shortens `bytes`, to
        // the start of the first string whose view it drops. The strings in `bytes` have the same
        // order as their views. When `append` moves strings, it adds the distance to the offsets in
        // their views.
        Arc::new(unsafe { StringViewArray::new_unchecked(views, bytes, nulls) })
    }
}

/// Returns the start of a view's string in `bytes`, or `None` if the view contains the string
/// itself.
fn start_of(view: u128) -> Option<usize> {
    let is_long = view & u128::from(u32::MAX) > INLINE as u128;
    is_long.then(|| usize::try_from(view >> 96).unwrap_or(0))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{Array, StringArray};

    use super::*;

    /// Returns strings whose lengths are close to each limit at which different code applies. Some
    /// of the strings contain characters that are not ASCII.
    fn texts() -> Vec<Vec<u8>> {
        let mut texts = Vec::new();
        for len in (0..40).chain([255, 256, 70_000]) {
            let ascii: Vec<u8> = (0..len)
                .map(|n| b'a' + u8::try_from(n % 26).unwrap())
                .collect();
            texts.push(ascii.clone());
            for other in ["é", "🦀"] {
                texts.push([&ascii, other.as_bytes()].concat());
                texts.push([other.as_bytes(), &ascii].concat());
            }
            // These strings are invalid UTF-8: a byte that starts no character, and a truncated
            // sequence.
            texts.push([&ascii[..], b"\xff"].concat());
            texts.push([b"\xf0\x9f", &ascii[..]].concat());
        }
        texts
    }

    fn valid(text: &[u8]) -> String {
        let mut valid = String::new();
        push_valid(text, &mut valid);
        valid
    }

    fn views_of(texts: &[Vec<u8>], behind: &[u8]) -> Views {
        let mut views = Views::new(0);
        for text in texts {
            views.push(&[text, behind].concat(), 0..text.len());
        }
        views
    }

    fn plain(array: &ArrayRef) -> StringArray {
        array.as_string_view().iter().collect()
    }

    #[test]
    fn texts_of_all_lengths_are_as_arrow_makes_them() {
        let texts = texts();
        let expected: StringViewArray = texts.iter().map(|text| Some(valid(text))).collect();
        for behind in [
            &b""[..],
            b"behind it, more than is looked at at once",
            &[0xff; 40],
        ] {
            let array = views_of(&texts, behind).finish(None);
            assert_eq!(array.as_string_view(), &expected);
            for (ours, theirs) in array.as_string_view().views().iter().zip(expected.views()) {
                // The views that Arrow builds refer to several buffers, so only the views of short
                // strings are compared.
                let short = u32::try_from(ours & 0xffff_ffff).unwrap() as usize <= INLINE;
                assert!(!short || ours == theirs);
            }
        }
    }

    #[test]
    fn texts_written_by_a_function_are_the_same() {
        let texts = texts();
        let mut views = Views::new(0);
        for text in &texts {
            views.push_with(|bytes| bytes.extend_from_slice(text));
        }
        let expected = views_of(&texts, b"").finish(None);
        assert_eq!(
            views.finish(None).as_string_view(),
            expected.as_string_view()
        );
    }

    #[test]
    fn dropped_rows_leave_nothing() {
        let texts = texts();
        for rows in 0..=texts.len() {
            let mut views = views_of(&texts, b"");
            views.truncate(rows);
            let expected = views_of(&texts[..rows], b"");
            assert_eq!(
                (&views.views, &views.bytes),
                (&expected.views, &expected.bytes)
            );
            views.push(b"another, and a long one", 0..23);
            let array = views.finish(None);
            assert_eq!(array.len(), rows + 1);
            assert_eq!(plain(&array).value(rows), "another, and a long one");
        }
    }

    #[test]
    fn nulls_are_views_of_nothing() {
        let mut views = Views::new(2);
        views.push(b"a", 0..1);
        views.push_null();
        let array = views.finish(Some(vec![false, false, true, false].into()));
        let expected = StringArray::from(vec![None, None, Some("a"), None]);
        assert_eq!(plain(&array), expected);
        assert_eq!(array.as_string_view().data_buffers().len(), 0);
    }
}
