//! Defines the options of a write: its database and other names, the consistency and the precision.

use crate::config::{Consistency, Names, Precision, name_setters};

/// Options for a write, which take precedence over the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The names of the database or bucket, the retention policy and the organization.
    pub names: Names,
    /// The number of cluster nodes that must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that were added as encoded text. All other lines have
    /// timestamps in nanoseconds.
    pub precision: Option<Precision>,
}

name_setters!(WriteOptions, ".");

impl WriteOptions {
    /// Returns options that change nothing in the configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the consistency.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Sets the unit of the timestamps in lines that were added as encoded text.
    #[must_use]
    pub fn precision(mut self, unit: Precision) -> Self {
        self.precision = Some(unit);
        self
    }
}
