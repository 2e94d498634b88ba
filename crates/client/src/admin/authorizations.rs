//! Administers authorizations, which are API tokens and what they permit.
//!
//! The server shows a token only in the answer that creates it. Later answers contain an empty
//! token, because the server stores only a hash.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/authorizations`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{Page, Pages};
use super::resource::{Resource, changes, id, object, text, text_setters};
use crate::api::Method;
use crate::error::Error;

/// An authorization, as the server describes it. The `Debug` format does not show the token.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Authorization {
    /// The ID.
    pub id: String,
    /// The token, or `None` if the server did not send it.
    #[serde(default)]
    pub token: Option<String>,
    /// `active` or `inactive`.
    pub status: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The ID of the organization.
    #[serde(rename = "orgID")]
    pub organization_id: Option<String>,
    /// The name of the organization.
    #[serde(rename = "org")]
    pub organization: Option<String>,
    /// The ID of the user to whom the token belongs.
    #[serde(rename = "userID")]
    pub user_id: Option<String>,
    /// The name of the user to whom the token belongs.
    pub user: Option<String>,
    /// What the token permits.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// When the authorization was created, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
    /// When the authorization was last changed, as RFC 3339.
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("id", &self.id)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("status", &self.status)
            .field("description", &self.description)
            .field("organization", &self.organization)
            .field("user", &self.user)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

/// The right to read or to write a kind of object, or one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Permission {
    /// `read` or `write`.
    pub action: String,
    /// What may be read or written.
    pub resource: TokenResource,
}

/// The objects to which a permission applies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenResource {
    /// The kind of object, such as `buckets` or `tasks`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ID of the only object to which the permission applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name of this object, in answers of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The ID of the organization to which the permission is limited.
    #[serde(rename = "orgID", skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// The name of this organization, in answers of the server.
    #[serde(rename = "org", skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

impl Permission {
    /// The right to read all objects of this kind, such as `buckets`.
    pub fn read(kind: impl Into<String>) -> Self {
        Self::new("read", kind)
    }

    /// The right to write all objects of this kind, such as `buckets`.
    pub fn write(kind: impl Into<String>) -> Self {
        Self::new("write", kind)
    }

    fn new(action: &str, kind: impl Into<String>) -> Self {
        let resource = TokenResource {
            kind: kind.into(),
            ..TokenResource::default()
        };
        Self {
            action: action.to_owned(),
            resource,
        }
    }

    /// Limits the permission to the object with this ID.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.resource.id = Some(id.into());
        self
    }

    /// Limits the permission to the organization with this ID. By default, the permissions of a new
    /// authorization are limited to its organization.
    #[must_use]
    pub fn organization_id(mut self, id: impl Into<String>) -> Self {
        self.resource.organization_id = Some(id.into());
        self
    }
}

/// An authorization to create.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NewAuthorization {
    /// What the token permits.
    pub permissions: Vec<Permission>,
    /// The description.
    pub description: Option<String>,
    /// `active` (the default) or `inactive`.
    pub status: Option<String>,
    /// The user to whom the token belongs. By default, this is the user of the client's token.
    pub user: Option<By>,
}

