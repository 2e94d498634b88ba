//! Checks the keys of a point.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::place::shorten;
use crate::text;

/// Invalid keys that resemble a valid key of a point, each with the valid key that was probably
/// meant.
const NEAR_MISSES: [(&str, &str); 6] = [
    ("tag", "tags"),
    ("tag_columns", "tags"),
    ("field", "fields"),
    ("timestamp", "time"),
    ("times", "time"),
    ("measurements", "measurement"),
];
const KNOWN: [&str; 4] = ["measurement", "tags", "fields", "time"];

/// Refuses a key of a point that was most likely meant to be one of the four valid keys. Unknown
/// keys that do not resemble a valid key are ignored.
pub(super) fn check(point: &Bound<'_, PyDict>, index: u64) -> PyResult<()> {
    for key in point.keys() {
        let Ok(key) = key.extract::<String>() else {
            continue;
        };
        let lower = key.to_lowercase();
        let meant = NEAR_MISSES
            .iter()
            .find(|(near, _)| *near == lower)
            .map(|(_, known)| *known)
            .or_else(|| {
                KNOWN
                    .into_iter()
                    .find(|known| *known == lower && *known != key)
            });
        if let Some(meant) = meant {
            return Err(PyValueError::new_err(format!(
                "point {index}: unknown key `{}`; did you mean `{meant}`?",
                shorten(&key)
            )));
        }
    }
    Ok(())
}

/// Returns the error for a point that lacks the required key `key`.
pub(super) fn missing(index: u64, key: &str, point: &Bound<'_, PyDict>) -> PyResult<PyErr> {
    let keys: Vec<String> = point
        .keys()
        .iter()
        .map(|key| text::str_of(&key).map(|key| format!("`{}`", shorten(&key))))
        .collect::<PyResult<_>>()?;
    Ok(PyValueError::new_err(format!(
        "point {index}: key `{key}` is missing; the point has {}",
        if keys.is_empty() {
            "no keys".to_owned()
        } else {
            keys.join(", ")
        }
    )))
}
