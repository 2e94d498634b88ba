//! Defines the database and the retention policy that a call to a 1.x server uses.

use crate::config::Names;
use crate::error::Error;

/// A database, and one of its retention policies. If a call names no database or no retention
/// policy, the server uses its default or returns an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(super) database: Option<String>,
    pub(super) retention_policy: Option<String>,
}

impl Place {
    pub(in crate::dialect) fn new(names: Names) -> Result<Self, Error> {
        if names.organization.is_some() {
            return Err(Error::config(
                "organization: InfluxDB 1.x has no organizations",
            ));
        }
        Ok(Self {
            database: names.database,
            retention_policy: names.retention_policy,
        })
    }
}
