//! Holds the roles of table columns, which the arguments of a call set.

use pyo3::prelude::*;

/// The column names that were passed as arguments of a call. Table columns that no argument names
/// are fields.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) tags: Vec<Py<PyAny>>,
    pub(crate) time: Option<Py<PyAny>>,
    pub(crate) measurement: Option<Py<PyAny>>,
}

impl Roles {
    /// Returns all column names that were passed as arguments.
    pub(super) fn named(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.texts().chain(&self.time)
    }

    /// Returns the names of the columns that are written as text.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.tags.iter().chain(&self.measurement)
    }
}
