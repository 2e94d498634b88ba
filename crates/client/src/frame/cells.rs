//! Converts a column of cells, whose types may differ, to an Arrow array.

use std::sync::Arc;

use aioinflux_line::FieldValue;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, StringArray, UInt64Array,
    UnionArray,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, UnionFields};

/// Returns the cells of a column as an Arrow array. The array is a plain array if all cells have
/// the same type, and a union if their types differ.
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

/// Returns an array of the cells that have the type `kind`. All other cells become nulls.
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

/// Returns the cells as a sparse union. Every child array of a sparse union is as long as the
/// column.
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
