//! What the arguments of a call make of the columns of tables.

use pyo3::prelude::*;

/// The names of columns, as the arguments give them; columns of no other use are fields.
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
