//! Collects the values of one column of a batch in a plain `Vec`. The null bitmap is allocated only
//! when it is needed.
//!
//! A column tracks its type, and decides whether a value fits this type. A column does not handle
//! rows: the module `table` undoes rows and ends batches. The readers of each format write values
//! in the usual form straight into [`Values`]. All other values arrive as a [`Cell`].

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, TimestampNanosecondArray,
    UInt64Array,
};
use arrow_buffer::{BooleanBuffer, NullBufferBuilder};
use arrow_schema::{DataType, TimeUnit};

use crate::decode::table::capacity::trimmed;
use crate::decode::table::escapes::unescape;
use crate::decode::table::texts::Texts;
use crate::decode::table::views::Views;
use crate::decode::table::whole::float_of;

/// One value of the answer. A string is not copied until it is appended to its column.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) enum Cell<'a> {
    Null,
    Integer(i64),
    /// An integer that exceeds the range of `i64`. All other integers are `Integer`.
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    /// A time in nanoseconds since 1970, if the format marks the value as a time.
    Time(i64),
    Text(&'a [u8]),
    /// The content of a JSON string with escapes, which have already been checked.
    Escaped(&'a [u8]),
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum Kind {
    Null,
    Integer,
    Unsigned,
    Float,
    Boolean,
    Time,
    Text,
}

/// How a column must change before it can take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum Fit {
    /// The value fits the current type of the column.
    Keep,
    /// The column can be converted to another type without losing values, and can then take the
    /// value.
    Become(Kind),
    /// The batch must end before the row with this value.
    Break,
}

/// The values of a column. A null also has a value here, which has no meaning.
///
/// The type tag is checked for every cell, so it is a separate byte (`repr(u8)`) instead of a niche
/// inside a `Vec`.
#[derive(Debug)]
#[repr(u8)]
pub(in crate::decode) enum Values {
    Null,
    Integer(Vec<i64>),
    Unsigned(Vec<u64>),
    Float(Vec<f64>),
    Boolean(Vec<bool>),
    Time(Vec<i64>),
    Text(Texts),
    View(Views),
}

#[derive(Debug)]
pub(in crate::decode) struct Column {
    /// Whether the integers of the column are timestamps. This is true for the first column if its
    /// name is `time`.
    pub(in crate::decode) is_time: bool,
    /// Whether integers and floats may share the column, because the format does not distinguish
    /// them.
    pub(in crate::decode) promotes: bool,
    /// Whether the strings of the column are stored as [`Values::View`].
    has_views: bool,
    pub(in crate::decode) values: Values,
    /// A bitmap of the nulls, which ends at the last null of the column. Values after the last null
    /// need no bit, so appending a value does not touch this bitmap. For a column of
    /// [`Values::Null`], the bitmap also counts the rows.
    nulls: NullBufferBuilder,
}

impl Column {
    pub(in crate::decode) fn new(is_time: bool, promotes: bool, has_views: bool) -> Self {
        Self {
            is_time,
            promotes: promotes && !is_time,
            has_views,
            values: Values::Null,
            nulls: NullBufferBuilder::new(0),
        }
    }

    /// Returns an empty column of the type `kind`.
    pub(in crate::decode) fn typed(kind: Kind, has_views: bool) -> Self {
        Self {
            values: Values::of(kind, 0, has_views),
            ..Self::new(false, false, has_views)
        }
    }

    /// Appends a value if the value fits the current type of the column. Returns whether the value
    /// was appended.
    #[inline]
    pub(in crate::decode) fn push(&mut self, cell: Cell<'_>) -> bool {
        match (&mut self.values, cell) {
            (Values::Integer(values), Cell::Integer(n)) if !self.is_time => values.push(n),
            (Values::Float(values), Cell::Float(n)) => values.push(n),
            (Values::Float(values), Cell::Integer(n)) if self.promotes => match float_of(n) {
                Some(n) => values.push(n),
                None => return false,
            },
            (Values::Time(values), Cell::Integer(n)) if self.is_time => values.push(n),
            (Values::Time(values), Cell::Time(n)) => values.push(n),
            (Values::Text(texts), Cell::Text(text)) => texts.push(text, 0..text.len()),
            (Values::Text(texts), Cell::Escaped(text)) => {
                texts.push_with(|bytes| unescape(text, bytes));
            }
            (Values::View(views), Cell::Text(text)) => views.push(text, 0..text.len()),
            (Values::View(views), Cell::Escaped(text)) => {
                views.push_with(|bytes| unescape(text, bytes));
            }
            (Values::Boolean(values), Cell::Boolean(value)) => values.push(value),
            (_, Cell::Null) => self.push_null(),
            _ => return self.push_rare(cell),
        }
        true
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Null => self.nulls.len(),
            Values::Integer(values) | Values::Time(values) => values.len(),
            Values::Unsigned(values) => values.len(),
            Values::Float(values) => values.len(),
            Values::Boolean(values) => values.len(),
            Values::Text(texts) => texts.len(),
            Values::View(views) => views.len(),
        }
    }

    pub(in crate::decode) fn push_null(&mut self) {
        let plain = self.len() - self.nulls.len();
        self.nulls.append_n_non_nulls(plain);
        self.nulls.append_null();
        match &mut self.values {
            Values::Null => {}
            Values::Integer(values) | Values::Time(values) => values.push(0),
            Values::Unsigned(values) => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Boolean(values) => values.push(false),
            Values::Text(texts) => texts.push_null(),
            Values::View(views) => views.push_null(),
        }
    }

    #[cold]
    fn push_rare(&mut self, cell: Cell<'_>) -> bool {
        match (&mut self.values, cell) {
            (Values::Unsigned(values), Cell::Unsigned(n)) => values.push(n),
            (Values::Unsigned(values), Cell::Integer(n)) if !self.is_time => {
                match u64::try_from(n) {
                    Ok(n) => values.push(n),
                    Err(_) => return false,
                }
            }
            (Values::Float(values), Cell::Unsigned(n)) if self.promotes => match float_of(n) {
                Some(n) => values.push(n),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// Returns how the column must change so that the value can be added.
    ///
    /// If the format does not distinguish integers from floats, they can share a column (see
    /// `promotes`). In every format, signed and unsigned integers share a column if no value
    /// changes. JSON and `MessagePack` do not mark unsigned integers, so a column of unsigned
    /// integers looks like a mixture of both.
    pub(in crate::decode) fn fit(&self, cell: Cell<'_>) -> Fit {
        let wanted = self.kind_of(cell);
        let kind = self.kind();
        if wanted == Kind::Null || wanted == kind {
            return Fit::Keep;
        }
        match (kind, cell) {
            (Kind::Float, Cell::Integer(n)) if self.promotes && float_of(n).is_some() => Fit::Keep,
            (Kind::Float, Cell::Unsigned(n)) if self.promotes && float_of(n).is_some() => Fit::Keep,
            (Kind::Unsigned, Cell::Integer(n)) if !self.is_time && n >= 0 => Fit::Keep,
            (Kind::Integer | Kind::Unsigned, Cell::Float(_)) if self.promotes && self.floats() => {
                Fit::Become(Kind::Float)
            }
            (Kind::Integer, Cell::Unsigned(_)) if self.natural() => Fit::Become(Kind::Unsigned),
            _ if !self.has_values() => Fit::Become(wanted),
            _ => Fit::Break,
        }
    }

    fn kind_of(&self, cell: Cell<'_>) -> Kind {
        match cell {
            Cell::Null => Kind::Null,
            Cell::Integer(_) if self.is_time => Kind::Time,
            Cell::Integer(_) => Kind::Integer,
            Cell::Unsigned(_) => Kind::Unsigned,
            Cell::Float(_) => Kind::Float,
            Cell::Boolean(_) => Kind::Boolean,
            Cell::Time(_) => Kind::Time,
            Cell::Text(_) | Cell::Escaped(_) => Kind::Text,
        }
    }

    pub(in crate::decode) fn kind(&self) -> Kind {
        match self.values {
            Values::Null => Kind::Null,
            Values::Integer(_) => Kind::Integer,
            Values::Unsigned(_) => Kind::Unsigned,
            Values::Float(_) => Kind::Float,
            Values::Boolean(_) => Kind::Boolean,
            Values::Time(_) => Kind::Time,
            Values::Text(_) | Values::View(_) => Kind::Text,
        }
    }

    fn has_values(&self) -> bool {
        self.nulls.len() < self.len() || (0..self.nulls.len()).any(|row| self.nulls.is_valid(row))
    }

    /// Returns whether every integer of the column can be represented exactly as a float.
    fn floats(&self) -> bool {
        match &self.values {
            Values::Integer(values) => values.iter().all(|n| float_of(*n).is_some()),
            Values::Unsigned(values) => values.iter().all(|n| float_of(*n).is_some()),
            _ => false,
        }
    }

    /// Returns whether every integer of the column can be represented as an unsigned integer.
    fn natural(&self) -> bool {
        matches!(&self.values, Values::Integer(values) if values.iter().all(|n| *n >= 0))
    }

    /// Converts the column to the type `kind`, which [`Column::fit`] returned.
    pub(in crate::decode) fn become_kind(&mut self, kind: Kind) {
        let len = self.len();
        self.values = match (std::mem::replace(&mut self.values, Values::Null), kind) {
            (Values::Integer(values), Kind::Float) => Values::Float(
                values
                    .into_iter()
                    .map(|n| float_of(n).unwrap_or(0.0))
                    .collect(),
            ),
            (Values::Unsigned(values), Kind::Float) => Values::Float(
                values
                    .into_iter()
                    .map(|n| float_of(n).unwrap_or(0.0))
                    .collect(),
            ),
            (Values::Integer(values), Kind::Unsigned) => {
                Values::Unsigned(values.into_iter().map(i64::cast_unsigned).collect())
            }
            _ => Values::of(kind, len, self.has_views),
        };
    }

    /// Reserves memory for `more` rows, whose values are assumed to be similar to the current
    /// values.
    pub(in crate::decode) fn reserve(&mut self, more: usize) {
        match &mut self.values {
            Values::Null => {}
            Values::Integer(values) | Values::Time(values) => values.reserve_exact(more),
            Values::Unsigned(values) => values.reserve_exact(more),
            Values::Float(values) => values.reserve_exact(more),
            Values::Boolean(values) => values.reserve_exact(more),
            Values::Text(texts) => texts.reserve(more, texts.mean()),
            Values::View(views) => views.reserve(more, views.mean()),
        }
    }

    /// Returns an empty column of the same type, with memory for `rows` values that are similar to
    /// the current values.
    pub(in crate::decode) fn sibling(&self, rows: usize) -> Self {
        let mut column = Self::new(self.is_time, self.promotes, self.has_views);
        column.values = Values::of(self.kind(), 0, self.has_views);
        match (&self.values, &mut column.values) {
            (Values::Text(texts), Values::Text(more)) => more.reserve(rows, texts.mean()),
            (Values::View(views), Values::View(more)) => more.reserve(rows, views.mean()),
            _ => column.reserve(rows),
        }
        column
    }

    /// Appends the values of another column of the same type.
    pub(in crate::decode) fn append(&mut self, other: &Self) {
        let plain = self.len() - self.nulls.len();
        if let Some(nulls) = other.nulls.finish_cloned() {
            self.nulls.append_n_non_nulls(plain);
            self.nulls.append_buffer(&nulls);
        }
        match (&mut self.values, &other.values) {
            (Values::Integer(values), Values::Integer(more))
            | (Values::Time(values), Values::Time(more)) => values.extend_from_slice(more),
            (Values::Unsigned(values), Values::Unsigned(more)) => values.extend_from_slice(more),
            (Values::Float(values), Values::Float(more)) => values.extend_from_slice(more),
            (Values::Boolean(values), Values::Boolean(more)) => values.extend_from_slice(more),
            (Values::Text(texts), Values::Text(more)) => texts.append(more),
            (Values::View(views), Values::View(more)) => views.append(more),
            // A column of type `Null` has no values to append, only nulls.
            _ => {}
        }
    }

    /// Keeps only the first `rows` values of the column.
    pub(in crate::decode) fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Null => {}
            Values::Integer(values) | Values::Time(values) => values.truncate(rows),
            Values::Unsigned(values) => values.truncate(rows),
            Values::Float(values) => values.truncate(rows),
            Values::Boolean(values) => values.truncate(rows),
            Values::Text(texts) => texts.truncate(rows),
            Values::View(views) => views.truncate(rows),
        }
        if self.nulls.len() > rows {
            self.nulls.truncate(rows);
        }
    }

    /// Returns the current Arrow type of the column.
    pub(in crate::decode) fn data_type(&self) -> DataType {
        match self.values {
            Values::Null => DataType::Null,
            Values::Integer(_) => DataType::Int64,
            Values::Unsigned(_) => DataType::UInt64,
            Values::Float(_) => DataType::Float64,
            Values::Boolean(_) => DataType::Boolean,
            Values::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Values::Text(_) => DataType::Utf8,
            Values::View(_) => DataType::Utf8View,
        }
    }

    /// Takes the values out of the column as an array. The column keeps its type for the next
    /// batch, even if all values of the next batch are null.
    pub(in crate::decode) fn finish(&mut self) -> ArrayRef {
        let rows = self.len();
        self.nulls.append_n_non_nulls(rows - self.nulls.len());
        let nulls = self.nulls.finish().filter(|nulls| nulls.null_count() > 0);
        let next = Values::of(self.kind(), 0, self.has_views);
        match std::mem::replace(&mut self.values, next) {
            Values::Null => Arc::new(NullArray::new(rows)),
            Values::Integer(values) => Arc::new(Int64Array::new(trimmed(values).into(), nulls)),
            Values::Unsigned(values) => Arc::new(UInt64Array::new(trimmed(values).into(), nulls)),
            Values::Float(values) => Arc::new(Float64Array::new(trimmed(values).into(), nulls)),
            Values::Time(values) => Arc::new(
                TimestampNanosecondArray::new(trimmed(values).into(), nulls).with_timezone("UTC"),
            ),
            Values::Boolean(values) => {
                Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls))
            }
            Values::Text(texts) => texts.finish(nulls),
            Values::View(views) => views.finish(nulls),
        }
    }
}

impl Values {
    /// Returns `len` values of the type `kind` that represent nulls. Strings are stored as views if
    /// `as_views` is true.
    fn of(kind: Kind, len: usize, as_views: bool) -> Self {
        match kind {
            Kind::Null => Self::Null,
            Kind::Integer => Self::Integer(vec![0; len]),
            Kind::Unsigned => Self::Unsigned(vec![0; len]),
            Kind::Float => Self::Float(vec![0.0; len]),
            Kind::Boolean => Self::Boolean(vec![false; len]),
            Kind::Time => Self::Time(vec![0; len]),
            Kind::Text if as_views => Self::View(Views::new(len)),
            Kind::Text => Self::Text(Texts::new(len)),
        }
    }
}
