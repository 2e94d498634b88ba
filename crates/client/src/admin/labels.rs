//! Administers labels.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/labels`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{Page, Pages};
use super::resource::{Resource, changes, id, id_of, not_empty, object, text};
use crate::api::Method;
use crate::error::Error;

/// A label, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Label {
    /// The ID.
    pub id: String,
    /// The name, which is unique within its organization.
    pub name: String,
    /// The ID of the organization.
    #[serde(rename = "orgID")]
    pub organization_id: Option<String>,
    /// Texts that belong to the label, such as its color.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A label to create.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewLabel {
    /// The name.
    pub name: String,
    /// Texts that belong to the label, such as its color.
    pub properties: BTreeMap<String, String>,
}

impl NewLabel {
    /// A label with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            properties: BTreeMap::new(),
        }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }
}

/// Changes to a label. What is not set stays unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LabelUpdate {
    /// The new name.
    pub name: Option<String>,
    /// Properties to set. An empty text removes a property.
    pub properties: BTreeMap<String, String>,
}

impl LabelUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renames the label.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets a property. An empty text removes the property.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }
}

/// The calls that administer labels. See [`Client::labels`](crate::Client::labels).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached.
#[derive(Clone, Debug)]
pub struct Labels(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Labels {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Lists the labels of the organization. The server sends them all at once.
    pub fn list(&self) -> Pages<Label> {
        let own = self.clone();
        Pages::new(move |mark| {
            let own = own.clone();
            async move { own.page(mark).await }
        })
    }

    /// Returns the list as one page.
    pub async fn page(&self, _mark: Option<String>) -> Result<Page<Label>, Error> {
        self.filtered(None).await.map(Page::whole)
    }

    /// The server filters labels only by the ID of the organization.
    async fn filtered(&self, name: Option<&str>) -> Result<Vec<Label>, Error> {
        let mut request = Resource::to(Method::Get, &["labels"]);
        if self.0.has_organization() {
            request = request.query("orgID", self.0.organization_id().await?);
        }
        if let Some(name) = name {
            request = request.query("name", name);
        }
        self.0.read_key(&request, "labels").await
    }

    /// Returns the label with this name, or `None` if there is none.
    pub async fn find(&self, name: &str) -> Result<Option<Label>, Error> {
        not_empty("label", name)?;
        let mut found = self.filtered(Some(name)).await?;
        // The server compares names without regard to case.
        found.retain(|label| label.name == name);
        self.0.only("label", name, found)
    }

    /// Returns the label with this ID.
    pub async fn get(&self, label: impl Into<Id>) -> Result<Label, Error> {
        let label = label.into();
        let request = Resource::to(Method::Get, &["labels", id(&label)?]);
        self.0.read_key(&request, "label").await
    }

    /// Creates a label.
    pub async fn create(&self, label: NewLabel) -> Result<Label, Error> {
        not_empty("label", &label.name)?;
        let properties = label.properties;
        let body = object([
            ("orgID", Some(self.0.organization_id().await?.into())),
            ("name", Some(label.name.into())),
            (
                "properties",
                (!properties.is_empty()).then(|| json!(properties)),
            ),
        ]);
        let request = Resource::to(Method::Post, &["labels"]).json(body);
        self.0.read_key(&request, "label").await
    }

    /// Changes a label.
    pub async fn update(&self, label: impl Into<By>, update: LabelUpdate) -> Result<Label, Error> {
        if let Some(name) = &update.name {
            not_empty("label", name)?;
        }
        let properties = &update.properties;
        let body = changes([
            ("name", text(update.name.as_deref())),
            (
                "properties",
                (!properties.is_empty()).then(|| json!(properties)),
            ),
        ])?;
        let label = self.id_of(label.into()).await?;
        let request = Resource::to(Method::Patch, &["labels", &label]).json(body);
        self.0.read_key(&request, "label").await
    }

    /// Deletes a label, and removes it from all objects that have it.
    pub async fn delete(&self, label: impl Into<By>) -> Result<(), Error> {
        let label = self.id_of(label.into()).await?;
        let request = Resource::to(Method::Delete, &["labels", &label]);
        self.0.run(&request).await
    }

    async fn id_of(&self, label: By) -> Result<String, Error> {
        Ok(id_of!(self, "label", label, |found| found.id))
    }
}
