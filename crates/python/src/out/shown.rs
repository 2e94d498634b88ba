//! Returns parts of a series for display: a few rows, the kinds of the columns, or a column to
//! plot.
//!
//! The Python modules `_show` and `_plot` create text and plots from the parts that this module
//! returns. Only the rows that are requested are converted to Python objects.

use std::ops::Range;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::columns::{self, Column};
use super::rows::{RowLists, Shape};
use super::sequence::slices;

/// Returns the kinds of all columns of a series, followed by the kinds of its tags. The kind of
/// every tag is `tag`.
///
/// The number of columns is passed in `columns`, because a series without batches does not contain
/// that number.
pub(super) fn kinds(batches: &[RecordBatch], columns: usize, tags: usize) -> Vec<&'static str> {
    let columns = (0..columns).map(|column| {
        let kinds = batches
            .iter()
            .map(|batch| kind(batch.column(column).data_type()));
        kinds.fold("null", common)
    });
    columns.chain(std::iter::repeat_n("tag", tags)).collect()
}

fn kind(of: &DataType) -> &'static str {
    match of {
        DataType::Timestamp(..) => "time",
        DataType::Float64 => "float",
        DataType::Int64 => "integer",
        DataType::UInt64 => "unsigned",
        DataType::Boolean => "boolean",
        DataType::Utf8 | DataType::Utf8View => "string",
        // The decoders of answers create columns of no other types.
        _ => "null",
    }
}

fn common(first: &'static str, second: &'static str) -> &'static str {
    let is_number = |kind| matches!(kind, "float" | "integer" | "unsigned" | "number");
    match (first, second) {
        ("null", kind) | (kind, "null") => kind,
        _ if first == second => first,
        _ if is_number(first) && is_number(second) => "number",
        _ => "mixed",
    }
}

/// Returns some rows of a series as lists of tuples. Each tuple contains the first `columns` cells
/// of the row, followed by the tag values.
pub(super) fn rows(
    py: Python<'_>,
    batches: &[RecordBatch],
    wanted: Range<usize>,
    columns: usize,
    divisor: i64,
    tags: &[(String, String)],
) -> PyResult<RowLists> {
    let indices: Vec<usize> = (0..columns).collect();
    let slices = slices(batches, wanted).into_iter().map(|slice| {
        let slice = slice.project(&indices);
        slice.map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
    });
    let slices: Vec<RecordBatch> = slices.collect::<PyResult<_>>()?;
    let tags = tags
        .iter()
        .map(|(_, value)| PyString::new(py, value).unbind())
        .collect();
    Ok(RowLists::new(slices, divisor, Shape::Tuples, tags))
}

/// Returns a column of a series in numpy's format. `position` is the index of the column in the
/// result of `kinds`.
pub(super) fn column(py: Python<'_>, batches: &[RecordBatch], position: usize) -> PyResult<Column> {
    let columns = batches.iter().map(RecordBatch::columns);
    let parts: Vec<ArrayRef> = columns
        .filter_map(|columns| columns.get(position).cloned())
        .collect();
    columns::column(py, parts, false)
}

/// Calls a function of a Python module in `aioinflux` with the series as its argument.
pub(super) fn call<'py>(
    series: &Bound<'py, PyAny>,
    module: &str,
    function: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let module = series.py().import(format!("aioinflux.{module}"))?;
    module.call_method1(function, (series,))
}

/// Plots the series with the Python module `aioinflux._plot`.
pub(super) fn plot<'py>(
    series: &Bound<'py, PyAny>,
    columns: Option<&Bound<'py, PyAny>>,
    ax: Option<&Bound<'py, PyAny>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = series.py();
    let module = py.import("aioinflux._plot")?;
    let name = series.getattr("name")?;
    module.call_method1("plot", ([(name, series)], columns, ax, kwargs))
}
