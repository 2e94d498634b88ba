//! Decoded answers as Python values: dicts as the server's JSON, rows, and columns for frames.

use aioinflux::{Answer, Series};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, BooleanArray, RecordBatch, StringArray};
use arrow_schema::{DataType, SchemaRef};
use numpy::{IntoPyArray, PyArray1};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// pandas' mark for a missing time.
const NAT: i64 = i64::MIN;

/// A decoded answer.
#[pyclass(module = "aioinflux._core", name = "Answer", frozen)]
pub(crate) struct PyAnswer {
    answer: Answer,
}

impl PyAnswer {
    pub(crate) fn new(answer: Answer) -> Self {
        Self { answer }
    }
}

#[pymethods]
impl PyAnswer {
    /// The answer in the shape of the server's JSON.
    fn to_dict<'py>(&self, py: Python<'py>, epoch: &str) -> PyResult<Bound<'py, PyDict>> {
        let divisor = divisor(epoch)?;
        let results = PyList::empty(py);
        for statement in &self.answer.statements {
            let result = PyDict::new(py);
            result.set_item("statement_id", statement.id)?;
            if !statement.series.is_empty() {
                let series = PyList::empty(py);
                for one in &statement.series {
                    series.append(series_dict(py, one, divisor)?)?;
                }
                result.set_item("series", series)?;
            }
            if !statement.messages.is_empty() {
                let messages = PyList::empty(py);
                for message in &statement.messages {
                    let item = PyDict::new(py);
                    item.set_item("level", &message.level)?;
                    item.set_item("text", &message.text)?;
                    messages.append(item)?;
                }
                result.set_item("messages", messages)?;
            }
            if let Some(error) = &statement.error {
                result.set_item("error", error)?;
            }
            results.append(result)?;
        }
        let answer = PyDict::new(py);
        answer.set_item("results", results)?;
        Ok(answer)
    }

    /// How many series each statement has that did not fail.
    #[getter]
    fn statements(&self) -> Vec<usize> {
        let good = self
            .answer
            .statements
            .iter()
            .filter(|statement| statement.error.is_none());
        good.map(|statement| statement.series.len()).collect()
    }

    /// Every series of every statement, by columns.
    fn series(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let all = self
            .answer
            .statements
            .iter()
            .flat_map(|statement| &statement.series);
        all.map(|series| series_columns(py, series.name.as_deref(), &series.tags, &series.batches))
            .collect()
    }
}

fn series_dict<'py>(
    py: Python<'py>,
    series: &Series,
    divisor: i64,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    if let Some(name) = &series.name {
        dict.set_item("name", name)?;
    }
    if !series.tags.is_empty() {
        dict.set_item("tags", tags_dict(py, &series.tags)?)?;
    }
    let schema = series.batches.first().map(RecordBatch::schema);
    dict.set_item(
        "columns",
        schema.as_ref().map(column_names).unwrap_or_default(),
    )?;
    let values = PyList::empty(py);
    for batch in &series.batches {
        let columns = readers(batch, divisor);
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|column| column.object(py, row));
            values.append(PyList::new(py, cells.collect::<PyResult<Vec<_>>>()?)?)?;
        }
    }
    // As the server's JSON, which has no key for no rows.
    if !values.is_empty() {
        dict.set_item("values", values)?;
    }
    Ok(dict)
}

fn tags_dict<'py>(py: Python<'py>, tags: &[(String, String)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in tags {
        dict.set_item(key, value)?;
    }
    Ok(dict)
}

/// The names of the columns of a schema.
pub(crate) fn column_names(schema: &SchemaRef) -> Vec<String> {
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

/// How many nanoseconds the unit of `epoch` has.
pub(crate) fn divisor(epoch: &str) -> PyResult<i64> {
    Ok(match epoch {
        "ns" => 1,
        "u" => 1000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => {
            return Err(PyValueError::new_err(format!(
                "epoch `{epoch}` is not known"
            )));
        }
    })
}

/// The rows of a batch, each made by `make` from a tuple of its cells.
pub(crate) fn rows<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
    divisor: i64,
    make: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let columns = readers(batch, divisor);
    let list = PyList::empty(py);
    for row in 0..batch.num_rows() {
        let cells = columns.iter().map(|column| column.object(py, row));
        let tuple = PyTuple::new(py, cells.collect::<PyResult<Vec<_>>>()?)?;
        list.append(make.call1((tuple,))?)?;
    }
    Ok(list)
}

/// One column of a batch, by type.
enum Reader<'a> {
    Null,
    Time(&'a dyn Array, &'a [i64], i64),
    Integer(&'a dyn Array, &'a [i64]),
    Unsigned(&'a dyn Array, &'a [u64]),
    Float(&'a dyn Array, &'a [f64]),
    Boolean(&'a BooleanArray),
    String(&'a StringArray),
}

fn readers(batch: &RecordBatch, divisor: i64) -> Vec<Reader<'_>> {
    batch
        .columns()
        .iter()
        .map(|array| Reader::new(array.as_ref(), divisor))
        .collect()
}

