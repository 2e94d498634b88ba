//! Converts answers to Python data.
//!
//! ```text
//! JSON ------> json                     the server's JSON, as dicts and lists
//! any answer -> body -> Answer -> block ---> rows: tuples, named tuples, dicts; the dict of it
//!                                   \-> objects of a class with a schema
//!                              -> flux ----> an Answer whose series are the tables of Flux
//!                              -> columns -> numpy arrays, for pandas
//!                              -> table ---> Arrow C stream, for everything else
//!                              -> shown ---> a few rows and columns, for people
//!                              -> pickled -> bytes, and back
//! ```

mod ahead;
mod answer;
mod block;
mod body;
mod cells;
mod collector;
mod columns;
mod flux;
pub(crate) mod json;
mod kind;
mod objects;
mod pickled;
mod rows;
mod sequence;
mod shown;
mod table;
mod texts;
mod times;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(crate) use self::answer::{PyAnswer, column_names, named_rows};
pub(crate) use self::body::{Pieces, parse_answer, parse_json};
pub(crate) use self::objects::Reader;
pub(crate) use self::pickled::{unpickled_rows, unpickled_table};
pub(crate) use self::rows::RowLists;
pub(crate) use self::table::{Rows, Table};

fn tags_dict<'py>(py: Python<'py>, tags: &[(String, String)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in tags {
        dict.set_item(key, value)?;
    }
    Ok(dict)
}

/// Returns the number of nanoseconds in one unit of `epoch`, such as 1000 for `u`.
pub(crate) fn divisor(epoch: &str) -> PyResult<i64> {
    Ok(match epoch {
        "ns" => 1,
        "u" => 1000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => {
            return Err(PyValueError::new_err(format!("unknown epoch `{epoch}`")));
        }
    })
}

/// Returns labels for columns with these names. No two labels are equal. A label that is already in
/// use gets the suffix `_1`, or the next suffix that is free.
pub(crate) fn free_labels<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for name in names {
        let mut label = name.to_owned();
        let mut number = 1;
        while labels.contains(&label) {
            label = format!("{name}_{number}");
            number += 1;
        }
        labels.push(label);
    }
    labels
}
