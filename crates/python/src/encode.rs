//! Lines of what the user hands in, and points of lines: no server is needed.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

pub(crate) use crate::batch::Encoded;
use crate::errors;
use crate::exit;
use crate::input::Input;
use crate::place::Place;
use crate::points::Points;
use crate::times;

/// Encodes points as line protocol, exactly as `AsyncInfluxDBClient.write` sends them.
///
/// Args:
///     data: What `write` takes: text, mappings, objects of classes with `@lineprotocol`, tables,
///         and iterables of these. Tables are DataFrames of pandas and polars, what else speaks
///         Arrow's C data interface (pyarrow, DuckDB), and structured arrays of numpy.
///     measurement: Name for points and rows that carry none.
///     tag_columns: Columns of a table that are tags; all others are fields.
///     time_column: Column of the times of a table. `None`: the index of a pandas DataFrame, the
///         column `time` of other tables.
///     measurement_column: Column of the measurements of a table.
///     tags: Extra tags of any name, those of this function's arguments too.
///     **extra_tags: Tags for every mapping and every row; they beat a point's own.
/// Returns:
///     One line for each point, each with a line feed at its end, times in nanoseconds. Points
///     without any field left have no line; a warning is logged with their number.
/// Raises:
///     ValueError, TypeError: a point cannot be written; the text names the point, the key and
///         the value.
/// Source: InfluxDB 1.8 documentation, line protocol reference.
#[expect(clippy::doc_markdown, reason = "a docstring of Python")]
// No function of Python stands before it: that one took a sixth of the time of a call with a point.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, *, time_column=None,
    measurement_column=None, tags=None, **extra_tags))]
pub(crate) fn to_line_protocol<'py>(
    data: Bound<'py, PyAny>,
    measurement: Option<&Bound<'py, PyAny>>,
    tag_columns: Option<&Bound<'py, PyAny>>,
    time_column: Option<Py<PyAny>>,
    measurement_column: Option<Py<PyAny>>,
    tags: Option<&Bound<'py, PyAny>>,
    extra_tags: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyBytes>> {
    exit::protect_thread();
    let py = data.py();
    let helpers = || py.import("aioinflux._lines");
    let extra_tags = match tags {
        Some(tags) => Some(
            helpers()?
                .call_method1("_with", (tags, extra_tags))?
                .cast_into()?,
        ),
        None => extra_tags,
    };
    let tag_columns = match tag_columns {
        Some(columns) => {
            let checks = py.import("aioinflux._arguments")?;
            let names = checks.call_method1("names", ("tag_columns", columns))?;
            Some(names.extract()?)
        }
        None => None,
    };
    let mut points = Points::begin(measurement, tag_columns, extra_tags.as_ref(), None)?;
    points.time_column = time_column;
    points.measurement_column = measurement_column;
    let filled = Input::new(data).fill(py, &mut points, |_| false);
    filled.map_err(|error| errors::no_end(py, error))?;
    points.warn(py, 0)?;
    let batch = points.encoder.batch();
    if batch.skipped() > 0 {
        helpers()?.call_method1("_skipped", (batch.skipped(),))?;
    }
    Ok(PyBytes::new(py, batch.bytes()))
}

/// The nanoseconds since 1970 in UTC that a time stands for.
#[pyfunction]
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    exit::protect_thread();
    times::nanoseconds(time, Place::argument("time"))
}