impl<'a> Reader<'a> {
    fn new(array: &'a dyn Array, divisor: i64) -> Self {
        match array.data_type() {
            DataType::Timestamp(..) => Self::Time(
                array,
                array.as_primitive::<TimestampNanosecondType>().values(),
                divisor,
            ),
            DataType::Int64 => Self::Integer(array, array.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => Self::Unsigned(array, array.as_primitive::<UInt64Type>().values()),
            DataType::Float64 => Self::Float(array, array.as_primitive::<Float64Type>().values()),
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Utf8 => Self::String(array.as_string()),
            // The decoders make no other types.
            _ => Self::Null,
        }
    }

    fn object(&self, py: Python<'_>, row: usize) -> PyResult<Py<PyAny>> {
        match self {
            Self::Null => Ok(py.None()),
            // The server divides so, towards zero.
            Self::Time(array, values, divisor) => array
                .is_valid(row)
                .then(|| values[row] / divisor)
                .into_py_any(py),
            Self::Integer(array, values) => {
                array.is_valid(row).then(|| values[row]).into_py_any(py)
            }
            Self::Unsigned(array, values) => {
                array.is_valid(row).then(|| values[row]).into_py_any(py)
            }
            Self::Float(array, values) => array.is_valid(row).then(|| values[row]).into_py_any(py),
            Self::Boolean(array) => array
                .is_valid(row)
                .then(|| array.value(row))
                .into_py_any(py),
            Self::String(array) => array
                .is_valid(row)
                .then(|| array.value(row))
                .into_py_any(py),
        }
    }
}

/// A series by columns: `(name, tags, [(label, kind, values, mask)])`.
///
/// Kinds: `time` (int64 nanoseconds), `int` (int64 or uint64; with a mask where there are nulls),
/// `float` (nulls are NaN), `bool` (with a mask where there are nulls), `object` (a list).
pub(crate) fn series_columns(
    py: Python<'_>,
    name: Option<&str>,
    tags: &[(String, String)],
    batches: &[RecordBatch],
) -> PyResult<Py<PyAny>> {
    let schema = batches.first().map(RecordBatch::schema);
    let labels = schema.as_ref().map(column_names).unwrap_or_default();
    let columns = PyList::empty(py);
    for (position, label) in labels.iter().enumerate() {
        let parts: Vec<&dyn Array> = batches
            .iter()
            .map(|batch| batch.column(position).as_ref())
            .collect();
        let (kind, values, mask) = column(py, &parts)?;
        columns.append((label, kind, values, mask))?;
    }
    (name, tags_dict(py, tags)?, columns).into_py_any(py)
}

type Column = (&'static str, Py<PyAny>, Py<PyAny>);

/// One column out of its parts; parts that are all null take the type of the others.
fn column(py: Python<'_>, parts: &[&dyn Array]) -> PyResult<Column> {
    let mut kinds = parts
        .iter()
        .map(|part| part.data_type())
        .filter(|kind| **kind != DataType::Null);
    let first = kinds.next();
    if kinds.any(|kind| Some(kind) != first) {
        return objects(py, parts);
    }
    match first {
        Some(DataType::Timestamp(..)) => {
            let values = joined(parts, NAT, |part, row| {
                part.as_primitive::<TimestampNanosecondType>().value(row)
            });
            Ok(("time", array(py, values), py.None()))
        }
        Some(DataType::Int64) => {
            let values = joined(parts, 0, |part, row| {
                part.as_primitive::<Int64Type>().value(row)
            });
            Ok(("int", array(py, values), mask(py, parts)))
        }
        Some(DataType::UInt64) => {
            let values = joined(parts, 0, |part, row| {
                part.as_primitive::<UInt64Type>().value(row)
            });
            Ok(("int", array(py, values), mask(py, parts)))
        }
        Some(DataType::Float64) => {
            let values = joined(parts, f64::NAN, |part, row| {
                part.as_primitive::<Float64Type>().value(row)
            });
            Ok(("float", array(py, values), py.None()))
        }
        Some(DataType::Boolean) => {
            let values = joined(parts, false, |part, row| part.as_boolean().value(row));
            Ok(("bool", array(py, values), mask(py, parts)))
        }
        _ => objects(py, parts),
    }
}

fn array<T: numpy::Element>(py: Python<'_>, values: Vec<T>) -> Py<PyAny> {
    values.into_pyarray(py).into_any().unbind()
}

/// The values of all parts, one after the other, with `missing` for null.
fn joined<T: Copy>(parts: &[&dyn Array], missing: T, at: fn(&dyn Array, usize) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        let null = *part.data_type() == DataType::Null;
        values.extend((0..part.len()).map(|row| {
            if null || part.is_null(row) {
                missing
            } else {
                at(*part, row)
            }
        }));
    }
    values
}

/// Which values are null, or `None` where none is.
fn mask(py: Python<'_>, parts: &[&dyn Array]) -> Py<PyAny> {
    if parts.iter().all(|part| part.logical_null_count() == 0) {
        return py.None();
    }
    let mut mask = Vec::new();
    for part in parts {
        let null = *part.data_type() == DataType::Null;
        mask.extend((0..part.len()).map(|row| null || part.is_null(row)));
    }
    PyArray1::from_vec(py, mask).into_any().unbind()
}

fn objects(py: Python<'_>, parts: &[&dyn Array]) -> PyResult<Column> {
    let list = PyList::empty(py);
    for part in parts {
        let reader = Reader::new(*part, 1);
        for row in 0..part.len() {
            list.append(reader.object(py, row)?)?;
        }
    }
    Ok(("object", list.into_any().unbind(), py.None()))
}
