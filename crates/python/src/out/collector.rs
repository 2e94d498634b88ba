//! Pauses Python's garbage collector while one answer becomes objects.
//!
//! After every 700 new containers the collector examines the young ones, and repeatedly all old
//! ones. With a list for each row that takes three times as long as creating the lists. None of
//! them is garbage.

use pyo3::prelude::*;

/// Pauses the collector until it is dropped. The owner must keep the GIL, so that no other code
/// sees or changes the state of the collector meanwhile.
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
            // The function has no reason to fail, and there is no caller to report it to.
            let _ = module.call_method0("enable");
        }
    }
}
