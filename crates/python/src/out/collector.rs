//! Python's garbage collector, held off while one answer becomes objects.
//!
//! Every 700 new containers it looks at the young ones, and again and again at all old ones: with
//! a list for each row that takes three times as long as making them. None of them is garbage.

use pyo3::prelude::*;

/// Holds the collector off until it is dropped. Whoever has one must keep the GIL, so that no
/// other code sees or changes the state of the collector meanwhile.
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
            // The function has no reason to fail, and there is nobody to tell.
            let _ = module.call_method0("enable");
        }
    }
}
