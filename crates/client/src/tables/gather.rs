//! Puts together columns from cells of other columns.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType;

use super::parts::text;

/// The position of a cell: the index of its array, and its row. [`NONE`] stands for a null.
pub(super) type Position = u64;

/// The position of no cell.
pub(super) const NONE: Position = u64::MAX;

/// Returns the position of a cell in the array with the index `array`.
pub(super) fn position(array: usize, row: usize) -> Position {
    (array as u64) << 32 | row as u64
}

#[expect(clippy::cast_possible_truncation, reason = "both halves have 32 bits")]
fn place(position: Position) -> (usize, usize) {
    (
        (position >> 32) as usize,
        (position & u64::from(u32::MAX)) as usize,
    )
}

/// Returns a column with the cells at these positions. All arrays have the type `kind`. Returns
/// `None` if the strings of the column take more than 2 GiB.
pub(super) fn gather(
    kind: &DataType,
    arrays: &[ArrayRef],
    positions: &[Position],
) -> Option<ArrayRef> {
    Some(match kind {
        DataType::Int64 => Arc::new(numbers::<Int64Type>(arrays, positions)),
        DataType::UInt64 => Arc::new(numbers::<UInt64Type>(arrays, positions)),
        DataType::Float64 => Arc::new(numbers::<Float64Type>(arrays, positions)),
        DataType::Timestamp(..) => {
            let times = numbers::<TimestampNanosecondType>(arrays, positions);
            Arc::new(times.with_data_type(kind.clone()))
        }
        DataType::Boolean => {
            let mut values = BooleanBuilder::with_capacity(positions.len());
            for cell in cells(arrays, positions) {
                values.append_option(cell.map(|(array, row)| array.as_boolean().value(row)));
            }
            Arc::new(values.finish())
        }
        DataType::Utf8View => {
            let mut values = StringViewBuilder::with_capacity(positions.len());
            for cell in cells(arrays, positions) {
                values.append_option(cell.and_then(|(array, row)| text(array, row)));
            }
            Arc::new(values.finish())
        }
        _ => return texts(arrays, positions),
    })
}

/// Returns the cells at these positions. A cell that is null is `None`.
fn cells<'a>(
    arrays: &'a [ArrayRef],
    positions: &'a [Position],
) -> impl Iterator<Item = Option<(&'a ArrayRef, usize)>> {
    positions.iter().map(|&position| {
        if position == NONE {
            return None;
        }
        let (array, row) = place(position);
        arrays[array].is_valid(row).then(|| (&arrays[array], row))
    })
}

fn numbers<T: ArrowPrimitiveType>(
    arrays: &[ArrayRef],
    positions: &[Position],
) -> PrimitiveArray<T> {
    let typed: Vec<&PrimitiveArray<T>> = arrays.iter().map(AsArray::as_primitive).collect();
    let mut values = Vec::with_capacity(positions.len());
    let mut nulls = NullBufferBuilder::new(positions.len());
    for &position in positions {
        if position == NONE {
            values.push(T::default_value());
            nulls.append_null();
        } else {
            let (array, row) = place(position);
            values.push(typed[array].values()[row]);
            nulls.append(typed[array].is_valid(row));
        }
    }
    PrimitiveArray::new(values.into(), nulls.finish())
}

fn texts(arrays: &[ArrayRef], positions: &[Position]) -> Option<ArrayRef> {
    let mut values = StringBuilder::with_capacity(positions.len(), 0);
    let mut bytes = 0;
    let mut last: (Position, Option<&str>) = (NONE, None);
    for &position in positions {
        // The rows of a series have the same tag values, which are found only once.
        if position != last.0 {
            let (array, row) = place(position);
            last = (
                position,
                arrays.get(array).and_then(|array| text(array, row)),
            );
        }
        bytes += last.1.map_or(0, str::len);
        i32::try_from(bytes).ok()?;
        values.append_option(last.1);
    }
    Some(Arc::new(values.finish()))
}
