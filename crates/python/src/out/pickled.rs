//! Converts a series to plain Python objects for pickle, with the memory of its columns as `bytes`.
//!
//! Pickled data may have been changed, so it is checked when it is unpickled, and no length in it
//! is trusted.

use std::collections::HashMap;
use std::sync::Arc;

use aioinflux::Series;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, NullArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
    StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::table::{Categories, Rows, Table};
use crate::exit;

/// The version in the format must be incremented when a state can no longer be read in the same
/// way. Numbers are in the byte order of the machine, which is part of the format.
const FORMAT: &str = if cfg!(target_endian = "little") {
    "1 little"
} else {
    "1 big"
};

/// A pickled column: its kind, its values, the end positions of its strings, and the mask of cells
/// that are not null.
type Column<'py> = (
    String,
    Bound<'py, PyBytes>,
    Option<Bound<'py, PyBytes>>,
    Option<Bound<'py, PyBytes>>,
);
/// A pickled batch: the number of its rows, and its columns.
type Batch<'py> = (usize, Vec<Column<'py>>);
/// A pickled series: the format, the measurement, the tags, the column names, and the batches.
pub(super) type State<'py> = (
    String,
    Option<String>,
    Vec<(String, String)>,
    Vec<String>,
    Vec<Batch<'py>>,
);

/// The metadata of a column, which the columns of Flux tables have.
pub(super) type Metadata = HashMap<String, String>;

/// A function and its arguments. Pickle stores the pair in place of an object, and calls the function
/// to restore the object.
pub(super) type Reduced<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>);

/// Returns the table that a pickled state describes.
#[pyfunction]
#[pyo3(name = "_table", signature = (state, categories, metadata=Vec::new()))]
#[expect(
    clippy::needless_pass_by_value,
    reason = "an argument that comes from Python"
)]
pub(crate) fn unpickled_table(
    state: State<'_>,
    categories: Categories,
    metadata: Vec<Metadata>,
) -> PyResult<Table> {
    exit::protect_thread();
    let mut series = series(state)?;
    if !metadata.is_empty() {
        for batch in &mut series.batches {
            *batch = with_metadata(batch, &metadata)?;
        }
    }
    Table::new(series, Some(&categories))
}

/// Returns a batch whose columns have this metadata.
fn with_metadata(batch: &RecordBatch, metadata: &[Metadata]) -> PyResult<RecordBatch> {
    let schema = batch.schema();
    if schema.fields().len() != metadata.len() {
        return Err(damaged("the number of columns is wrong"));
    }
    let fields = schema.fields().iter().zip(metadata);
    let fields = fields.map(|(field, own)| field.as_ref().clone().with_metadata(own.clone()));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let same = batch.clone().with_schema(schema);
    same.map_err(|error| damaged(&error.to_string()))
}

/// Returns the rows that a pickled state describes.
#[pyfunction]
#[pyo3(name = "_rows")]
pub(crate) fn unpickled_rows(
    state: State<'_>,
    unit: i64,
    divisor: i64,
    dicts: bool,
) -> PyResult<Rows> {
    exit::protect_thread();
    if unit < 1 || divisor < 1 {
        return Err(PyValueError::new_err("pickled rows: invalid unit"));
    }
    Ok(Rows::new(series(state)?, unit, divisor, dicts))
}

/// Returns the pickled state of a series. The series consists of the first columns of these
/// batches, namely those named in `columns`.
pub(super) fn state<'py>(
    py: Python<'py>,
    name: Option<&str>,
    tags: &[(String, String)],
    columns: &[String],
    batches: &[RecordBatch],
) -> PyResult<State<'py>> {
    let batches = batches.iter().map(|batch| {
        let arrays = batch.columns().iter().take(columns.len());
        let columns = arrays.map(|array| column(py, array));
        Ok((batch.num_rows(), columns.collect::<PyResult<_>>()?))
    });
    Ok((
        FORMAT.to_owned(),
        name.map(str::to_owned),
        tags.to_vec(),
        columns.to_vec(),
        batches.collect::<PyResult<_>>()?,
    ))
}

fn column<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Column<'py>> {
    let bytes = |values: &[u8]| PyBytes::new(py, values);
    let (kind, values, ends) = match array.data_type() {
        DataType::Timestamp(..) => ("time", memory::<TimestampNanosecondType>(array), None),
        DataType::Int64 => ("integer", memory::<Int64Type>(array), None),
        DataType::UInt64 => ("unsigned", memory::<UInt64Type>(array), None),
        DataType::Float64 => ("float", memory::<Float64Type>(array), None),
        DataType::Boolean => ("boolean", array.as_boolean().values().sliced(), None),
        DataType::Utf8 => texts(array.as_string()),
        DataType::Utf8View => texts(&array.as_string_view().iter().collect()),
        DataType::Null => ("null", Buffer::from(&[]), None),
        // The decoders of answers create columns of no other types.
        other => {
            let text = format!("a column of `{other}` cannot be pickled");
            return Err(PyValueError::new_err(text));
        }
    };
    let valid = array.nulls().filter(|_| kind != "null");
    let valid = valid.map(|nulls| bytes(&nulls.inner().sliced()));
    Ok((
        kind.to_owned(),
        bytes(&values),
        ends.map(|ends| bytes(&ends)),
        valid,
    ))
}

