//! The roles of table columns, as the arguments of a call set them.

use pyo3::prelude::*;

/// The names of columns in the arguments. All other columns are fields.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) tags: Vec<Py<PyAny>>,
    pub(crate) time: Option<Py<PyAny>>,
    pub(crate) measurement: Option<Py<PyAny>>,
}

impl Roles {
    /// All names.
    pub(super) fn named(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.texts().chain(&self.time)
    }

    /// The names of columns that are text in a line.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.tags.iter().chain(&self.measurement)
    }
}
