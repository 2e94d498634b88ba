//! Finds the positions of the tags in an encoded line, and finds duplicate tag keys.
//!
//! If a line has a duplicate tag key, 3.x stores the line, but then fails on every query of the
//! line's table. When 3.x next writes the table of such a line to disk, the server crashes. The
//! servers of 1.x and 2.x refuse a line with a duplicate tag key.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;
use core::str;

use memchr::memchr;

use crate::Place;
use crate::dialect::Grammar;
use crate::syntax::escape::unescaped;

/// The maximum number of tags that are compared pairwise to find duplicates. A longer list of tags
/// is sorted first.
const FEW_TAGS: usize = 12;

/// A tag in an encoded line, as the positions of its key and value in the bytes of the line or
/// batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) start: usize,
    pub(crate) key_end: usize,
    pub(crate) end: usize,
}

impl Tag {
    pub(crate) fn key(&self) -> Range<usize> {
        self.start..self.key_end
    }

    pub(crate) fn moved_to(self, start: usize) -> Self {
        Self {
            start,
            key_end: start + (self.key_end - self.start),
            end: start + (self.end - self.start),
        }
    }
}

/// Returns a key that two tags of a line share. `series` is the encoded measurement and tags of the
/// line. The function reuses the memory of `tags` for the positions of the tags.
pub(crate) fn repeated_tag<'l>(
    grammar: &Grammar,
    series: &'l [u8],
    tags: &mut Vec<Tag>,
) -> Option<Cow<'l, str>> {
    tags.clear();
    let mut at = end_of_part(series, 0, b',');
    while at < series.len() {
        let start = at + 1;
        let key_end = end_of_part(series, start, b'=');
        at = end_of_part(series, key_end, b',');
        tags.push(Tag {
            start,
            key_end,
            end: at,
        });
    }
    let key = |tag: &Tag| &series[tag.key()];
    let read = |key: &'l [u8]| match str::from_utf8(key) {
        Ok(text) => unescaped(grammar, Place::TagKey, text),
        // The line was already checked, so it is UTF-8.
        Err(_) => Cow::Borrowed(""),
    };
    let escaped = memchr(b'\\', series).is_some();
    if !escaped && tags.len() <= FEW_TAGS {
        let seen = |at: usize| tags[..at].iter().any(|tag| key(tag) == key(&tags[at]));
        let twice = (1..tags.len()).find(|at| seen(*at))?;
        return Some(read(key(&tags[twice])));
    }
    let mut keys: Vec<_> = tags.iter().map(|tag| read(key(tag))).collect();
    keys.sort_unstable();
    let twice = keys.windows(2).position(|pair| pair[0] == pair[1])?;
    Some(keys.swap_remove(twice))
}

/// Returns the offset of the first unescaped byte `stop` at or after `at`, or the length of the
/// series if there is none.
pub(crate) fn end_of_part(series: &[u8], mut at: usize, stop: u8) -> usize {
    while let Some(found) = series
        .get(at..)
        .and_then(|rest| memchr::memchr2(stop, b'\\', rest))
    {
        at += found;
        if series[at] == stop {
            return at;
        }
        at += 2;
    }
    series.len()
}
