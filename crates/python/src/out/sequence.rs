//! Makes a series usable as a Python sequence, from which an index selects a row and a slice
//! selects several rows.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, NullArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, StringViewArray,
};
use arrow_schema::DataType;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PySlice;

use super::rows::RowLists;
use crate::place::type_name;

/// The row or the rows that a Python index selects from a series.
pub(super) enum Wanted {
    /// The index selects the row at this position.
    Row(usize),
    Rows(Vec<RecordBatch>),
}

pub(super) fn length(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// Returns the row or the rows of a series that a Python index selects.
pub(super) fn wanted(index: &Bound<'_, PyAny>, batches: &[RecordBatch]) -> PyResult<Wanted> {
    let rows = length(batches);
    let all = isize::try_from(rows)?;
    if let Ok(slice) = index.cast::<PySlice>() {
        let found = slice.indices(all)?;
        let positions =
            (0..found.slicelength.cast_signed()).map(|at| found.start + at * found.step);
        let mut picked = if found.step == 1 {
            let start = found.start.unsigned_abs();
            slices(batches, start..start + found.slicelength)
        } else {
            pick(batches, positions.map(isize::unsigned_abs))?
        };
        // If a slice selects no row, the result contains a batch without rows, which preserves the
        // columns.
        picked.extend(
            batches
                .first()
                .filter(|_| picked.is_empty())
                .map(|one| one.slice(0, 0)),
        );
        return Ok(Wanted::Rows(picked));
    }
    if !index.hasattr("__index__")? {
        return Err(PyTypeError::new_err(format!(
            "index: expected int or slice, got `{}`; hint: for a whole column use a table, such as \
             `output=\"pandas\"`",
            type_name(index)
        )));
    }
    let number = index.extract::<isize>().ok();
    let position = number.map(|number| if number < 0 { number + all } else { number });
    let position = position.and_then(|at| usize::try_from(at).ok());
    position
        .filter(|at| *at < rows)
        .map(Wanted::Row)
        .ok_or_else(|| PyIndexError::new_err(format!("row {index} is out of range: {rows} rows")))
}

/// Returns the only row that an iterator of lists contains.
pub(super) fn only(py: Python<'_>, lists: RowLists) -> PyResult<Bound<'_, PyAny>> {
    let lists = lists.into_bound_py_any(py)?;
    lists.call_method0("__next__")?.get_item(0)
}

/// Returns an iterator over the rows of a series in reverse order.
pub(super) fn reversed<'py>(series: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = series.py();
    let all = py.get_type::<PySlice>().call1((py.None(), py.None(), -1))?;
    Ok(series.get_item(all)?.try_iter()?.into_any())
}

/// Returns an iterator over the single rows in all lists.
pub(super) fn chained(py: Python<'_>, lists: RowLists) -> PyResult<Bound<'_, PyAny>> {
    let chain = py.import("itertools")?.getattr("chain")?;
    chain.call_method1("from_iterable", (lists,))
}

/// Returns consecutive rows of a series as batches, which share the memory of the original batches.
pub(super) fn slices(batches: &[RecordBatch], wanted: Range<usize>) -> Vec<RecordBatch> {
    let mut found = Vec::new();
    let mut seen = 0;
    for batch in batches {
        let start = wanted.start.clamp(seen, seen + batch.num_rows()) - seen;
        let end = wanted.end.clamp(seen, seen + batch.num_rows()) - seen;
        if start < end {
            found.push(batch.slice(start, end - start));
        }
        seen += batch.num_rows();
    }
    found
}

/// Returns the rows of a series at ascending or descending positions. Consecutive positions in the
/// same batch become one new batch.
fn pick(
    batches: &[RecordBatch],
    positions: impl Iterator<Item = usize>,
) -> PyResult<Vec<RecordBatch>> {
    let mut starts = Vec::with_capacity(batches.len());
    let mut seen = 0;
    for batch in batches {
        starts.push(seen);
        seen += batch.num_rows();
    }
    let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
    for position in positions {
        // A batch without rows has the same start as the next batch. The row at the position is in
        // the last batch that starts at or before the position.
        let batch = starts.partition_point(|start| *start <= position) - 1;
        let row = position - starts[batch];
        match runs.last_mut() {
            Some((last, rows)) if *last == batch => rows.push(row),
            _ => runs.push((batch, vec![row])),
        }
    }
    runs.iter()
        .map(|(batch, rows)| rows_of(&batches[*batch], rows))
        .collect()
}

fn rows_of(batch: &RecordBatch, rows: &[usize]) -> PyResult<RecordBatch> {
    let columns = batch.columns().iter().map(|column| cells_of(column, rows));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(batch.schema(), columns.collect::<PyResult<_>>()?, &options)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn cells_of(column: &ArrayRef, rows: &[usize]) -> PyResult<ArrayRef> {
    Ok(match column.data_type() {
        DataType::Timestamp(..) => primitive::<TimestampNanosecondType>(column, rows),
        DataType::Int64 => primitive::<Int64Type>(column, rows),
        DataType::UInt64 => primitive::<UInt64Type>(column, rows),
        DataType::Float64 => primitive::<Float64Type>(column, rows),
        DataType::Boolean => {
            let cells = column.as_boolean();
            let picked = rows
                .iter()
                .map(|row| cells.is_valid(*row).then(|| cells.value(*row)));
            Arc::new(picked.collect::<BooleanArray>())
        }
        DataType::Utf8 => {
            let cells = column.as_string::<i32>();
            let picked = rows
                .iter()
                .map(|row| cells.is_valid(*row).then(|| cells.value(*row)));
            Arc::new(picked.collect::<StringArray>())
        }
        DataType::Utf8View => {
            let cells = column.as_string_view();
            let picked = rows
                .iter()
                .map(|row| cells.is_valid(*row).then(|| cells.value(*row)));
            Arc::new(picked.collect::<StringViewArray>())
        }
        DataType::Dictionary(..) => {
            let cells = column.as_dictionary::<Int32Type>();
            let keys = numbers(cells.keys(), rows);
            Arc::new(DictionaryArray::new(keys, Arc::clone(cells.values())))
        }
        DataType::Null => Arc::new(NullArray::new(rows.len())),
        // The decoders of answers create columns of no other types.
        other => {
            return Err(PyValueError::new_err(format!(
                "rows of `{other}` cannot be picked"
            )));
        }
    })
}

fn primitive<T: ArrowPrimitiveType>(column: &ArrayRef, rows: &[usize]) -> ArrayRef {
    let picked = numbers(column.as_primitive::<T>(), rows);
    Arc::new(picked.with_data_type(column.data_type().clone()))
}

fn numbers<T: ArrowPrimitiveType>(cells: &PrimitiveArray<T>, rows: &[usize]) -> PrimitiveArray<T> {
    let picked = rows
        .iter()
        .map(|row| cells.is_valid(*row).then(|| cells.value(*row)));
    picked.collect()
}
