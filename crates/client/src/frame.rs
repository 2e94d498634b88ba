//! A table as lines: one line a row, tags and fields by column.
//!
//! Knows Arrow's types and what each becomes in line protocol; escaping and refusing is the
//! encoder's. A null is a tag or a field that is left out.

use std::borrow::Cow;
use std::sync::Arc;

use aioinflux_line::{Encoder, FieldValue};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, RecordBatch, StringArray,
    UInt64Array, UnionArray,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, TimeUnit, UnionFields};

use crate::error::{Error, ErrorKind};

/// What the columns of a frame are.
#[derive(Clone, Debug)]
pub struct FrameLayout<'a> {
    /// Measurement of every row.
    pub measurement: &'a str,
    /// Position of the time column (nanoseconds or any timestamp type); `None` leaves rows undated.
    pub time: Option<usize>,
    /// Positions of the columns that are tags; all others are fields.
    pub tags: &'a [usize],
    /// Tags of every row. They beat a tag column of the same name.
    pub extra_tags: &'a [(String, String)],
}

/// Why a frame cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// A column has a type that line protocol cannot hold in this place.
    Type {
        /// Name of the column.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
        /// What is possible there.
        expected: &'static str,
    },
    /// The layout names a column that the frame does not have.
    Position {
        /// The position that is named, from 0.
        position: usize,
        /// How many columns the frame has.
        columns: usize,
    },
    /// The time of a row is missing, or outside 64-bit nanoseconds.
    Time {
        /// Number of the row, from 0.
        row: usize,
    },
    /// A row cannot be represented in line protocol.
    Line(aioinflux_line::Error),
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Type {
                column,
                data_type,
                expected,
            } => {
                write!(
                    f,
                    "column `{column}`: expected {expected}, got `{data_type}`"
                )
            }
            Self::Position { position, columns } => {
                write!(f, "layout: no column {position}, the frame has {columns}")
            }
            Self::Time { row } => {
                write!(
                    f,
                    "row {row}: the time is missing or outside 64-bit nanoseconds"
                )
            }
            Self::Line(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Line(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<aioinflux_line::Error> for FrameError {
    fn from(error: aioinflux_line::Error) -> Self {
        Self::Line(error)
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Line(error) => error.into(),
            other => Self::new(ErrorKind::Input, false, other.to_string()),
        }
    }
}

/// Encodes every row of `frame` as one line.
///
/// Rows are numbered on from the encoder's `next_index`; the encoder keeps the rows before one that
/// is refused.
///
/// # Errors
/// [`FrameError`]: a column or a row cannot be represented; it names which.
pub fn encode_frame(
    frame: &RecordBatch,
    layout: &FrameLayout<'_>,
    encoder: &mut Encoder,
) -> Result<(), FrameError> {
    let columns = Columns::new(frame, layout)?;
    for row in 0..frame.num_rows() {
        let time = columns
            .time
            .as_ref()
            .map(|time| time.nanoseconds(row))
            .transpose()?;
        let mut line = encoder.next_point();
        line.measurement(layout.measurement)?;
        for (name, column) in &columns.tags {
            if let Some(text) = column.text(row) {
                line.tag(*name, &text)?;
            }
        }
        for (name, text) in layout.extra_tags {
            line.tag(name.as_str(), text)?;
        }
        for (name, column) in &columns.fields {
            if let Some(value) = column.value(row) {
                line.field(*name, value)?;
            }
        }
        line.finish(time)?;
    }
    Ok(())
}

struct Columns<'a> {
    time: Option<Time<'a>>,
    tags: Vec<(&'a str, Column<'a>)>,
    fields: Vec<(&'a str, Column<'a>)>,
}

