//! Writes points that are dicts or other mappings as lines.
//!
//! | file | knows |
//! |---|---|
//! | `plain` | every kind of mapping, key and value, and every error |
//! | `rows` | points of the common kind, whose keys came before |
//! | `borrowed` | their tags and fields, read in place |
//! | `mapping` | mappings that are no dicts |
//! | `keys` | what is wrong with the keys of a point |

mod borrowed;
mod keys;
mod mapping;
mod plain;
mod rows;

use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(crate) use self::borrowed::read_values;
pub(crate) use self::mapping::of_mapping;
pub(crate) use self::rows::Before;
use crate::sink::Sink;

/// Adds one point to the lines of a call.
pub(crate) fn push<'py>(
    sink: &mut Sink,
    before: &mut Before<'py>,
    point: &Bound<'py, PyDict>,
) -> PyResult<()> {
    if rows::push(sink, before, point) {
        return Ok(());
    }
    plain::push(sink, point)
}
