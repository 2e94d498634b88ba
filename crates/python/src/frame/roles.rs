//! The roles of table columns, as set by a call's arguments.

use pyo3::prelude::*;

/// The column names that the arguments contain. Columns that the arguments do not name are fields.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) tags: Vec<Py<PyAny>>,
    pub(crate) time: Option<Py<PyAny>>,
    pub(crate) measurement: Option<Py<PyAny>>,
}

impl Roles {
    /// Returns all names in the arguments.
    pub(super) fn named(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.texts().chain(&self.time)
    }

    /// The names of the columns that become text in a line.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.tags.iter().chain(&self.measurement)
    }
}
