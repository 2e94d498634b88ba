//! Defines the names of databases, retention policies, buckets and organizations.

/// The database, retention policy and organization that a caller names. What these names mean
/// depends on the generation of the server, and is decided when the generation is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Names {
    /// The database. On 2.x, the bucket.
    pub database: Option<String>,
    /// The ID of the bucket on a 2.x server, in place of its name.
    pub bucket_id: Option<String>,
    /// The retention policy on a 1.x server.
    pub retention_policy: Option<String>,
    /// The organization on a 2.x server.
    pub organization: Option<String>,
}

impl Names {
    /// Returns these names, and takes each missing name from `defaults`. A database that has the same
    /// text as the default ID is the bucket with this ID.
    pub(crate) fn or(&self, defaults: &Self) -> Self {
        let one =
            |own: &Option<String>, other: &Option<String>| own.as_ref().or(other.as_ref()).cloned();
        let is_other = self.database.is_some() && self.database != defaults.bucket_id;
        let default_id = defaults.bucket_id.clone().filter(|_| !is_other);
        Self {
            database: one(&self.database, &defaults.database),
            bucket_id: self.bucket_id.clone().or(default_id),
            retention_policy: one(&self.retention_policy, &defaults.retention_policy),
            organization: one(&self.organization, &defaults.organization),
        }
    }
}

/// Defines the setters for a type that has a field `names`.
macro_rules! name_setters {
    ($type:ty, $rest:literal) => {
        impl $type {
            #[doc = concat!("Sets the database", $rest)]
            #[must_use]
            pub fn database(mut self, name: impl Into<String>) -> Self {
                self.names.database = Some(name.into());
                self
            }

            #[doc = concat!(
                        "Sets the bucket of 2.x, which corresponds to the database of 1.x and 3.x",
                        $rest
                    )]
            #[must_use]
            pub fn bucket(self, name: impl Into<String>) -> Self {
                self.database(name)
            }

            #[doc = concat!("Sets the bucket of 2.x by its ID", $rest)]
            #[must_use]
            pub fn bucket_id(mut self, id: impl Into<String>) -> Self {
                self.names.bucket_id = Some(id.into());
                self
            }

            #[doc = concat!("Sets the retention policy of 1.x", $rest)]
            #[must_use]
            pub fn retention_policy(mut self, name: impl Into<String>) -> Self {
                self.names.retention_policy = Some(name.into());
                self
            }

            #[doc = concat!("Sets the organization of 2.x", $rest)]
            #[must_use]
            pub fn organization(mut self, name: impl Into<String>) -> Self {
                self.names.organization = Some(name.into());
                self
            }
        }
    };
}

pub(crate) use name_setters;
