//! Administers secrets, which Flux scripts read with `secrets.get`.
//!
//! The server returns only the keys of secrets. Values never appear in logs or errors.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/orgs/{orgID}/secrets`.

use serde_json::{Value, json};

use super::by::By;
use super::resource::{Extra, Resource, not_empty};
use crate::api::Method;
use crate::error::Error;

/// The calls that administer secrets. See [`Client::secrets`](crate::Client::secrets).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached.
#[derive(Clone, Debug)]
pub struct Secrets(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Secrets {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Returns the keys of all secrets of the organization.
    pub async fn list(&self) -> Result<Vec<String>, Error> {
        let organization = self.0.organization_id().await?;
        let request = Resource::to(Method::Get, &["orgs", &organization, "secrets"]);
        self.0.read_key(&request, "secrets").await
    }

    /// Sets secrets: pairs of a key and a value. A secret that exists is replaced, and all others
    /// stay unchanged.
    pub async fn set<K, V>(&self, secrets: impl IntoIterator<Item = (K, V)>) -> Result<(), Error>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let mut body = Extra::new();
        for (key, value) in secrets {
            let key = key.into();
            not_empty("secret", &key)?;
            body.insert(key, Value::String(value.into()));
        }
        if body.is_empty() {
            return Err(Error::config("secrets: expected at least one secret"));
        }
        let organization = self.0.organization_id().await?;
        let request = Resource::to(Method::Patch, &["orgs", &organization, "secrets"]);
        self.0.run(&request.json(body)).await
    }

    /// Deletes the secrets with these keys. A key that does not exist is ignored.
    pub async fn delete<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), Error> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        if keys.is_empty() {
            return Err(Error::config("secrets: expected at least one key"));
        }
        let organization = self.0.organization_id().await?;
        let request = Resource::to(Method::Post, &["orgs", &organization, "secrets", "delete"]);
        self.0.run(&request.json(json!({"secrets": keys}))).await
    }
}