impl<'a> Columns<'a> {
    fn new(frame: &'a RecordBatch, layout: &FrameLayout<'_>) -> Result<Self, FrameError> {
        let mut columns = Self {
            time: None,
            tags: Vec::new(),
            fields: Vec::new(),
        };
        let named = layout.tags.iter().chain(&layout.time);
        if let Some(&position) = named.into_iter().find(|&&at| at >= frame.num_columns()) {
            let columns = frame.num_columns();
            return Err(FrameError::Position { position, columns });
        }
        let schema = frame.schema_ref();
        for (position, (field, array)) in schema.fields().iter().zip(frame.columns()).enumerate() {
            let name = field.name().as_str();
            let refuse = |expected| FrameError::Type {
                column: name.to_owned(),
                data_type: array.data_type().clone(),
                expected,
            };
            if layout.time == Some(position) {
                columns.time =
                    Some(Time::new(array).ok_or_else(|| refuse("a timestamp or int64"))?);
                continue;
            }
            let column = Column::new(array)
                .ok_or_else(|| refuse("numbers, booleans, strings or a dictionary of strings"))?;
            if !layout.tags.contains(&position) {
                columns.fields.push((name, column));
            } else if !layout.extra_tags.iter().any(|(extra, _)| extra == name) {
                columns.tags.push((name, column));
            }
        }
        columns.tags.sort_by_key(|(name, _)| *name);
        Ok(columns)
    }
}

/// A time column, and how many nanoseconds its unit has.
struct Time<'a> {
    array: &'a dyn Array,
    values: &'a [i64],
    scale: i64,
}

impl<'a> Time<'a> {
    fn new(array: &'a ArrayRef) -> Option<Self> {
        let (values, scale): (&[i64], i64) = match array.data_type() {
            DataType::Int64 => (array.as_primitive::<Int64Type>().values(), 1),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                (array.as_primitive::<TimestampNanosecondType>().values(), 1)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => (
                array.as_primitive::<TimestampMicrosecondType>().values(),
                1000,
            ),
            DataType::Timestamp(TimeUnit::Millisecond, _) => (
                array.as_primitive::<TimestampMillisecondType>().values(),
                1_000_000,
            ),
            DataType::Timestamp(TimeUnit::Second, _) => (
                array.as_primitive::<TimestampSecondType>().values(),
                1_000_000_000,
            ),
            _ => return None,
        };
        Some(Self {
            array,
            values,
            scale,
        })
    }

    fn nanoseconds(&self, row: usize) -> Result<i64, FrameError> {
        let value = if self.array.is_null(row) {
            None
        } else {
            Some(self.values[row])
        };
        value
            .and_then(|value| value.checked_mul(self.scale))
            .ok_or(FrameError::Time { row })
    }
}

/// A column of tags or fields.
enum Column<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Number(&'a dyn Array, NumberAt),
    String(&'a dyn Array, StringAt),
    Dictionary(&'a dyn Array, KeyAt, &'a ArrayRef, StringAt),
    Union(&'a UnionArray, Vec<Option<Column<'a>>>),
}

type NumberAt = fn(&dyn Array, usize) -> FieldValue<'static>;
type StringAt = for<'s> fn(&'s dyn Array, usize) -> &'s str;
type KeyAt = fn(&dyn Array, usize) -> usize;

impl<'a> Column<'a> {
    fn new(array: &'a ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Dictionary(key, _) => {
                let values = array.as_any_dictionary().values();
                Self::Dictionary(array, key_at(key)?, values, string_at(values.data_type())?)
            }
            DataType::Union(fields, _) => {
                let union = array.as_union();
                let mut children = Vec::new();
                for (id, _) in fields.iter() {
                    let slot = usize::try_from(id).ok()?;
                    children.resize_with(children.len().max(slot + 1), || None);
                    children[slot] = Some(Self::new(union.child(id))?);
                }
                Self::Union(union, children)
            }
            data_type => match (number_at(data_type), string_at(data_type)) {
                (Some(at), _) => Self::Number(array, at),
                (None, at) => Self::String(array, at?),
            },
        })
    }

    /// The field value of a row, or `None` for null.
    fn value(&self, row: usize) -> Option<FieldValue<'_>> {
        match self {
            Self::Null => None,
            Self::Boolean(array) => array
                .is_valid(row)
                .then(|| FieldValue::Boolean(array.value(row))),
            Self::Number(array, at) => array.is_valid(row).then(|| at(*array, row)),
            Self::String(array, at) => array
                .is_valid(row)
                .then(|| FieldValue::String(Cow::Borrowed(at(*array, row)))),
            Self::Dictionary(array, key_at, values, at) => {
                let key = array.is_valid(row).then(|| key_at(*array, row))?;
                let text = values.is_valid(key).then(|| at(*values, key))?;
                Some(FieldValue::String(Cow::Borrowed(text)))
            }
            Self::Union(array, children) => {
                let slot = usize::try_from(array.type_id(row)).ok()?;
                children.get(slot)?.as_ref()?.value(array.value_offset(row))
            }
        }
    }

    /// The text of a tag, or `None` for null and NaN.
    fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        Some(match self.value(row)? {
            FieldValue::String(text) => text,
            FieldValue::Boolean(value) => Cow::Owned(value.to_string()),
            FieldValue::Integer(value) => Cow::Owned(value.to_string()),
            FieldValue::Unsigned(value) => Cow::Owned(value.to_string()),
            FieldValue::Float(value) if value.is_nan() => return None,
            FieldValue::Float(value) => Cow::Owned(value.to_string()),
        })
    }
}

