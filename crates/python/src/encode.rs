//! Lines of what the user hands in, and points of lines: no server is needed.

use std::sync::Arc;

use aioinflux::Batch;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::input::Input;
use crate::points::Points;

/// Encodes `data` as lines; nothing is sent.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, extra_tags=None))]
pub(crate) fn encode(
    data: Bound<'_, PyAny>,
    measurement: Option<&Bound<'_, PyAny>>,
    tag_columns: Option<Vec<Py<PyAny>>>,
    extra_tags: Option<&Bound<'_, PyDict>>,
) -> PyResult<Encoded> {
    let py = data.py();
    let mut points = Points::new(measurement, tag_columns, extra_tags)?;
    Input::new(data).fill(py, &mut points, |_| false)?;
    // The frames above: the client's `make`, `_run` and `write`.
    points.warn(py, 3)?;
    Ok(Encoded {
        batch: Arc::new(points.encoder.take()),
    })
}

/// Encodes `data` as one `bytes` object, and counts the points that have no field.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, extra_tags=None))]
pub(crate) fn to_lines<'py>(
    data: Bound<'py, PyAny>,
    measurement: Option<&Bound<'py, PyAny>>,
    tag_columns: Option<Vec<Py<PyAny>>>,
    extra_tags: Option<&Bound<'py, PyDict>>,
) -> PyResult<(Bound<'py, PyBytes>, u64)> {
    let py = data.py();
    let mut points = Points::new(measurement, tag_columns, extra_tags)?;
    Input::new(data).fill(py, &mut points, |_| false)?;
    points.warn(py, 1)?;
    let batch = points.encoder.batch();
    Ok((PyBytes::new(py, batch.bytes()), batch.skipped()))
}

/// Encoded lines, ready to be sent.
#[pyclass(module = "aioinflux._core", name = "Batch", frozen)]
pub(crate) struct Encoded {
    pub(crate) batch: Arc<Batch>,
}

#[pymethods]
impl Encoded {
    #[getter]
    fn points(&self) -> usize {
        self.batch.len()
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.batch.skipped()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.batch.bytes())
    }
}
