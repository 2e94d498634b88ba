//! Collects the strings of a column in Arrow's `Utf8` layout: the bytes of all strings, and the end
//! offset of each string. A single check at the end determines whether all strings are UTF-8.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::decode::table::capacity::trimmed;

/// The strings of a column that becomes a `Utf8` array.
#[derive(Debug)]
pub(in crate::decode) struct Texts {
    /// A 0, followed by the end offset of each string.
    offsets: Vec<i32>,
    /// The bytes of the strings as they arrived. Only `finish` checks whether these bytes are
    /// UTF-8.
    bytes: Vec<u8>,
}

impl Texts {
    /// Returns `len` empty strings that represent nulls.
    pub(in crate::decode) fn new(len: usize) -> Self {
        Self {
            offsets: vec![0; len + 1],
            bytes: Vec::new(),
        }
    }

    pub(in crate::decode) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Appends the bytes of `input` in the range `text` as a new string.
    #[inline]
    pub(in crate::decode) fn push(&mut self, input: &[u8], text: Range<usize>) {
        push_bytes::<16>(&mut self.bytes, input, text);
        self.push_null();
    }

    /// Calls `write` with the bytes of the previous strings. The bytes that `write` appends become
    /// a new string.
    #[inline]
    pub(in crate::decode) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.push_null();
    }

    /// Ends the current string at the end of `bytes`. A null is stored as an empty string, for
    /// which no bytes are appended before this call.
    #[inline]
    pub(in crate::decode) fn push_null(&mut self) {
        self.offsets.push(offset(&self.bytes));
    }

    /// Returns the mean length of the strings in bytes.
    pub(in crate::decode) fn mean(&self) -> usize {
        mean(&self.bytes, self.len())
    }

    /// Reserves memory for `more` strings whose mean length is `mean`.
    pub(in crate::decode) fn reserve(&mut self, more: usize, mean: usize) {
        reserve_bytes(&mut self.bytes, mean, more);
        self.offsets.reserve_exact(more);
    }

    pub(in crate::decode) fn append(&mut self, other: &Self) {
        let start = offset(&self.bytes);
        self.bytes.extend_from_slice(&other.bytes);
        // The last offset is the total length of all strings, which must fit into an `i32`.
        offset(&self.bytes);
        let ends = other.offsets.iter().skip(1);
        self.offsets.extend(ends.map(|end| start + end));
    }

    pub(in crate::decode) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        let end = self.offsets.last().copied().unwrap_or(0);
        self.bytes.truncate(usize::try_from(end).unwrap_or(0));
    }

    /// Returns the strings as an array. All strings are checked at once, and are repaired only if
    /// one of them is not UTF-8.
    pub(in crate::decode) fn finish(self, nulls: Option<NullBuffer>) -> ArrayRef {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(trimmed(self.offsets)));
        let bytes = Buffer::from_vec(trimmed(self.bytes));
        Arc::new(
            match StringArray::try_new(offsets.clone(), bytes.clone(), nulls.clone()) {
                Ok(array) => array,
                Err(_) => mended_array(&offsets, &bytes, nulls),
            },
        )
    }
}

#[cold]
fn mended_array(
    offsets: &OffsetBuffer<i32>,
    bytes: &[u8],
    nulls: Option<NullBuffer>,
) -> StringArray {
    let mut text = String::new();
    let mut ends = vec![0];
    for pair in offsets.windows(2) {
        let range = usize::try_from(pair[0]).unwrap_or(0)..usize::try_from(pair[1]).unwrap_or(0);
        push_valid(&bytes[range], &mut text);
        ends.push(offset(text.as_bytes()));
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    StringArray::new(offsets, Buffer::from_vec(text.into_bytes()), nulls)
}

/// Returns the length of `bytes` as an offset. The length fits into an `i32`, because a batch
/// contains far less than 2 GiB of text (see `BatchLimits::COLLECTED`).
#[inline]
pub(in crate::decode) fn offset(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).expect("a batch ends before its text reaches 2 GiB")
}

/// Appends a string to the bytes of other strings. Most strings are short. For short strings,
/// copying `N` bytes and truncating afterwards is faster than a copy of variable length.
#[inline]
pub(in crate::decode) fn push_bytes<const N: usize>(
    bytes: &mut Vec<u8>,
    input: &[u8],
    text: Range<usize>,
) {
    match input[text.start..].first_chunk::<N>() {
        Some(short) if text.len() <= N => {
            let end = bytes.len() + text.len();
            bytes.extend_from_slice(short);
            bytes.truncate(end);
        }
        _ => bytes.extend_from_slice(&input[text]),
    }
}

/// Returns the mean length of the strings in `bytes`, where `texts` is the number of strings.
pub(in crate::decode) fn mean(bytes: &[u8], texts: usize) -> usize {
    bytes.len().div_ceil(texts.max(1))
}

/// Reserves memory for `more` strings whose mean length is `mean`.
pub(in crate::decode) fn reserve_bytes(bytes: &mut Vec<u8>, mean: usize, more: usize) {
    bytes.reserve_exact(more.saturating_mul(mean + mean / 16));
}

/// Appends `bytes` to `out`, and replaces each byte that is not valid UTF-8 with U+FFFD, as Go's
/// JSON encoder does. `MessagePack` answers contain invalid bytes unchanged, and both formats must
/// result in the same text.
pub(in crate::decode) fn push_valid(mut bytes: &[u8], out: &mut String) {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => return out.push_str(text),
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                out.push(char::REPLACEMENT_CHARACTER);
                bytes = &bad[1..];
            }
        }
    }
}
