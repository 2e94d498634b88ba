//! Converts errors of the engine to the exceptions that `aioinflux.exceptions` declares.

use std::ops::Range;

use aioinflux::ledger::State;
use aioinflux::{Error, ErrorKind, FieldConflict};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyRange};

use crate::out::{PyAnswer, json};
use crate::place::shorten;

/// Names in the engine's error messages, each with the corresponding name in Python.
const NAMES: [(&str, &str); 4] = [
    ("`Tls::ca`", "`ca_file`"),
    ("`Tls::client_certificate`", "`cert_file` and `key_file`"),
    ("use an `https://` URL", "use `ssl=True`"),
    ("use an `http://` URL", "use `ssl=False`"),
];

/// The part of a failed query's answer that is kept in the exception.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kept {
    /// The exception keeps a dict with the same content as the server's JSON.
    Dict,
    /// The exception keeps the decoded answer.
    Answer,
    /// The exception keeps the decoded answer to a Flux query.
    Flux,
    /// The exception keeps no part of the answer, because the caller already has the rows.
    Nothing,
}

/// Returns the exception for an error of a request that is neither a write nor a query.
pub(crate) fn to_python(error: &Error) -> PyErr {
    Python::attach(|py| exception(py, error, "InfluxDBResponseError", &[]))
}

/// If user code raised `StopIteration`, wraps this exception so that the caller of an iterator can
/// see it. An unwrapped `StopIteration` would look like the end of the data, and all data after it
/// would be lost. Python's generators also wrap a `StopIteration` that is raised inside them (PEP
/// 479).
pub(crate) fn no_end(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyStopIteration>(py) {
        return error;
    }
    let told = PyRuntimeError::new_err("the data's own code raised StopIteration");
    told.set_cause(py, Some(error));
    told
}

/// Returns the exception for a failed write.
pub(crate) fn of_write(py: Python<'_>, error: &Error) -> PyErr {
    let rejected: Vec<(Option<u64>, &str, &str)> = error
        .rejected()
        .iter()
        .map(|one| (one.index, one.line.as_str(), one.reason.as_str()))
        .collect();
    let partial = error.kind() == ErrorKind::PartialWrite;
    let unsent: Vec<u64> = error.unsent().into_iter().flatten().collect();
    let fields = [
        ("rejected", object(py, rejected)),
        ("partial", object(py, partial)),
        ("written", ranges(py, &error.written()).unbind()),
        ("unsent", object(py, unsent)),
        ("reason", object(py, error.status().and_then(reason))),
    ];
    let made = exception(py, error, "InfluxDBWriteError", &fields);
    if matches!(error.kind(), ErrorKind::Config | ErrorKind::Input) {
        // Python's built-in exceptions also get the attribute `written`, which lists the points
        // that were written before the error.
        if let Some(ledger) = error.ledger().filter(|ledger| !ledger.is_empty()) {
            let written: Vec<_> = ledger.ranges(State::Stored).collect();
            let _ = made.value(py).setattr("written", ranges(py, &written));
        }
    }
    made
}

/// Returns ranges of point numbers as a list of Python `range` objects.
pub(crate) fn ranges<'py>(py: Python<'py>, points: &[Range<u64>]) -> Bound<'py, PyAny> {
    let found = PyList::empty(py);
    for one in points {
        // All points are in memory, so their numbers fit into a Python `range`.
        if let (Ok(start), Ok(end)) = (one.start.try_into(), one.end.try_into())
            && let Ok(range) = PyRange::new(py, start, end)
        {
            let _ = found.append(range);
        }
    }
    found.into_any()
}

/// Returns the exception for a failed query, together with the results that arrived before the
/// failure.
pub(crate) fn of_query(py: Python<'_>, error: &Error, kept: Kept) -> PyErr {
    let result = match (kept, error.raw()) {
        (Kept::Nothing, _) | (Kept::Dict, None) => None,
        (Kept::Dict, Some(raw)) => json::parse(py, raw).ok(),
        (Kept::Answer | Kept::Flux, _) => error.answer().cloned().and_then(|answer| {
            let answer = PyAnswer::of_language(answer, kept == Kept::Flux);
            Py::new(py, answer).ok().map(Py::into_any)
        }),
    };
    with_result(py, error, result.unwrap_or_else(|| py.None()))
}

/// Returns the exception for a failed query. The results that arrived before the failure are passed
/// in `result`.
pub(crate) fn with_result(py: Python<'_>, error: &Error, result: Py<PyAny>) -> PyErr {
    let fields = [
        ("statement", object(py, error.statement())),
        ("result", result),
    ];
    exception(py, error, "InfluxDBQueryError", &fields)
}

