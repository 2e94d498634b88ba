//! Writes parts of `InfluxQL` statements for the Python module `aioinflux.influxql`. All quoting is
//! done by the engine.

use std::time::Duration;

use jiff::Timestamp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors;
use crate::exit;
use crate::place::Place;
use crate::times::Times;

fn checked(written: Result<String, aioinflux::Error>) -> PyResult<String> {
    written.map_err(|error| errors::to_python(&error))
}

/// Quotes a string.
#[pyfunction]
pub(crate) fn quote_string(text: &str) -> PyResult<String> {
    exit::protect_thread();
    checked(aioinflux::quote_string(text))
}

/// Writes a regular expression between slashes, as in an `InfluxQL` statement.
#[pyfunction]
pub(crate) fn quote_regex(pattern: &str) -> PyResult<String> {
    exit::protect_thread();
    checked(aioinflux::quote_regex(pattern))
}

/// Writes a number of nanoseconds as an `InfluxQL` duration.
#[pyfunction]
pub(crate) fn quote_duration(nanoseconds: i128) -> PyResult<String> {
    exit::protect_thread();
    let nanoseconds = u64::try_from(nanoseconds).map_err(|_| {
        PyValueError::new_err(format!(
            "duration of {nanoseconds} ns: expected a non-negative number of 64 bits"
        ))
    })?;
    checked(aioinflux::quote_duration(Duration::from_nanos(nanoseconds)))
}

/// Checks whether a string is a valid duration in `InfluxQL`.
#[pyfunction]
pub(crate) fn check_duration(text: &str) -> PyResult<String> {
    exit::protect_thread();
    checked(aioinflux::engine::check_duration(text))
}

/// Writes a time as an `InfluxQL` string in RFC 3339 format, in UTC, with nine digits for the
/// nanoseconds.
#[pyfunction]
pub(crate) fn quote_time(time: &Bound<'_, PyAny>) -> PyResult<String> {
    exit::protect_thread();
    let place = Place {
        point: None,
        part: "a time",
        key: None,
    };
    let ns = Times::default().nanoseconds(time, place)?;
    let time = Timestamp::from_nanosecond(i128::from(ns))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(format!("'{time:.9}'"))
}
