//! Pauses Python's garbage collector while an answer is converted to Python objects.
//!
//! After every 700 new containers, Python's garbage collector examines the young objects, and from
//! time to time also all old objects. If each row of an answer is a list, these examinations take
//! three times as long as creating the lists. None of the lists that are created for an answer is
//! garbage.

use pyo3::prelude::*;

/// Pauses Python's garbage collector until this value is dropped. The owner of this value must hold
/// the GIL all the time, so that no other code sees or changes the collector's state.
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
            // Enabling the garbage collector has no reason to fail, and there is no caller to which
            // an error could be reported.
            let _ = module.call_method0("enable");
        }
    }
}
