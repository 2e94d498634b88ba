//! Checks and escapes the names that many points share.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use super::texts::Texts;
use crate::copy::BLOCK;
use crate::dialect::{Grammar, MAX_STRING};
use crate::syntax::bytes::{kind, kinds_in};
use crate::syntax::escape::append_escaped;
use crate::{Options, Place, Unusual};

/// The maximum length of a number in bytes, including the suffix of integers.
pub(crate) const NUMBER: usize = 32;

/// The measurement, tag keys and field keys that many points share, for
/// [`Encoder::rows`](crate::Encoder::rows).
///
/// A tag or field is identified by its position in the list of keys that was passed to
/// [`new`](Self::new).
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Shape};
///
/// let shape = Shape::new(Dialect::V1, "cpu", &["region", "host"], &["load", "up"]).unwrap();
/// assert_eq!(shape.tag_order(), [1, 0]);
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// let mut row = rows.begin();
/// row.tag(1, "a")?;
/// row.tag(0, "eu west")?;
/// row.float(0, 0.64)?;
/// row.boolean(1, true)?;
/// row.end(0, Some(42))?;
/// assert_eq!(encoder.batch().bytes(), b"cpu,host=a,region=eu\\ west load=0.64,up=true 42\n");
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shape {
    pub(crate) options: Options,
    pub(crate) measurement: Texts,
    tag_keys: Vec<Vec<u8>>,
    /// The text `,key=` for each tag of the shape.
    pub(crate) tags: Texts,
    /// The text `,key=` for each field of the shape.
    pub(crate) fields: Texts,
    tag_order: Vec<usize>,
    /// For each tag, its position in the sorted order of the tags.
    pub(crate) ranks: Vec<usize>,
    /// The maximum length of a row in bytes, excluding its variable text.
    pub(crate) room: usize,
    /// The length of the longest field key in bytes.
    pub(crate) longest_field: usize,
}

impl Shape {
    /// Checks, escapes and sorts the names that many points share.
    ///
    /// Returns `None` if a name is a duplicate or is refused. Also returns `None` if a name
    /// contains a backslash, or a newline that would be removed. If there is no shape, every point
    /// has to be written with [`PointEncoder`](crate::PointEncoder).
    pub fn new(
        options: impl Into<Options>,
        measurement: &str,
        tags: &[&str],
        fields: &[&str],
    ) -> Option<Self> {
        let options = options.into();
        let grammar = options.dialect.grammar();
        let mut name = Texts::default();
        name.push(&[&escaped(grammar, Place::Measurement, measurement)?]);
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
            room: name.bytes() + tags.bytes() + fields.bytes() + numbers + 4 * BLOCK,
            longest_field: field_keys.iter().map(Vec::len).max().unwrap_or(0),
            measurement: name,
            tag_keys,
            tags,
            fields,
            tag_order,
            ranks,
        })
    }

    /// Returns the escaped key of a tag of the shape.
    pub(crate) fn tag_key(&self, tag: usize) -> &[u8] {
        &self.tag_keys[tag]
    }

    /// Returns the positions of the tags in the order in which they must be written to a row.
    pub fn tag_order(&self) -> &[usize] {
        &self.tag_order
    }

    /// Checks and escapes the values that a tag has in many rows, for
    /// [`Row::tag_value`](crate::Row::tag_value). If a value is missing or empty, the tag is left
    /// out of all rows that have this value.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    pub fn tag_values<'v>(
        &self,
        tag: usize,
        values: impl IntoIterator<Item = Option<&'v str>>,
    ) -> TagValues {
        let mut texts = TagValues::default();
        for value in values {
            self.add_tag_value(tag, &mut texts, value.unwrap_or_default());
        }
        texts
    }

    /// Checks and escapes one more value of a tag, and returns the code of this value.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    pub fn add_tag_value(&self, tag: usize, values: &mut TagValues, value: &str) -> usize {
        let grammar = self.options.dialect.grammar();
        let key = &self.tag_keys[tag];
        if value.is_empty() {
            values.texts.push(&[]);
        } else {
            match escaped(grammar, Place::TagValue, value) {
                Some(value) => values.texts.push(&[b",", key, b"=", &value]),
                None => values.texts.push_unusual(),
            }
        }
        values.len() - 1
    }
}

/// The values of one tag, which are checked and escaped once (see [`Shape::tag_values`]).
#[derive(Debug, Clone, Default)]
pub struct TagValues {
    pub(crate) texts: Texts,
}

impl TagValues {
    /// Returns the number of values of the tag.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Returns whether the tag has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Consecutive tags of many rows, for [`Row::tag_codes`](crate::Row::tag_codes). For each tag, the
/// values are already escaped, and each row has the code of its value.
#[derive(Debug, Clone, Default)]
pub struct TagCodes<'v> {
    pub(crate) tags: Vec<Coded<'v>>,
    /// The range of the tags' positions in sorted order.
    pub(crate) ranks: Range<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Coded<'v> {
    pub(crate) texts: &'v Texts,
    pub(crate) codes: &'v [u32],
}

impl<'v> TagCodes<'v> {
    /// Appends a tag of the shape, with its values and with the code of the value of each row.
    ///
    /// # Errors
    ///
    /// Fails if the tag is out of order.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no tag at the position `tag`.
    pub fn push(
        &mut self,
        shape: &Shape,
        tag: usize,
        values: &'v TagValues,
        codes: &'v [u32],
    ) -> Result<(), Unusual> {
        let rank = shape.ranks[tag];
        if self.tags.is_empty() {
            self.ranks = rank..rank;
        }
        if rank < self.ranks.end {
            return Err(Unusual);
        }
        self.ranks.end = rank + 1;
        let texts = &values.texts;
        self.tags.push(Coded { texts, codes });
        Ok(())
    }
}

/// Returns the escaped text, or `None` if the text is invalid or needs further checks.
pub(crate) fn escaped(grammar: &Grammar, place: Place, text: &str) -> Option<Vec<u8>> {
    let kinds = kinds_in(text);
    let doubtful = kinds & (kind::BACKSLASH | kind::NEWLINE) != 0;
    if doubtful || text.len() > MAX_STRING || grammar.refusal(place, text, kinds).is_some() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    append_escaped(&mut bytes, text, grammar.escaped(place));
    Some(bytes)
}

/// Returns the escaped keys twice: as they are, and in the form `,key=`.
fn keys(grammar: &Grammar, place: Place, names: &[&str]) -> Option<(Vec<Vec<u8>>, Texts)> {
    let mut texts = Texts::default();
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let key = escaped(grammar, place, name)?;
        texts.push(&[b",", &key, b"="]);
        keys.push(key);
    }
    Some((keys, texts))
}

/// Returns the positions of the keys in sorted order. Returns `None` if a key is a duplicate.
fn sorted(keys: &[Vec<u8>]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by(|a, b| keys[*a].cmp(&keys[*b]));
    let ascends = |pair: &[usize]| keys[pair[0]].cmp(&keys[pair[1]]) == Ordering::Less;
    order.windows(2).all(ascends).then_some(order)
}
