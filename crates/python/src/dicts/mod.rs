//! Points that are mappings, as lines.
//!
//! | file | knows |
//! |---|---|
//! | `plain` | every kind of mapping, key and value, and every error |
//! | `rows`, `shapes` | points of the common kind, whose keys came before |
//! | `borrowed` | their tags and fields, read in place |
//! | `memo` | tag values that came before |
//! | `keys` | what is wrong with the keys of a point |

mod borrowed;
mod keys;
mod memo;
mod plain;
mod rows;
mod shapes;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

pub(crate) use self::borrowed::read_values;
pub(crate) use self::memo::Memo;
pub(crate) use self::rows::Before;
pub(crate) use self::shapes::{Shapes, Shared};
use crate::points::Points;

/// Adds one point.
pub(crate) fn push<'py>(
    points: &mut Points,
    before: &mut Before<'py>,
    point: &Bound<'py, PyDict>,
) -> PyResult<()> {
    if rows::push(points, before, point) {
        return Ok(());
    }
    plain::push(points, point)
}

/// What a mapping says of itself, by its own `items`; `None` for what is no mapping.
///
/// `cast::<PyMapping>` would take an exception in the middle, such as Ctrl-C, for a no.
pub(crate) fn of_mapping<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    static MAPPING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = object.py();
    if !object.is_instance(MAPPING.import(py, "collections.abc", "Mapping")?)? {
        return Ok(None);
    }
    let dict = PyDict::new(py);
    for item in object.call_method0(intern!(py, "items"))?.try_iter()? {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        dict.set_item(key, value)?;
    }
    Ok(Some(dict))
}
