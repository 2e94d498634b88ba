//! Describes where in the user's data an error occurred. Every error message about the data starts
//! with this description.

use std::fmt;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// The maximum number of characters of a value that an error message shows.
const SHOWN: usize = 40;

/// The place to which an error refers, which is a point and a part of the point.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The number of the point to which an error refers. The number is `None` if the part belongs
    /// to the whole call.
    pub(crate) point: Option<u64>,
    pub(crate) part: &'a str,
    pub(crate) key: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(point: u64, part: &'a str) -> Self {
        Self {
            point: Some(point),
            part,
            key: None,
        }
    }

    /// Returns the place for an argument of the call.
    pub(crate) fn argument(name: &'a str) -> Self {
        Self {
            point: None,
            part: "argument",
            key: Some(name),
        }
    }

    pub(crate) fn key(self, key: &'a str) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// Returns the error for a value that cannot be written at this place.
    pub(crate) fn value_error(self, what: impl fmt::Display) -> PyErr {
        PyValueError::new_err(format!("{self}: {what}"))
    }

    /// Returns the error for a value whose type cannot be written at this place.
    pub(crate) fn type_error(self, expected: &str, got: &Bound<'_, PyAny>) -> PyErr {
        PyTypeError::new_err(format!(
            "{self}: expected {expected}, got `{}`",
            type_name(got)
        ))
    }

    /// Returns an error whose message is the place, followed by the message of an exception that
    /// Python raised for a value.
    pub(crate) fn wrap(self, py: Python<'_>, error: &PyErr) -> PyErr {
        self.value_error(error.value(py))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(point) = self.point {
            write!(f, "point {point}: ")?;
        }
        f.write_str(self.part)?;
        self.key.map_or(Ok(()), |key| {
            write!(f, " `{}`", shorten(&key.escape_debug().to_string()))
        })
    }
}

/// Returns the name of an object's type, for error messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object
        .get_type()
        .name()
        .map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

/// Returns the `str` of a value, shortened for error messages. Python refuses to convert integers
/// with thousands of digits to strings. For such an integer, the function returns the name of its
/// type.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    match value.str() {
        Ok(text) => shorten(&text.to_string_lossy()),
        Err(_) => format!("of type {}", type_name(value)),
    }
}

/// Returns `text` unchanged if it has at most 40 characters, and otherwise its first 40 characters
/// followed by `...`.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