fn memory<T: ArrowPrimitiveType>(array: &ArrayRef) -> Buffer {
    array.as_primitive::<T>().values().inner().clone()
}

/// Returns the bytes of all strings in an array, and the position at which each string ends.
/// 0. If the array is a slice of a larger array, only the strings of the slice are kept.
fn texts(array: &StringArray) -> (&'static str, Buffer, Option<Buffer>) {
    let offsets = array.offsets();
    let (start, end) = (offsets[0], offsets[array.len()]);
    let all = array.values();
    let length = usize::try_from(end - start).unwrap_or_default();
    let values = all.slice_with_length(usize::try_from(start).unwrap_or_default(), length);
    let ends: Vec<i32> = offsets.iter().map(|offset| offset - start).collect();
    ("string", values, Some(Buffer::from_vec(ends)))
}

/// Returns the series that a pickled state describes.
pub(super) fn series(state: State<'_>) -> PyResult<Series> {
    let (format, name, tags, names, batches) = state;
    if format != FORMAT {
        return Err(damaged(&format!("expected format `{FORMAT}`, got another")));
    }
    let batches = batches.iter().map(|batch| restored(&names, batch));
    let mut series = Series::default();
    (series.name, series.tags) = (name, tags);
    series.batches = batches.collect::<PyResult<_>>()?;
    Ok(series)
}

fn damaged(what: &str) -> PyErr {
    PyValueError::new_err(format!("pickled rows: {what}"))
}

fn restored(names: &[String], (rows, columns): &Batch<'_>) -> PyResult<RecordBatch> {
    if names.len() != columns.len() {
        return Err(damaged("the number of columns is wrong"));
    }
    let arrays = columns.iter().map(|column| array(*rows, column));
    let arrays: Vec<ArrayRef> = arrays.collect::<PyResult<_>>()?;
    let fields = names.iter().zip(&arrays);
    let fields: Vec<_> = fields
        .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(*rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| damaged(&error.to_string()))
}

fn array(rows: usize, (kind, values, ends, valid): &Column<'_>) -> PyResult<ArrayRef> {
    let valid = valid.as_ref().map(|bits| bits_of(rows, bits.as_bytes()));
    let valid = valid.transpose()?.map(NullBuffer::new);
    let values = values.as_bytes();
    let made: Result<ArrayRef, ArrowError> = match kind.as_str() {
        "time" => numbers::<TimestampNanosecondType>(rows, values, valid)?.map(|times| {
            let kind = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
            Arc::new(times.with_data_type(kind)) as ArrayRef
        }),
        "integer" => numbers::<Int64Type>(rows, values, valid)?.map(shared),
        "unsigned" => numbers::<UInt64Type>(rows, values, valid)?.map(shared),
        "float" => numbers::<Float64Type>(rows, values, valid)?.map(shared),
        "boolean" => Ok(shared(BooleanArray::new(bits_of(rows, values)?, valid))),
        "string" => {
            let ends = ends
                .as_ref()
                .map(PyBytesMethods::as_bytes)
                .unwrap_or_default();
            let ends = buffer::<i32>(rows + 1, ends)?;
            if ends[0] < 0 || ends.windows(2).any(|two| two[0] > two[1]) {
                return Err(damaged("the ends of texts are out of order"));
            }
            StringArray::try_new(OffsetBuffer::new(ends), Buffer::from(values), valid).map(shared)
        }
        "null" => Ok(shared(NullArray::new(rows))),
        _ => return Err(damaged("a column of an unknown kind")),
    };
    made.map_err(|error| damaged(&error.to_string()))
}

fn shared(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn numbers<T: ArrowPrimitiveType>(
    rows: usize,
    values: &[u8],
    valid: Option<NullBuffer>,
) -> PyResult<Result<PrimitiveArray<T>, ArrowError>> {
    Ok(PrimitiveArray::try_new(
        buffer::<T::Native>(rows, values)?,
        valid,
    ))
}

/// Copies `count` numbers to memory with the alignment of their type, and returns them.
fn buffer<N: arrow_buffer::ArrowNativeType>(
    count: usize,
    bytes: &[u8],
) -> PyResult<ScalarBuffer<N>> {
    if count.checked_mul(size_of::<N>()) != Some(bytes.len()) {
        return Err(damaged("the length of a column is wrong"));
    }
    Ok(ScalarBuffer::new(Buffer::from(bytes), 0, count))
}

fn bits_of(rows: usize, bytes: &[u8]) -> PyResult<BooleanBuffer> {
    if bytes.len() < rows.div_ceil(8) {
        return Err(damaged("the length of a column is wrong"));
    }
    Ok(BooleanBuffer::new(Buffer::from(bytes), 0, rows))
}
