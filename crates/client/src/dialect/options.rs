//! Defines the options of a write: its database and other names, the consistency and the precision.

use crate::config::{Consistency, Names, Precision, name_setters};

/// Options for a write. The options for a write take precedence over the client's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The names of the database or bucket, the retention policy and the organization.
    pub names: Names,
    /// The number of cluster nodes that must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that were added as encoded text. Lines that were not
    /// added as encoded text always have timestamps in nanoseconds.
    pub precision: Option<Precision>,
}

name_setters!(WriteOptions, ".");

impl WriteOptions {
    /// Returns options that override nothing in the client's configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many nodes of a cluster must have stored the points.
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
