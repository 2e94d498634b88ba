//! Converts data to lines, and lines to points, without a server.

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

/// The limits of a batch, which are chosen so that the batch is still in the CPU cache when it is
/// copied. If the lines have a usual length, a batch reaches the line limit before the size limit.
const LIMITS: Limits = Limits {
    lines: 2_000,
    bytes: 1 << 20,
    threads: None,
};

#[doc = docstring!("to_line_protocol")]
#[expect(clippy::doc_markdown, reason = "a docstring of Python")]
// Users call this function without a Python wrapper, because a wrapper took a sixth of the time of
// a call with one point.
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
    };
    lines_of(data, &arguments, server)
}

/// Returns the encoded lines of the data as one `bytes` object.
fn lines_of<'py>(
    data: Bound<'py, PyAny>,
    arguments: &Arguments,
    server: Server,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = data.py();
    let mut session = Session::begin(data, arguments, server, LIMITS)?;
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
        // If U+FEFF is the first character of the lines, it belongs to the measurement's name. A
        // blank line before U+FEFF keeps text decoders from removing this character as a byte order
        // mark.
        return Ok(PyBytes::new(py, &[b"\n", lines.as_bytes()].concat()));
    }
    Ok(lines)
}

/// Converts a Python time to nanoseconds since 1970 in UTC.
#[pyfunction]
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    exit::protect_thread();
    Times::default().nanoseconds(time, Place::argument("time"))
}
