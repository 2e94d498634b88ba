//! Finds consecutive rows that agree in some columns.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Returns the ranges of consecutive rows that have the same cells in all these columns.
pub(super) fn runs(columns: &[&ArrayRef], rows: usize) -> Vec<Range<usize>> {
    let mut starts = vec![false; rows];
    for column in columns.iter().filter(|column| !is_constant(column)) {
        mark_changes(column, &mut starts);
    }
    let mut runs = Vec::new();
    let mut start = 0;
    for (row, _) in starts.iter().enumerate().filter(|(_, starts)| **starts) {
        runs.push(start..row);
        start = row;
    }
    if start < rows {
        runs.push(start..rows);
    }
    runs
}

/// Returns whether all cells of a column are equal and not null. Most answers have only one result,
/// and this check takes less time than the search for changes. For columns of unusual types, the
/// function returns `false`.
fn is_constant(column: &ArrayRef) -> bool {
    if column.null_count() > 0 {
        return false;
    }
    match column.data_type() {
        DataType::Int64 => {
            let values = column.as_primitive::<Int64Type>().values();
            values.iter().all(|value| *value == values[0])
        }
        DataType::Utf8 if !column.is_empty() => {
            let texts = column.as_string::<i32>();
            let (first, offsets) = (texts.value(0).as_bytes(), texts.value_offsets());
            let (start, end) = (offsets[0], offsets[offsets.len() - 1]);
            let length = offsets[1] - start;
            let mut lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
            let bytes = usize::try_from(start).ok().zip(usize::try_from(end).ok());
            let bytes = bytes.map_or(&[][..], |(start, end)| &texts.value_data()[start..end]);
            lengths.all(|other| other == length)
                && bytes.chunks(first.len().max(1)).all(|bytes| bytes == first)
        }
        _ => false,
    }
}

/// Marks each row whose cell differs from the cell in the row before.
fn mark_changes(column: &ArrayRef, starts: &mut [bool]) {
    match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            mark(starts, |row| texts.value(row) != texts.value(row - 1));
        }
        DataType::Utf8View => {
            let texts = column.as_string_view();
            mark(starts, |row| texts.value(row) != texts.value(row - 1));
        }
        DataType::Boolean => {
            let values = column.as_boolean();
            mark(starts, |row| values.value(row) != values.value(row - 1));
        }
        DataType::Int64 => mark_numbers::<Int64Type>(column, starts),
        DataType::UInt64 => mark_numbers::<UInt64Type>(column, starts),
        DataType::Timestamp(..) => mark_numbers::<TimestampNanosecondType>(column, starts),
        DataType::Float64 => {
            let values = column.as_primitive::<Float64Type>().values();
            mark(starts, |row| {
                values[row].to_bits() != values[row - 1].to_bits()
            });
        }
        // The decoder creates columns of no other types.
        _ => {}
    }
    if let Some(nulls) = column.nulls() {
        mark(starts, |row| nulls.is_null(row) != nulls.is_null(row - 1));
    }
}

fn mark_numbers<T: ArrowPrimitiveType>(column: &ArrayRef, starts: &mut [bool]) {
    let values = column.as_primitive::<T>().values();
    mark(starts, |row| values[row] != values[row - 1]);
}

fn mark(starts: &mut [bool], changes: impl Fn(usize) -> bool) {
    for (row, start) in starts.iter_mut().enumerate().skip(1) {
        *start |= changes(row);
    }
}

/// Appends the value of a cell in a form in which equal values have equal bytes, and no value's
/// bytes are the beginning of another value's bytes.
pub(super) fn write_cell(out: &mut Vec<u8>, column: &ArrayRef, row: usize) {
    match column.data_type() {
        DataType::Int64 => {
            let value = column.as_primitive::<Int64Type>().value(row);
            out.extend(value.to_le_bytes());
        }
        DataType::UInt64 => {
            let value = column.as_primitive::<UInt64Type>().value(row);
            out.extend(value.to_le_bytes());
        }
        DataType::Timestamp(..) => {
            let value = column.as_primitive::<TimestampNanosecondType>().value(row);
            out.extend(value.to_le_bytes());
        }
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            out.extend(value.to_bits().to_le_bytes());
        }
        DataType::Boolean => out.push(u8::from(column.as_boolean().value(row))),
        _ => {
            let text = super::parts::text(column, row).unwrap_or_default();
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn is_constant_text(texts: &[&str]) -> bool {
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let found = is_constant(&column);
        let slice = column.slice(1, texts.len() - 1);
        assert_eq!(
            runs(&[&column], texts.len()).len() == 1,
            found || is_same(texts)
        );
        assert!(!found || is_constant(&slice));
        found
    }

    fn is_same(texts: &[&str]) -> bool {
        texts.iter().all(|text| text == &texts[0])
    }

    #[test]
    fn a_column_is_constant_if_all_cells_are_equal() {
        for texts in [
            &["aa", "aa", "aa"][..],
            &["", "", ""],
            &["aa", "a", "aaa"],
            &["aa", "aa", "ab"],
            &["a", "a", ""],
        ] {
            assert_eq!(is_constant_text(texts), is_same(texts), "{texts:?}");
        }
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 2]));
        assert!(!is_constant(&numbers) && is_constant(&numbers.slice(0, 2)));
        let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None, None::<i64>]));
        assert!(!is_constant(&nulls));
    }
}
