//! Where a write goes.

use crate::config::{Consistency, Precision};

/// Where a write goes, in place of what the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The database.
    pub database: Option<String>,
    /// The retention policy.
    pub retention_policy: Option<String>,
    /// How many nodes of a cluster must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that came encoded. All other lines hold nanoseconds.
    pub precision: Option<Precision>,
}

impl WriteOptions {
    /// Options that leave everything to the configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the database.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Sets the retention policy.
    #[must_use]
    pub fn retention_policy(mut self, name: impl Into<String>) -> Self {
        self.retention_policy = Some(name.into());
        self
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
