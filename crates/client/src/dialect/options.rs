//! The options of a write: its database and other names, the consistency and the precision.

use crate::config::{Consistency, Names, Precision, name_setters};

/// Where to write, with precedence over the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The database or bucket, and so on.
    pub names: Names,
    /// How many nodes of a cluster must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in encoded lines. All other lines use nanoseconds.
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

    /// Sets the unit of timestamps in encoded lines.
    #[must_use]
    pub fn precision(mut self, unit: Precision) -> Self {
        self.precision = Some(unit);
        self
    }
}
