//! Defines the bucket and the organization that a call to a 2.x server uses.

use crate::config::Names;
use crate::error::Error;

/// The names of a bucket and an organization. If the bucket or the organization is missing, the
/// server's error says which one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(super) bucket: Option<String>,
    pub(super) organization: Option<String>,
}

impl Place {
    pub(in crate::dialect) fn new(names: Names) -> Result<Self, Error> {
        if names.retention_policy.is_some() {
            return Err(Error::config(
                "retention policy: only InfluxDB 1.x has retention policies, 2.x has buckets",
            ));
        }
        Ok(Self {
            bucket: names.database,
            organization: names.organization,
        })
    }
}
