//! Names that many points share, checked and escaped once.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::dialect::{Grammar, MAX_STRING};
use crate::escape::{append_escaped, kind, kinds_in};
use crate::{Options, Place};

/// Shorter texts are copied as a block of this size, which costs less than a copy of unknown size.
pub(crate) const BLOCK: usize = 32;

/// Most bytes that a number takes, with the suffix of integers.
pub(crate) const NUMBER: usize = 32;

/// Measurement, tag keys and field keys of many points, for [`Encoder::rows`](crate::Encoder::rows).
///
/// Tags and fields are named by their positions in the lists that the shape was made of.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Shape};
///
/// let shape = Shape::new(Dialect::V1, "cpu", &["region", "host"], &["load", "up"]).unwrap();
/// assert_eq!(shape.tag_order(), [1, 0]);
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// rows.begin();
/// rows.tag(1, "a")?;
/// rows.tag(0, "eu west")?;
/// rows.float(0, 0.64)?;
/// rows.boolean(1, true)?;
/// rows.end(0, Some(42))?;
/// assert_eq!(encoder.batch().bytes(), b"cpu,host=a,region=eu\\ west load=0.64,up=true 42\n");
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shape {
    pub(crate) options: Options,
    pub(crate) measurement: Texts,
    /// `,key=` of each tag.
    pub(crate) tags: Texts,
    /// `,key=` of each field.
    pub(crate) fields: Texts,
    tag_order: Vec<usize>,
    /// The place of each tag in the order.
    pub(crate) ranks: Vec<usize>,
    /// Most bytes of a row without its texts.
    pub(crate) room: usize,
    /// Bytes of the longest field key.
    pub(crate) longest_field: usize,
}

impl Shape {
    /// Checks, escapes and sorts the names of many points.
    ///
    /// `None` means that [`PointEncoder`](crate::PointEncoder) must have a look at each point: a
    /// name is there twice, is refused, loses a newline, or holds a backslash.
    pub fn new(
        options: impl Into<Options>,
        measurement: &str,
        tags: &[&str],
        fields: &[&str],
    ) -> Option<Self> {
        let options = options.into();
        let grammar = options.dialect.grammar();
        let mut name = Texts::default();
        name.push(
            b"",
            &escaped(grammar, Place::Measurement, measurement)?,
            b"",
        );
        let (tag_keys, tags) = keys(grammar, Place::TagKey, tags)?;
        let (field_keys, fields) = keys(grammar, Place::FieldKey, fields)?;
        let tag_order = sorted(&tag_keys)?;
        let field_order = sorted(&field_keys)?;
        let shared = |field: &usize| tag_keys.contains(&field_keys[*field]);
        if !grammar.tag_and_field && field_order.iter().any(shared) {
            return None;
        }
        let mut ranks = alloc::vec![0; tag_order.len()];
        for (rank, tag) in tag_order.iter().enumerate() {
            ranks[*tag] = rank;
        }
        let numbers = (field_keys.len() + 1) * NUMBER;
        Some(Self {
            options,
            room: name.bytes() + tags.bytes() + fields.bytes() + numbers + BLOCK,
            longest_field: field_keys.iter().map(Vec::len).max().unwrap_or(0),
            measurement: name,
            tags,
            fields,
            tag_order,
            ranks,
        })
    }

    /// Returns the positions of the tags in the order in which rows must give them.
    pub fn tag_order(&self) -> &[usize] {
        &self.tag_order
    }

    /// Checks and escapes the values that a tag has in many rows, for
    /// [`Rows::tag_value`](crate::Rows::tag_value); a missing or empty one is left out of its rows.
    ///
    /// # Panics
    ///
    /// If there is no tag of that position.
    pub fn tag_values<'v>(
        &self,
        tag: usize,
        values: impl IntoIterator<Item = Option<&'v str>>,
    ) -> TagValues {
        let grammar = self.options.dialect.grammar();
        let (key, length) = self.tags.get(tag);
        let mut texts = Texts::default();
        for value in values {
            match value {
                None | Some("") => texts.push(b"", b"", b""),
                Some(value) => match escaped(grammar, Place::TagValue, value) {
                    Some(value) => texts.push(&key[..length], &value, b""),
                    None => texts.push_unusual(),
                },
            }
        }
        TagValues { texts }
    }
}

/// Values of one tag, checked and escaped once (see [`Shape::tag_values`]).
#[derive(Debug, Clone)]
pub struct TagValues {
    pub(crate) texts: Texts,
}

impl TagValues {
    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        self.texts.spans.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Texts one after the other, each followed by enough bytes to be copied as a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    /// Start and length; the length of a text that needs the plain encoder is `UNUSUAL`.
    spans: Vec<(usize, usize)>,
}

pub(crate) const UNUSUAL: usize = usize::MAX;

impl Texts {
    fn push(&mut self, before: &[u8], text: &[u8], after: &[u8]) {
        // The padding of the text before is overwritten.
        let start = self.bytes.len().saturating_sub(BLOCK);
        self.bytes.truncate(start);
        for part in [before, text, after, &[0; BLOCK]] {
            self.bytes.extend_from_slice(part);
        }
        self.spans.push((start, self.bytes.len() - BLOCK - start));
    }

    fn push_unusual(&mut self) {
        self.spans.push((0, UNUSUAL));
    }

    /// Returns the bytes from the start of the text on, at least a block, and its length.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> (&[u8], usize) {
        let (start, length) = self.spans[at];
        (&self.bytes[start..], length)
    }

    fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Escapes a text that neither is refused nor makes the plain encoder think twice.
fn escaped(grammar: &Grammar, place: Place, text: &str) -> Option<Vec<u8>> {
    let kinds = kinds_in(text);
    let doubtful = kinds & (kind::BACKSLASH | kind::NEWLINE) != 0;
    if doubtful || text.len() > MAX_STRING || grammar.refusal(place, text, kinds).is_some() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    append_escaped(&mut bytes, text, grammar.escaped(place));
    Some(bytes)
}

/// The escaped keys, and the same as `,key=`.
fn keys(grammar: &Grammar, place: Place, names: &[&str]) -> Option<(Vec<Vec<u8>>, Texts)> {
    let mut texts = Texts::default();
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let key = escaped(grammar, place, name)?;
        texts.push(b",", &key, b"=");
        keys.push(key);
    }
    Some((keys, texts))
}

/// The positions of the keys in sorted order; `None` where a key is there twice.
fn sorted(keys: &[Vec<u8>]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by(|a, b| keys[*a].cmp(&keys[*b]));
    let ascends = |pair: &[usize]| keys[pair[0]].cmp(&keys[pair[1]]) == Ordering::Less;
    order.windows(2).all(ascends).then_some(order)
}
