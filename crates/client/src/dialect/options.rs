//! Where a write goes.

use crate::config::{Consistency, Names, Precision, name_setters};

/// Where a write goes, in place of what the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The database or bucket, and what belongs to it.
    pub names: Names,
    /// How many nodes of a cluster must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that came encoded. All other lines hold nanoseconds.
    pub precision: Option<Precision>,
}

name_setters!(WriteOptions, ".");

impl WriteOptions {
    /// Options that leave everything to the configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the consistency.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Sets the unit of timestamps in lines that came encoded.
    #[must_use]
    pub fn precision(mut self, unit: Precision) -> Self {
        self.precision = Some(unit);
        self
    }
}
