//! Determines the type of a Python value, and whether the value is missing.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyComplex, PyFloat, PyString, PyType};

/// Returns whether a value can be converted to a meaningful string. An iterable cannot be converted
/// to a meaningful string, and neither can an object whose class does not define its own text.
pub(crate) fn is_scalar(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyString>() || is_enum(value)? {
        return Ok(true);
    }
    let py = value.py();
    if value.hasattr(intern!(py, "__iter__"))? && !is_numpy(value) {
        return Ok(false);
    }
    // If a class defines neither `__str__` nor `__repr__`, the text of its objects contains their
    // address.
    let kind = value.get_type();
    let object = py.get_type::<PyAny>();
    let own = |name| -> PyResult<bool> { Ok(!kind.getattr(name)?.is(&object.getattr(name)?)) };
    Ok(own(intern!(py, "__str__"))? || own(intern!(py, "__repr__"))?)
}

/// Returns whether a Python value is missing. Missing values are `None`, NaN of every type, and the
/// markers for missing values in pandas, numpy and Arrow.
pub(crate) fn is_missing(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_none() {
        return Ok(true);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(number.value().is_nan());
    }
    let kind = value.get_type();
    let name = kind.name()?;
    let name = name.to_str()?;
    if matches!(name, "NAType" | "NaTType") {
        return Ok(kind.module()?.to_str()?.starts_with("pandas"));
    }
    if name == "MaskedConstant" {
        return Ok(kind.module()?.to_str()?.starts_with("numpy"));
    }
    if is_numpy(value) || value.is_instance_of::<PyComplex>() {
        // NaN and NaT are the only numpy scalars that are not equal to themselves. A numpy record
        // is not a scalar, so it is never missing.
        return Ok(name != "void" && value.ne(value)?);
    }
    if is_arrow(value) {
        return is_missing_in_arrow(value);
    }
    // Comparing a signaling NaN raises an exception, so `is_nan` is called instead.
    Ok(is_decimal(value)?
        && value
            .call_method0(intern!(value.py(), "is_nan"))?
            .is_truthy()?)
}

/// Returns whether a value is a complex number of Python or numpy.
pub(super) fn is_complex(value: &Bound<'_, PyAny>) -> bool {
    let name = value.get_type().name();
    value.is_instance_of::<PyComplex>()
        || (is_numpy(value)
            && name.is_ok_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with("complex") || name.starts_with("clongdouble")
            }))
}

/// Returns whether a pyarrow scalar is null or NaN.
fn is_missing_in_arrow(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if !value.getattr(intern!(py, "is_valid"))?.is_truthy()? {
        return Ok(true);
    }
    // If the scalar comes from a dictionary array, the null may be among the values of the
    // dictionary. A scalar that cannot be converted to Python is not null.
    match value.call_method0(intern!(py, "as_py")) {
        Ok(plain) => is_missing(&plain),
        Err(_) => Ok(false),
    }
}

/// Returns whether a value is a pyarrow scalar.
pub(crate) fn is_arrow(value: &Bound<'_, PyAny>) -> bool {
    let kind = value.get_type();
    kind.name()
        .is_ok_and(|name| name.to_string_lossy().ends_with("Scalar"))
        && kind
            .module()
            .is_ok_and(|module| module.to_string_lossy().starts_with("pyarrow"))
}

/// Returns whether a value is a numpy scalar. Arrays are not numpy scalars.
pub(crate) fn is_numpy(value: &Bound<'_, PyAny>) -> bool {
    static GENERIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = value.py();
    // If a process has never imported numpy, it has no numpy scalars, and this check must not
    // import numpy.
    if GENERIC.get(py).is_none() && !is_imported(py, "numpy") {
        return false;
    }
    GENERIC
        .import(py, "numpy", "generic")
        .is_ok_and(|generic| value.is_instance(generic).unwrap_or(false))
}

/// Returns whether a Python module has been imported.
pub(crate) fn is_imported(py: Python<'_>, module: &str) -> bool {
    py.import("sys")
        .and_then(|sys| sys.getattr("modules"))
        .and_then(|modules| modules.get_item(module))
        .is_ok_and(|module| !module.is_none())
}

static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn is_instance(
    value: &Bound<'_, PyAny>,
    module: &str,
    name: &str,
    cache: &'static PyOnceLock<Py<PyType>>,
) -> PyResult<bool> {
    value.is_instance(cache.import(value.py(), module, name)?)
}

pub(super) fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    is_instance(value, "decimal", "Decimal", &DECIMAL)
}

/// Returns whether a value is a member of an enum.
pub(crate) fn is_enum(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    is_instance(value, "enum", "Enum", &ENUM)
}