/// Returns the exception for a system error that occurs before there is a connection, such as a
/// lack of file descriptors.
pub(crate) fn no_connection(py: Python<'_>, error: &std::io::Error) -> PyErr {
    let fields = PyDict::new(py);
    let made = py
        .import("aioinflux.exceptions")
        .and_then(|module| module.getattr("InfluxDBConnectionError"))
        .and_then(|class| {
            fields.set_item("retryable", true)?;
            class.call((format!("no connection: {error}"),), Some(&fields))
        });
    made.map_or_else(|failed| failed, PyErr::from_value)
}

/// Returns the exception for an answer that cannot be decoded.
pub(crate) fn damaged(py: Python<'_>, what: &str) -> PyErr {
    let class = py
        .import("aioinflux.exceptions")
        .and_then(|module| module.getattr("InfluxDBDecodeError"));
    match class.and_then(|class| class.call1((format!("answer: {what}"),))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

fn object<'py, T: IntoPyObjectExt<'py>>(py: Python<'py>, value: T) -> Py<PyAny> {
    value.into_py_any(py).unwrap_or_else(|_| py.None())
}

/// Returns the name of the Python exception class for an error of the engine. `refused` names the
/// class for errors that the server reports.
fn class_name(error: &Error, refused: &'static str) -> &'static str {
    match error.kind() {
        ErrorKind::Timeout { .. } => "InfluxDBTimeoutError",
        ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Transport => "InfluxDBConnectionError",
        ErrorKind::Decode | ErrorKind::Partial => "InfluxDBDecodeError",
        _ => refused,
    }
}

fn exception(
    py: Python<'_>,
    error: &Error,
    refused: &'static str,
    fields: &[(&str, Py<PyAny>)],
) -> PyErr {
    let mut text = shown(refused, &error.to_string());
    if let Some(conflict) = error.field_conflict() {
        // The error message ends with a description of which points were written. The hint is
        // inserted before this description.
        let told = error.ledger().map(|ledger| format!("; {ledger}"));
        let told = told.filter(|told| text.ends_with(told)).unwrap_or_default();
        text.truncate(text.len() - told.len());
        text += &hint(&conflict);
        text += &told;
    }
    if matches!(error.kind(), ErrorKind::Timeout { .. }) {
        // Several timeouts in the configuration of the engine are a single argument in Python,
        // `timeout`.
        for limit in ["(`connect_timeout`)", "(`read_timeout`)"] {
            text = text.replace(limit, "(`timeout`)");
        }
    }
    for (rust, python) in NAMES {
        if text.contains(rust) {
            text = text.replace(rust, python);
        }
    }
    if matches!(error.kind(), ErrorKind::Config | ErrorKind::Input) {
        return PyValueError::new_err(text);
    }
    build(py, error, refused, text, fields).unwrap_or_else(|failed| failed)
}

/// Returns a hint for a field whose type differs from the type of this field on the server.
fn hint(conflict: &FieldConflict) -> String {
    let FieldConflict {
        field,
        measurement,
        sent,
        stored,
        ..
    } = conflict;
    format!(
        "; hint: field `{}` of `{}` was sent as {sent} and is stored as {stored}; for the mapping \
         of Python types see docs/types.md",
        shorten(field),
        shorten(measurement)
    )
}

fn build(
    py: Python<'_>,
    error: &Error,
    refused: &'static str,
    text: String,
    fields: &[(&str, Py<PyAny>)],
) -> PyResult<PyErr> {
    let all = PyDict::new(py);
    for (name, value) in fields {
        all.set_item(name, value)?;
    }
    all.set_item("status", error.status())?;
    all.set_item("code", error.code())?;
    let message = error.server_message();
    all.set_item("message", message.map(|message| shown(refused, message)))?;
    all.set_item("retryable", error.is_retryable())?;
    let headers = PyDict::new(py);
    for (name, value) in error.headers() {
        headers.set_item(header_name(name), shown(refused, value))?;
    }
    all.set_item("headers", headers)?;
    let class = class_name(error, refused);
    let class = py.import("aioinflux.exceptions")?.getattr(class)?;
    Ok(PyErr::from_value(class.call((text,), Some(&all))?))
}

/// Returns a message of the server in the form in which users see it. If a privilege is missing,
/// the server's message repeats the statement, which may contain URLs with users and passwords.
/// Users and passwords are removed from the URLs in all messages except those about writes.
fn shown(refused: &str, text: &str) -> String {
    if refused == "InfluxDBWriteError" {
        return text.to_owned();
    }
    let mut parts = text.split("://");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("://");
        let end = part.find(|one: char| one.is_whitespace() || one == '\'');
        let address = &part[..end.unwrap_or(part.len())];
        match address.rfind('@') {
            Some(at) => {
                masked.push_str("***");
                masked.push_str(&part[at..]);
            }
            None => masked.push_str(part),
        }
    }
    masked
}

/// Returns the name of an HTTP header with its usual capital letters, which are lost when the
/// header is sent.
pub(crate) fn header_name(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut chars = part.chars();
        chars.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(chars).collect()
        })
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Returns the standard reason phrase for an HTTP status that servers return for writes.
fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}
