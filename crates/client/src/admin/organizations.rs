//! Administers organizations.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/orgs`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::by::{By, Id};
use super::pages::{PAGE, Page, Pages};
use super::resource::{Resource, changes, id, id_of, not_empty, object, text, text_setters};
use crate::api::Method;
use crate::error::{Error, ErrorKind};

/// An organization, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// The ID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// When the organization was created, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
    /// When the organization was last changed, as RFC 3339.
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// An organization to create.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewOrganization {
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
}

impl NewOrganization {
    /// An organization with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
        }
    }
}

text_setters!(NewOrganization:
    /// Sets the description.
    description,
);

/// Changes to an organization. What is not set stays unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationUpdate {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

impl OrganizationUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

text_setters!(OrganizationUpdate:
    /// Renames the organization.
    name,
    /// Sets the description.
    description,
);

/// The calls that administer organizations. See
/// [`Client::organizations`](crate::Client::organizations).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached.
#[derive(Clone, Debug)]
pub struct Organizations(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Organizations {
    /// Lists all organizations that the token can read.
    pub fn list(&self) -> Pages<Organization> {
        let own = self.clone();
        Pages::new(move |_| {
            let own = own.clone();
            async move { Ok(Page::whole(own.all().await?)) }
        })
    }

    /// Reads the whole list. The server counts organizations from the start of the list instead of
    /// continuing after one of them. So an organization that is deleted between two pages would
    /// hide another one, and all pages are read before the first organization is returned.
    pub(super) async fn all(&self) -> Result<Vec<Organization>, Error> {
        let mut all = Vec::new();
        loop {
            let request = Resource::to(Method::Get, &["orgs"])
                .query("limit", PAGE.to_string())
                .query("offset", all.len().to_string());
            let page: Vec<Organization> = self.0.read_key(&request, "orgs").await?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Returns the list as one page.
    pub async fn page(&self, _mark: Option<String>) -> Result<Page<Organization>, Error> {
        self.all().await.map(Page::whole)
    }

    /// Returns the organization with this name, or `None` if there is none.
    pub async fn find(&self, name: &str) -> Result<Option<Organization>, Error> {
        not_empty("organization", name)?;
        let request = Resource::to(Method::Get, &["orgs"]).query("org", name);
        match self.0.read_key(&request, "orgs").await {
            Ok(found) => self.0.only("organization", name, found),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the organization with this ID.
    pub async fn get(&self, organization: impl Into<Id>) -> Result<Organization, Error> {
        let organization = organization.into();
        let request = Resource::to(Method::Get, &["orgs", id(&organization)?]);
        self.0.read(&request).await
    }

    /// Creates an organization.
    pub async fn create(&self, organization: NewOrganization) -> Result<Organization, Error> {
        not_empty("organization", &organization.name)?;
        let body = object([
            ("name", Some(organization.name.into())),
            ("description", organization.description.map(Value::String)),
        ]);
        let request = Resource::to(Method::Post, &["orgs"]).json(body);
        self.0.read(&request).await
    }

    /// Changes an organization.
    pub async fn update(
        &self,
        organization: impl Into<By>,
        update: OrganizationUpdate,
    ) -> Result<Organization, Error> {
        if let Some(name) = &update.name {
            not_empty("organization", name)?;
        }
        let body = changes([
            ("name", text(update.name.as_deref())),
            ("description", text(update.description.as_deref())),
        ])?;
        let organization = self.id_of(organization.into()).await?;
        let request = Resource::to(Method::Patch, &["orgs", &organization]).json(body);
        self.0.read(&request).await
    }

    /// Deletes an organization with all its buckets and their points.
    pub async fn delete(&self, organization: impl Into<By>) -> Result<(), Error> {
        let organization = self.id_of(organization.into()).await?;
        let request = Resource::to(Method::Delete, &["orgs", &organization]);
        self.0.run(&request).await
    }

    async fn id_of(&self, organization: By) -> Result<String, Error> {
        Ok(id_of!(self, "organization", organization, |found| found.id))
    }
}