fn number_at(data_type: &DataType) -> Option<NumberAt> {
    macro_rules! number {
        ($kind:ty, $variant:ident) => {
            |array, row| FieldValue::$variant(array.as_primitive::<$kind>().value(row).into())
        };
    }
    Some(match data_type {
        DataType::Int8 => number!(Int8Type, Integer),
        DataType::Int16 => number!(Int16Type, Integer),
        DataType::Int32 => number!(Int32Type, Integer),
        DataType::Int64 => number!(Int64Type, Integer),
        DataType::UInt8 => number!(UInt8Type, Unsigned),
        DataType::UInt16 => number!(UInt16Type, Unsigned),
        DataType::UInt32 => number!(UInt32Type, Unsigned),
        DataType::UInt64 => number!(UInt64Type, Unsigned),
        DataType::Float16 => number!(Float16Type, Float),
        DataType::Float32 => number!(Float32Type, Float),
        DataType::Float64 => number!(Float64Type, Float),
        _ => return None,
    })
}

fn string_at(data_type: &DataType) -> Option<StringAt> {
    Some(match data_type {
        DataType::Utf8 => |array, row| array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => |array, row| array.as_string::<i64>().value(row),
        DataType::Utf8View => |array, row| array.as_string_view().value(row),
        _ => return None,
    })
}

fn key_at(data_type: &DataType) -> Option<KeyAt> {
    fn at<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize) -> usize {
        array.as_dictionary::<K>().key(row).unwrap_or(usize::MAX)
    }
    Some(match data_type {
        DataType::Int8 => at::<Int8Type>,
        DataType::Int16 => at::<Int16Type>,
        DataType::Int32 => at::<Int32Type>,
        DataType::Int64 => at::<Int64Type>,
        DataType::UInt8 => at::<UInt8Type>,
        DataType::UInt16 => at::<UInt16Type>,
        DataType::UInt32 => at::<UInt32Type>,
        DataType::UInt64 => at::<UInt64Type>,
        _ => return None,
    })
}

/// A column of cells that need not have one type: the plain array where they do, else a union.
pub fn column_of_cells(cells: &[Option<FieldValue<'_>>]) -> ArrayRef {
    let kinds = cells
        .iter()
        .flatten()
        .fold(0u8, |seen, cell| seen | 1 << kind(cell));
    match kinds {
        0 => Arc::new(NullArray::new(cells.len())),
        kinds if kinds.is_power_of_two() => one_kind(kinds.trailing_zeros(), cells.iter()),
        _ => union_of_cells(cells),
    }
}

fn kind(cell: &FieldValue<'_>) -> u32 {
    match cell {
        FieldValue::Float(_) => 0,
        FieldValue::Integer(_) => 1,
        FieldValue::Unsigned(_) => 2,
        FieldValue::Boolean(_) => 3,
        FieldValue::String(_) => 4,
    }
}

const KINDS: [(&str, DataType); 5] = [
    ("float", DataType::Float64),
    ("integer", DataType::Int64),
    ("unsigned", DataType::UInt64),
    ("boolean", DataType::Boolean),
    ("string", DataType::Utf8),
];

/// The array of cells of one kind; cells of other kinds are nulls.
fn one_kind<'c>(kind: u32, cells: impl Iterator<Item = &'c Option<FieldValue<'c>>>) -> ArrayRef {
    macro_rules! array {
        ($array:ty, $variant:ident, $value:ident => $out:expr) => {
            Arc::new(
                cells
                    .map(|cell| match cell {
                        Some(FieldValue::$variant($value)) => Some($out),
                        _ => None,
                    })
                    .collect::<$array>(),
            )
        };
    }
    match kind {
        0 => array!(Float64Array, Float, value => *value),
        1 => array!(Int64Array, Integer, value => *value),
        2 => array!(UInt64Array, Unsigned, value => *value),
        3 => array!(BooleanArray, Boolean, value => *value),
        _ => array!(StringArray, String, value => value.as_ref()),
    }
}

