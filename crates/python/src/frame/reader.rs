//! Reads the batches of a table from Arrow's C interface or from a pyarrow reader.

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
use pyo3::exceptions::{PyStopIteration, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3_arrow::input::AnyRecordBatch;
use pyo3_arrow::{PyRecordBatch, PySchema};

use super::roles::Roles;
use crate::place::{Place, shorten};
use crate::sink::Sink;
use crate::{text, values};

/// A source that returns the batches of a table one after another.
pub(super) enum BatchReader {
    /// The batches are read through Arrow's C interface.
    Stream(Box<dyn RecordBatchReader + Send>),
    /// The batches are read through the pyarrow reader's own method. If user code behind the reader
    /// raised an exception, the C interface would pass on only the exception's message.
    Python(Py<PyAny>, SchemaRef),
}

impl BatchReader {
    pub(super) fn open(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = data.py();
        if values::is_imported(py, "pyarrow")
            && data.is_instance(&py.import("pyarrow")?.getattr("RecordBatchReader")?)?
        {
            let schema: PySchema = data.getattr(intern!(py, "schema"))?.extract()?;
            return Ok(Self::Python(data.clone().unbind(), schema.into_inner()));
        }
        let table = data.extract::<AnyRecordBatch>();
        let table = table.map_err(|error| with_column(data, error))?;
        Ok(Self::Stream(table.into_reader()?))
    }

    pub(super) fn schema(&self) -> SchemaRef {
        match self {
            Self::Stream(reader) => reader.schema(),
            Self::Python(_, schema) => schema.clone(),
        }
    }

    /// Returns the next batch of the table. Returns `None` after the last batch.
    pub(super) fn next(&mut self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        match self {
            Self::Stream(reader) => {
                // The GIL is released, because the code that produces the batch may need the GIL or
                // take a long time.
                let next = py.detach(|| reader.next()).transpose();
                next.map_err(|error| {
                    let text = error.to_string();
                    let text = text
                        .strip_prefix("C Data interface error: ")
                        .unwrap_or(&text);
                    PyValueError::new_err(format!("the table cannot be read any further: {text}"))
                })
            }
            Self::Python(reader, _) => {
                let next = reader.bind(py).call_method0(intern!(py, "read_next_batch"));
                match next {
                    Ok(batch) => Ok(Some(batch.extract::<PyRecordBatch>()?.into_inner())),
                    Err(error) if error.is_instance_of::<PyStopIteration>(py) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }
}

/// The prefix of error messages that come from Arrow itself. Exceptions that user code raises do
/// not have this prefix.
const OF_ARROW: &str = "C Data interface error: ";

/// Returns the error for a table with a column whose type does not exist in Arrow. If the table has
/// a `select` method, as polars and pyarrow tables do, the error message names the column.
fn with_column(data: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = data.py();
    let told = error.value(py).to_string();
    let Some(told) = told.strip_prefix(OF_ARROW) else {
        return error;
    };
    let names =
        ["column_names", "columns"].map(|list| data.getattr(list)?.extract::<Vec<String>>());
    let names = names.into_iter().flatten().next().unwrap_or_default();
    let is_wrong = |name: &String| {
        let alone = data.call_method1(intern!(py, "select"), ([name],));
        alone.is_ok_and(|alone| alone.extract::<AnyRecordBatch>().is_err())
    };
    let place = Place {
        point: None,
        part: "column",
        key: names.iter().find(|name| is_wrong(name)).map(String::as_str),
    };
    place.value_error(format!("its type cannot be converted to Arrow: {told}"))
}

/// Returns a table with only Arrow types, and the names of the columns that were converted to text.
/// If a polars DataFrame has columns of the following types, these columns are converted:
///
/// * `Null`, whose buffer is not allowed in Arrow: these columns become text;
/// * 128-bit integers: field columns become `Int64` if all values fit, and tag columns become
///   text.
pub(super) fn without_foreign_types<'py>(
    sink: &Sink,
    roles: &Roles,
    data: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, Vec<String>)> {
    let py = data.py();
    let same = || Ok((data.clone(), Vec::new()));
    if !values::is_imported(py, "polars") {
        return same();
    }
    let polars = py.import("polars")?;
    if !data.is_instance(&polars.getattr("DataFrame")?)? {
        return same();
    }
    let foreign = |dtype: &Bound<'_, PyAny>| {
        let name = dtype.str().map(|name| name.to_string());
        name.map(|name| matches!(name.as_str(), "Null" | "Int128" | "UInt128"))
    };
    let (mut columns, mut converted) = (Vec::new(), Vec::new());
    let dtypes: Vec<Bound<'py, PyAny>> = data.getattr("dtypes")?.extract()?;
    let names: Vec<String> = data.getattr("columns")?.extract()?;
    for (name, dtype) in names.into_iter().zip(dtypes) {
        if !foreign(&dtype)? {
            continue;
        }
        let column = data.call_method1("get_column", (&name,))?;
        let is_null = dtype.eq(polars.getattr("Null")?)?;
        if is_null || is_text(py, roles, &name)? {
            columns.push(column.call_method1("cast", (polars.getattr("String")?,))?);
            if !is_null {
                converted.push(name);
            }
        } else {
            columns.push(narrowed(sink, &name, &column)?);
        }
    }
    if columns.is_empty() {
        return same();
    }
    Ok((data.call_method1("with_columns", (columns,))?, converted))
}

/// Returns whether a column is written as text because the arguments make it a tag or the
/// measurement.
fn is_text(py: Python<'_>, roles: &Roles, name: &str) -> PyResult<bool> {
    for named in roles.texts() {
        if text::lossy(named.bind(py))? == name {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns a column of 128-bit integers as `Int64`.
fn narrowed<'py>(
    sink: &Sink,
    name: &str,
    column: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = column.py();
    let narrow = py.import("polars")?.getattr("Int64")?;
    let lenient = [("strict", false)].into_py_dict(py)?;
    let narrow = column.call_method("cast", (narrow,), Some(&lenient))?;
    let missing = |column: &Bound<'py, PyAny>| column.call_method0("is_null");
    let lost = missing(&narrow)?.call_method1("__ne__", (missing(column)?,))?;
    let Some(row) = lost.call_method0("arg_max")?.extract::<Option<u64>>()? else {
        return Ok(narrow);
    };
    if !lost.get_item(row)?.is_truthy()? {
        return Ok(narrow);
    }
    let shown = shorten(&column.get_item(row)?.to_string());
    let index = sink.encoder.next_index() + row;
    let place = Place::of(index, "field").key(name);
    Err(place.value_error(format!("integer `{shown}` is beyond 64 bits")))
}
