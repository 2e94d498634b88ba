//! Defines an escaped tag value that the caller can store.

use crate::copy::BLOCK;
use crate::dialect::MAX_STRING;
use crate::rows::shape::escaped;
use crate::{Place, Shape};

/// The maximum length of a stored tag with its key. With this maximum, two stored tags and an
/// address fill two cache lines.
const LONGEST: usize = BLOCK + 8;

/// A checked and escaped tag value together with the key of its tag, for
/// [`Row::tag_text`](crate::Row::tag_text).
///
/// If only a few values occur in many rows, the caller can store each `TagText` in the entry where
/// it looks up the value. Writing the tag then reads no other memory. If the values of a tag are
/// identified by numbers, use [`TagValues`](crate::TagValues) instead.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Shape, TagText};
///
/// let shape = Shape::new(Dialect::V1, "m", &["host"], &["f"]).unwrap();
/// let host = TagText::new(&shape, 0, "a b").unwrap();
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// for index in 0..2 {
///     let mut row = rows.begin();
///     row.tag_text(&host)?;
///     row.integer(0, 1)?;
///     row.end(index, None)?;
/// }
/// assert_eq!(encoder.batch().bytes(), b"m,host=a\\ b f=1i\nm,host=a\\ b f=1i\n");
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TagText {
    /// The position of the tag in the sorted order of the shape's tags.
    pub(crate) rank: usize,
    length: u8,
    first: [u8; BLOCK],
    rest: [u8; 8],
}

impl TagText {
    /// Checks and escapes a value for a tag of a shape. If the value is empty, the tag is left out
    /// of the rows to which it is written. Returns `None` if the value is too long to be stored in
    /// a `TagText`, or if it needs further checks.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    pub fn new(shape: &Shape, tag: usize, value: &str) -> Option<Self> {
        const { assert!(LONGEST < MAX_STRING) };
        let mut text = [0; LONGEST];
        let mut length = 0;
        if !value.is_empty() {
            let grammar = shape.options.dialect.grammar();
            let value = escaped(grammar, Place::TagValue, value)?;
            for part in [b",", shape.tag_key(tag), b"=", &*value] {
                let end = length + part.len();
                text.get_mut(length..end)?.copy_from_slice(part);
                length = end;
            }
        }
        let (first, rest) = text.split_first_chunk()?;
        Some(Self {
            rank: shape.ranks[tag],
            length: u8::try_from(length).ok()?,
            first: *first,
            rest: *rest.first_chunk()?,
        })
    }

    /// Copies the text to the start of `out` and returns the length of the text. Returns `None` if
    /// `out` has no room for the longest possible text.
    #[inline]
    pub(crate) fn copy_to(&self, out: &mut [u8]) -> Option<usize> {
        let out = out.first_chunk_mut::<LONGEST>()?;
        let length = usize::from(self.length);
        out[..BLOCK].copy_from_slice(&self.first);
        if length > BLOCK {
            out[BLOCK..].copy_from_slice(&self.rest);
        }
        Some(length)
    }
}