impl NewAuthorization {
    /// An authorization with these permissions.
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self {
            permissions: permissions.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Sets the user to whom the token belongs.
    #[must_use]
    pub fn user(mut self, user: impl Into<By>) -> Self {
        self.user = Some(user.into());
        self
    }
}

text_setters!(NewAuthorization:
    /// Sets the description.
    description,
    /// Sets the status, `active` or `inactive`.
    status,
);

/// Changes to an authorization. What is not set stays unchanged. The server cannot change the
/// permissions of an authorization.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationUpdate {
    /// `active` or `inactive`.
    pub status: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

impl AuthorizationUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

text_setters!(AuthorizationUpdate:
    /// Sets the status, `active` or `inactive`.
    status,
    /// Sets the description.
    description,
);

/// The calls that administer authorizations. See
/// [`Client::authorizations`](crate::Client::authorizations).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached. Authorizations have no names, so they are named by their IDs.
#[derive(Clone, Debug)]
pub struct Authorizations(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Authorizations {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Lists the authorizations of the organization. The server sends them all at once.
    pub fn list(&self) -> Pages<Authorization> {
        let own = self.clone();
        Pages::new(move |mark| {
            let own = own.clone();
            async move { own.page(mark).await }
        })
    }

    /// Returns the list as one page.
    pub async fn page(&self, _mark: Option<String>) -> Result<Page<Authorization>, Error> {
        let request = self
            .0
            .scoped(Resource::to(Method::Get, &["authorizations"]))?;
        let found: Vec<Authorization> = self.0.read_key(&request, "authorizations").await?;
        Ok(Page::whole(found.into_iter().map(shown).collect()))
    }

    /// Returns the authorization with this ID.
    pub async fn get(&self, authorization: impl Into<Id>) -> Result<Authorization, Error> {
        let authorization = authorization.into();
        let request = Resource::to(Method::Get, &["authorizations", id(&authorization)?]);
        self.0.read(&request).await.map(shown)
    }

    /// Creates an authorization. Only the result of this call contains the token.
    pub async fn create(&self, mut new: NewAuthorization) -> Result<Authorization, Error> {
        check(&new.permissions)?;
        let organization = self.0.organization_id().await?;
        for permission in &mut new.permissions {
            let resource = &mut permission.resource;
            // Organizations belong to no organization, and users only through their membership.
            if resource.kind != "orgs" && resource.kind != "users" {
                resource
                    .organization_id
                    .get_or_insert_with(|| organization.clone());
            }
        }
        let user = match new.user {
            None => None,
            Some(user) => Some(self.0.user_id(user).await?),
        };
        let body = object([
            ("orgID", Some(organization.into())),
            ("userID", user.map(Value::String)),
            ("description", new.description.map(Value::String)),
            ("status", new.status.map(Value::String)),
            ("permissions", Some(json!(new.permissions))),
        ]);
        let request = Resource::to(Method::Post, &["authorizations"]).json(body);
        self.0.read(&request).await.map(shown)
    }

    /// Changes an authorization.
    pub async fn update(
        &self,
        authorization: impl Into<Id>,
        update: AuthorizationUpdate,
    ) -> Result<Authorization, Error> {
        let body = changes([
            ("status", text(update.status.as_deref())),
            ("description", text(update.description.as_deref())),
        ])?;
        let authorization = authorization.into();
        let request = Resource::to(Method::Patch, &["authorizations", id(&authorization)?]);
        self.0.read(&request.json(body)).await.map(shown)
    }

    /// Deletes an authorization. Its token becomes invalid at once.
    pub async fn delete(&self, authorization: impl Into<Id>) -> Result<(), Error> {
        let authorization = authorization.into();
        let request = Resource::to(Method::Delete, &["authorizations", id(&authorization)?]);
        self.0.run(&request).await
    }
}

/// An authorization without the empty text that the server sends in place of a token.
fn shown(mut authorization: Authorization) -> Authorization {
    authorization.token = authorization.token.filter(|token| !token.is_empty());
    authorization
}

fn check(permissions: &[Permission]) -> Result<(), Error> {
    if permissions.is_empty() {
        return Err(Error::config(
            "permissions: expected at least one permission",
        ));
    }
    for permission in permissions {
        if !matches!(&*permission.action, "read" | "write") {
            return Err(Error::config(
                "permissions: the action is `read` or `write`",
            ));
        }
        if permission.resource.kind.is_empty() {
            return Err(Error::config(
                "permissions: the type of the resource is missing",
            ));
        }
        let ids = [
            &permission.resource.id,
            &permission.resource.organization_id,
        ];
        for one in ids.into_iter().flatten() {
            id(&Id::new(one.as_str()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_token() {
        let text = r#"{"id":"1","token":"s3cret","permissions":[],"more":1}"#;
        let authorization: Authorization = serde_json::from_str(text).unwrap();
        assert_eq!(authorization.token.as_deref(), Some("s3cret"));
        let shown = format!("{authorization:?} {authorization:#?}");
        assert!(
            shown.contains("***") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[test]
    fn an_empty_token_is_no_token() {
        let text = r#"{"id":"1","token":"","permissions":[]}"#;
        assert_eq!(shown(serde_json::from_str(text).unwrap()).token, None);
    }

    #[test]
    fn permissions_are_checked() {
        assert!(check(&[]).is_err());
        assert!(check(&[Permission::new("fly", "buckets")]).is_err());
        assert!(check(&[Permission::read("")]).is_err());
        assert!(check(&[Permission::read("buckets").id("x")]).is_err());
        assert!(check(&[Permission::read("buckets").id("088a5462f1c00fd5")]).is_ok());
    }
}
