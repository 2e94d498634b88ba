//! Administers the mappings from databases and retention policies of 1.x to buckets.
//!
//! A query in InfluxQL, and a client for 1.x, name a database and a retention policy. The server
//! looks up the bucket in its mappings. Beside the mappings that callers create, every bucket has a
//! virtual mapping from its own name.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/dbrps`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::by::{By, Id};
use super::pages::{Page, Pages};
use super::resource::{Resource, changes, id, not_empty, object, text};
use crate::api::Method;
use crate::error::Error;

/// A mapping, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dbrp {
    /// The ID. A virtual mapping has the ID of its bucket.
    pub id: String,
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// Whether this mapping is used if a call names no retention policy.
    #[serde(rename = "default", default)]
    pub is_default: bool,
    /// Whether the server derived this mapping from the name of the bucket.
    #[serde(rename = "virtual", default)]
    pub is_virtual: bool,
    /// The ID of the organization.
    #[serde(rename = "orgID")]
    pub organization_id: Option<String>,
    /// The ID of the bucket.
    #[serde(rename = "bucketID")]
    pub bucket_id: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A mapping to create.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewDbrp {
    /// The bucket.
    pub bucket: By,
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// Whether this mapping is used if a call names no retention policy. The first mapping of a
    /// database is always its default.
    pub is_default: Option<bool>,
}

impl NewDbrp {
    /// A mapping from this database and this retention policy to a bucket.
    pub fn new(
        bucket: impl Into<By>,
        database: impl Into<String>,
        retention_policy: impl Into<String>,
    ) -> Self {
        Self {
            bucket: bucket.into(),
            database: database.into(),
            retention_policy: retention_policy.into(),
            is_default: None,
        }
    }

    /// Sets whether this mapping is used if a call names no retention policy.
    #[must_use]
    pub fn is_default(mut self, is_default: bool) -> Self {
        self.is_default = Some(is_default);
        self
    }
}

/// Changes to a mapping. What is not set stays unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DbrpUpdate {
    /// The new retention policy.
    pub retention_policy: Option<String>,
    /// Whether this mapping is used if a call names no retention policy.
    pub is_default: Option<bool>,
}

impl DbrpUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renames the retention policy.
    #[must_use]
    pub fn retention_policy(mut self, name: impl Into<String>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// Sets whether this mapping is used if a call names no retention policy.
    #[must_use]
    pub fn is_default(mut self, is_default: bool) -> Self {
        self.is_default = Some(is_default);
        self
    }
}

/// The calls that administer mappings. See [`Client::dbrps`](crate::Client::dbrps).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached. Mappings have no names, so they are named by their IDs.
#[derive(Clone, Debug)]
pub struct Dbrps(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Dbrps {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Lists the mappings of the organization. The server sends them all at once.
    pub fn list(&self) -> Pages<Dbrp> {
        let own = self.clone();
        Pages::new(move |mark| {
            let own = own.clone();
            async move { own.page(mark).await }
        })
    }

    /// Returns the list as one page.
    pub async fn page(&self, _mark: Option<String>) -> Result<Page<Dbrp>, Error> {
        let request = Resource::to(Method::Get, &["dbrps"]);
        let request = self.0.scoped_always(request).await?;
        self.0.read_key(&request, "content").await.map(Page::whole)
    }

    /// Returns the mapping from this database and this retention policy, or `None` if there is
    /// none. Without a retention policy, returns the default mapping of the database.
    pub async fn find(
        &self,
        database: &str,
        retention_policy: Option<&str>,
    ) -> Result<Option<Dbrp>, Error> {
        not_empty("database", database)?;
        let request = Resource::to(Method::Get, &["dbrps"]).query("db", database);
        let request = match retention_policy {
            Some(policy) => request.query("rp", policy),
            None => request.query("default", "true"),
        };
        let request = self.0.scoped_always(request).await?;
        let mut found: Vec<Dbrp> = self.0.read_key(&request, "content").await?;
        found
            .retain(|one| retention_policy.map_or(one.is_default, |rp| one.retention_policy == rp));
        // A mapping that a caller created takes precedence over a virtual one.
        found.sort_by_key(|one| one.is_virtual);
        Ok(found.into_iter().next())
    }

    /// Returns the mapping with this ID.
    pub async fn get(&self, mapping: impl Into<Id>) -> Result<Dbrp, Error> {
        let mapping = mapping.into();
        let request = Resource::to(Method::Get, &["dbrps", id(&mapping)?]);
        self.0
            .read_key(&self.0.scoped_always(request).await?, "content")
            .await
    }

    /// Creates a mapping.
    pub async fn create(&self, new: NewDbrp) -> Result<Dbrp, Error> {
        not_empty("database", &new.database)?;
        not_empty("retention policy", &new.retention_policy)?;
        let organization = self.0.organization_id().await?;
        let body = object([
            ("orgID", Some(organization.into())),
            ("bucketID", Some(self.0.bucket_id(new.bucket).await?.into())),
            ("database", Some(new.database.into())),
            ("retention_policy", Some(new.retention_policy.into())),
            ("default", new.is_default.map(Value::Bool)),
        ]);
        let request = Resource::to(Method::Post, &["dbrps"]).json(body);
        self.0.read(&request).await
    }

    /// Changes a mapping.
    pub async fn update(&self, mapping: impl Into<Id>, update: DbrpUpdate) -> Result<Dbrp, Error> {
        let body = changes([
            ("retention_policy", text(update.retention_policy.as_deref())),
            ("default", update.is_default.map(Value::Bool)),
        ])?;
        let mapping = mapping.into();
        let request = Resource::to(Method::Patch, &["dbrps", id(&mapping)?]).json(body);
        self.0
            .read_key(&self.0.scoped_always(request).await?, "content")
            .await
    }

    /// Deletes a mapping. The bucket and its points stay.
    pub async fn delete(&self, mapping: impl Into<Id>) -> Result<(), Error> {
        let mapping = mapping.into();
        let request = Resource::to(Method::Delete, &["dbrps", id(&mapping)?]);
        self.0.run(&self.0.scoped_always(request).await?).await
    }
}
