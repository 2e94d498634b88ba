//! Decodes lines of line protocol into points.

use aioinflux::line::Decoder;
use aioinflux::{Dialect, FieldValue};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString};

use crate::exit;
use crate::place::type_name;
use crate::server::Server;

/// The number of lines that are decoded between two signal checks.
const SIGNAL_LINES: usize = 4096;

/// Returns the points that lines of line protocol contain, as mappings that the encoding functions
/// accept.
#[pyfunction]
pub(crate) fn parse_lines<'py>(
    data: &Bound<'py, PyAny>,
    server: Server,
) -> PyResult<Bound<'py, PyList>> {
    exit::protect_thread();
    let dialect = server.dialect();
    if let Ok(text) = data.cast::<PyString>() {
        points(data.py(), dialect, text.to_str()?.as_bytes())
    } else if let Ok(text) = data.cast::<PyBytes>() {
        points(data.py(), dialect, text.as_bytes())
    } else if let Ok(text) = data.cast::<PyByteArray>() {
        points(data.py(), dialect, &text.to_vec())
    } else {
        Err(PyTypeError::new_err(format!(
            "argument `data`: expected str or bytes, got `{}`",
            type_name(data)
        )))
    }
}

fn points<'py>(py: Python<'py>, dialect: Dialect, text: &[u8]) -> PyResult<Bound<'py, PyList>> {
    // Some editors write a byte order mark at the start of a file. When lines are written, a byte
    // order mark at the start is ignored too.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let points = PyList::empty(py);
    for (number, line) in Decoder::new(dialect, text).enumerate() {
        let line = line.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let tags = PyDict::new(py);
        for (key, value) in line.tags() {
            tags.set_item(PyString::intern(py, key), &**value)?;
        }
        let fields = PyDict::new(py);
        for (key, value) in line.fields() {
            let key = PyString::intern(py, key);
            match value {
                FieldValue::Float(value) => fields.set_item(key, value)?,
                FieldValue::Integer(value) => fields.set_item(key, value)?,
                FieldValue::Unsigned(value) => fields.set_item(key, value)?,
                FieldValue::Boolean(value) => fields.set_item(key, value)?,
                FieldValue::String(value) => fields.set_item(key, &**value)?,
            }
        }
        let point = PyDict::new(py);
        point.set_item(intern!(py, "measurement"), line.measurement())?;
        point.set_item(intern!(py, "tags"), tags)?;
        point.set_item(intern!(py, "fields"), fields)?;
        if let Some(time) = line.timestamp() {
            point.set_item(intern!(py, "time"), time)?;
        }
        points.append(point)?;
        if number % SIGNAL_LINES == SIGNAL_LINES - 1 {
            py.check_signals()?;
        }
    }
    Ok(points)
}
