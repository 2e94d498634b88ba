//! Converts mappings that are not dicts to dicts.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

/// Copies the items of a mapping into a dict, using the mapping's own `items` method. Returns
/// `None` if `object` is not a mapping.
///
/// The method `cast::<PyMapping>` is not used, because it would treat an exception such as Ctrl-C
/// as if the object were not a mapping.
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
