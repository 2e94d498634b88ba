//! Fills empty cells with the value that the annotation `#default` contains for their column.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray, StringViewArray};
use arrow_schema::DataType;

use super::rows::value;
use crate::decode::error::Fault;
use crate::decode::table::columns::{Cell, Kind};

/// The value that replaces the nulls of a column.
#[derive(Debug)]
pub(super) enum Filler {
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Time(i64),
    Text(String),
}

impl Filler {
    pub(super) fn new(kind: Kind, text: &str) -> Result<Self, Fault> {
        Ok(match value(kind, text.as_bytes())? {
            Cell::Integer(n) => Self::Integer(n),
            Cell::Unsigned(n) => Self::Unsigned(n),
            Cell::Float(n) => Self::Float(n),
            Cell::Boolean(flag) => Self::Boolean(flag),
            Cell::Time(n) => Self::Time(n),
            Cell::Null | Cell::Text(_) | Cell::Escaped(_) => Self::Text(text.to_owned()),
        })
    }

    /// Returns a copy of a column in which this value replaces the nulls.
    pub(super) fn fill(&self, column: &ArrayRef) -> ArrayRef {
        if column.null_count() == 0 {
            return Arc::clone(column);
        }
        match self {
            Self::Integer(n) => filled::<Int64Type>(column, *n),
            Self::Unsigned(n) => filled::<UInt64Type>(column, *n),
            Self::Float(n) => filled::<Float64Type>(column, *n),
            Self::Time(n) => filled::<TimestampNanosecondType>(column, *n),
            Self::Boolean(flag) => {
                let values = column.as_boolean().iter();
                let filled = values.map(|value| Some(value.unwrap_or(*flag)));
                Arc::new(filled.collect::<BooleanArray>())
            }
            Self::Text(text) if *column.data_type() == DataType::Utf8View => {
                let values = column.as_string_view().iter();
                Arc::new(StringViewArray::from_iter_values(
                    values.map(|value| value.unwrap_or(text)),
                ))
            }
            Self::Text(text) if column.null_count() == column.len() => {
                Arc::new(StringArray::new_repeated(text, column.len()))
            }
            Self::Text(text) => {
                let values = column.as_string::<i32>().iter();
                Arc::new(StringArray::from_iter_values(
                    values.map(|value| value.unwrap_or(text)),
                ))
            }
        }
    }
}

fn filled<T: ArrowPrimitiveType>(column: &ArrayRef, default: T::Native) -> ArrayRef {
    let values = column.as_primitive::<T>();
    let filled = values.iter().map(|value| value.unwrap_or(default));
    let filled = PrimitiveArray::<T>::from_iter_values(filled);
    Arc::new(filled.with_data_type(column.data_type().clone()))
}
