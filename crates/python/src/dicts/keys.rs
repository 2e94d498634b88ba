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

/// Words with a valid key that is most likely meant by a misspelling of the word, if the point lacks
/// that key.
const WORDS: [(&str, &str); 5] = [
    ("measurement", "measurement"),
    ("tags", "tags"),
    ("fields", "fields"),
    ("time", "time"),
    ("timestamp", "time"),
];

/// Refuses a key of a point that was most likely meant to be one of the four valid keys. Other
/// unknown keys are ignored, as in aioinflux 0.9.
pub(super) fn check(point: &Bound<'_, PyDict>, index: u64) -> PyResult<()> {
    for key in point.keys() {
        let Ok(key) = key.extract::<String>() else {
            continue;
        };
        let lower = key.to_lowercase();
        let near = NEAR_MISSES.iter().find(|(near, _)| *near == lower);
        let other_case = KNOWN
            .iter()
            .find(|known| **known == lower && **known != key);
        let meant = match near.map(|(_, known)| known).or(other_case) {
            Some(known) => Some(*known),
            None => slip(point, &lower)?,
        };
        if let Some(meant) = meant {
            return Err(PyValueError::new_err(format!(
                "point {index}: unknown key `{}`; did you mean `{meant}`?",
                shorten(&key)
            )));
        }
    }
    Ok(())
}

/// Returns the valid key that the point lacks, and that a misspelt key was most likely meant to be.
fn slip(point: &Bound<'_, PyDict>, key: &str) -> PyResult<Option<&'static str>> {
    for (word, known) in WORDS {
        let is_short = key == "ts" && known == "time";
        if (is_short || differs_once(key, word)) && !point.contains(known)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// Returns whether one character was added, removed, replaced or exchanged with its neighbour.
fn differs_once(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let backwards = one.iter().rev().zip(other.iter().rev());
    let end = backwards.take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    match (one, other) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
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
