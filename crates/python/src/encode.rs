//! Lines of what the user hands in, and points of lines: no server is needed.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

pub(crate) use crate::batch::Encoded;
use crate::errors;
use crate::input::Input;
use crate::place::Place;
use crate::points::Points;
use crate::times;

/// Encodes `data` as one `bytes` object; `told` hears of points that have no field.
#[pyfunction]
#[pyo3(signature = (told, data, measurement=None, tag_columns=None, extra_tags=None,
    time_column=None, measurement_column=None))]
pub(crate) fn to_lines<'py>(
    told: &Bound<'py, PyAny>,
    data: Bound<'py, PyAny>,
    measurement: Option<&Bound<'py, PyAny>>,
    tag_columns: Option<Vec<Py<PyAny>>>,
    extra_tags: Option<&Bound<'py, PyDict>>,
    time_column: Option<Py<PyAny>>,
    measurement_column: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = data.py();
    let mut points = Points::begin(measurement, tag_columns, extra_tags, None)?;
    points.time_column = time_column;
    points.measurement_column = measurement_column;
    let filled = Input::new(data).fill(py, &mut points, |_| false);
    filled.map_err(|error| errors::no_end(py, error))?;
    points.warn(py, 1)?;
    let batch = points.encoder.batch();
    if batch.skipped() > 0 {
        told.call1((batch.skipped(),))?;
    }
    Ok(PyBytes::new(py, batch.bytes()))
}

/// The nanoseconds since 1970 in UTC that a time stands for.
#[pyfunction]
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    times::nanoseconds(time, Place::argument("time"))
}
