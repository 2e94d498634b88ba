//! Reads the numpy dtypes of columns.

use aioinflux::frame::FrameError;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::place::shorten;

/// Returns the error for a time column whose dtype is a float type.
pub(super) fn no_floats(name: &str, dtype: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "column `{}`: expected {}, got `{dtype}`",
        shorten(name),
        FrameError::TIMES
    ))
}

/// Returns the numpy `dtype` of an array or a column. Returns `None` for dtypes that pandas defines
/// itself.
pub(super) fn numpy_dtype<'py>(column: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = column.py();
    let dtype = column.getattr(intern!(py, "dtype"))?;
    let numpy = py.import(intern!(py, "numpy"))?;
    let known = dtype.is_instance(&numpy.getattr(intern!(py, "dtype"))?)?;
    Ok(known.then_some(dtype))
}
