//! Lines from data, and points from lines, without a server.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::arguments::Arguments;
pub(crate) use crate::batch::Encoded;
use crate::errors;
use crate::exit;
use crate::limits::Limits;
use crate::place::Place;
use crate::server::Server;
use crate::session::Session;
use crate::times::Times;
use crate::whole::joined;

/// Maximum size of a batch: it is copied once, and should still be in the cache then. Lines of
/// usual length reach the limit of lines before this one.
const LIMITS: Limits = Limits {
    lines: 2_000,
    bytes: 1 << 20,
    threads: None,
};

#[doc = docstring!("to_line_protocol")]
#[expect(clippy::doc_markdown, reason = "a docstring of Python")]
// No Python function wraps it: that took a sixth of the time of a call with one point.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, *, time_column=None,
    measurement_column=None, time_unit=None, tags=None, stamp=None, threads=None,
    server=Server::V1, **extra_tags), text_signature = "(data, measurement=None, tag_columns=None, *, \
    time_column=None, measurement_column=None, time_unit=None, tags=None, stamp=False, \
    threads=None, server='1.x', **extra_tags)")]
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of the Python function"
)]
pub(crate) fn to_line_protocol(
    data: Bound<'_, PyAny>,
    measurement: Option<Py<PyAny>>,
    tag_columns: Option<Py<PyAny>>,
    time_column: Option<Py<PyAny>>,
    measurement_column: Option<Py<PyAny>>,
    time_unit: Option<Py<PyAny>>,
    tags: Option<Py<PyAny>>,
    stamp: Option<Py<PyAny>>,
    threads: Option<Py<PyAny>>,
    server: Server,
    extra_tags: Option<Py<PyDict>>,
) -> PyResult<Bound<'_, PyBytes>> {
    exit::protect_thread();
    let arguments = Arguments {
        measurement,
        tag_columns,
        time_column,
        measurement_column,
        time_unit,
        tags,
        extra_tags,
        default_tags: None,
        stamp,
        batch_lines: None,
        batch_bytes: None,
        threads,
        server,
    };
    lines_of(data, &arguments)
}

/// The lines of some data as one object.
fn lines_of<'py>(data: Bound<'py, PyAny>, arguments: &Arguments) -> PyResult<Bound<'py, PyBytes>> {
    let py = data.py();
    let mut session = Session::begin(data, arguments, LIMITS)?;
    let is_done = session.finish_early(py);
    let (lines, skipped) = if is_done.map_err(|error| errors::no_end(py, error))? {
        let batch = session.sink.encoder.batch();
        (PyBytes::new(py, batch.bytes()), batch.skipped())
    } else {
        joined(py, &mut session).map_err(|error| errors::no_end(py, error))?
    };
    if skipped > 0 {
        let helpers = py.import("aioinflux._lines")?;
        helpers.call_method1("_skipped", (skipped,))?;
    }
    if lines.as_bytes().starts_with("\u{feff}".as_bytes()) {
        // Here U+FEFF is part of the measurement. A blank line before it keeps text decoders from
        // dropping it as a byte order mark.
        return Ok(PyBytes::new(py, &[b"\n", lines.as_bytes()].concat()));
    }
    Ok(lines)
}

/// Returns the nanoseconds since 1970 in UTC of a time.
#[pyfunction]
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    exit::protect_thread();
    Times::default().nanoseconds(time, Place::argument("time"))
}
