//! Pauses Python's garbage collector while an answer is converted to Python objects.
//!
//! After every 700 new containers, the collector examines the young objects, and from time to time
//! all old objects. If each row is a list, these examinations take three times as long as creating
//! the lists. None of the new lists is garbage.

use pyo3::prelude::*;

/// Pauses the collector until this value is dropped. The owner must hold the GIL all the time, so
/// that no other code sees or changes the collector's state.
pub(super) struct HeldOff<'py> {
    module: Option<Bound<'py, PyModule>>,
}

impl<'py> HeldOff<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        let module = py.import("gc")?;
        if !module.call_method0("isenabled")?.is_truthy()? {
            return Ok(Self { module: None });
        }
        module.call_method0("disable")?;
        Ok(Self {
            module: Some(module),
        })
    }
}

impl Drop for HeldOff<'_> {
    fn drop(&mut self) {
        if let Some(module) = &self.module {
            // This function has no reason to fail, and there is no caller to which an error could
            // be reported.
            let _ = module.call_method0("enable");
        }
    }
}