/// A sparse union: every child is as long as the column.
fn union_of_cells(cells: &[Option<FieldValue<'_>>]) -> ArrayRef {
    let ids: ScalarBuffer<i8> = cells
        .iter()
        .map(|cell| i8::try_from(cell.as_ref().map_or(0, kind)).unwrap_or(0))
        .collect();
    let fields = KINDS
        .iter()
        .zip(0i8..)
        .map(|((name, data_type), id)| (id, Arc::new(Field::new(*name, data_type.clone(), true))))
        .collect::<UnionFields>();
    let children = (0..5).map(|kind| one_kind(kind, cells.iter())).collect();
    let union = UnionArray::try_new(fields, ids, None, children)
        .expect("ids are below 5 and all children have the length of the column");
    Arc::new(union)
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int8Type;
    use arrow_array::{DictionaryArray, TimestampMillisecondArray};
    use arrow_schema::Schema;

    use super::*;
    use aioinflux_line::Dialect;

    fn lines(columns: Vec<(&str, ArrayRef)>, tags: &[usize]) -> Result<String, FrameError> {
        let schema = Schema::new(
            columns
                .iter()
                .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
                .collect::<Vec<_>>(),
        );
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let frame = RecordBatch::try_new(Arc::new(schema), arrays).expect("a valid batch");
        let extra = [("zone".to_owned(), "eu".to_owned())];
        let layout = FrameLayout {
            measurement: "m m",
            time: Some(0),
            tags,
            extra_tags: &extra,
        };
        let mut encoder = Encoder::new(Dialect::V1);
        encode_frame(&frame, &layout, &mut encoder)?;
        Ok(String::from_utf8_lossy(encoder.batch().bytes()).into_owned())
    }

    fn times(values: [Option<i64>; 3]) -> ArrayRef {
        Arc::new(TimestampMillisecondArray::from(values.to_vec()))
    }

    #[test]
    fn every_type_is_written_and_nulls_are_left_out() {
        let mixed = column_of_cells(&[
            Some(FieldValue::Integer(1)),
            Some(FieldValue::String("x".into())),
            None,
        ]);
        let codes: DictionaryArray<Int8Type> = [Some("b c"), None, Some("")].into_iter().collect();
        let text = lines(
            vec![
                ("time", times([Some(1), Some(-1), Some(0)])),
                ("tag", Arc::new(codes)),
                (
                    "f",
                    Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None])),
                ),
                ("mixed", mixed),
                (
                    "on",
                    Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
                ),
            ],
            &[1],
        );
        assert_eq!(
            text.expect("writable"),
            "m\\ m,tag=b\\ c,zone=eu f=0.5,mixed=1i,on=true 1000000\n\
             m\\ m,zone=eu mixed=\"x\" -1000000\n\
             m\\ m,zone=eu on=false 0\n"
        );
    }

    #[test]
    fn a_missing_time_is_refused_by_row() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let error = lines(
            vec![("time", times([Some(1), None, Some(0)])), ("v", column)],
            &[],
        );
        assert!(matches!(error, Err(FrameError::Time { row: 1 })));
    }

    #[test]
    fn a_column_that_is_not_there_is_refused() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let error = lines(vec![("time", times([Some(1); 3])), ("v", column)], &[7]);
        assert!(matches!(
            error,
            Err(FrameError::Position {
                position: 7,
                columns: 2
            })
        ));
    }

    #[test]
    fn a_type_without_meaning_is_refused_by_column() {
        let column = times([Some(1); 3]);
        let error = lines(vec![("time", times([Some(1); 3])), ("when", column)], &[]);
        assert!(matches!(error, Err(FrameError::Type { column, .. }) if column == "when"));
    }
}
