//! Administers users.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/users`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{PAGE, Page, Pages};
use super::resource::{Resource, changes, id, id_of, not_empty, object, text, text_setters};
use crate::api::Method;
use crate::error::{Error, ErrorKind};

/// A user, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The ID.
    pub id: String,
    /// The name.
    pub name: String,
    /// `active` or `inactive`.
    pub status: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A user to create. The user has no password until [`Users::set_password`] sets one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewUser {
    /// The name.
    pub name: String,
    /// `active` (the default) or `inactive`.
    pub status: Option<String>,
}

impl NewUser {
    /// A user with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status: None,
        }
    }
}

text_setters!(NewUser:
    /// Sets the status, `active` or `inactive`.
    status,
);

/// Changes to a user. What is not set stays unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UserUpdate {
    /// The new name.
    pub name: Option<String>,
    /// `active` or `inactive`.
    pub status: Option<String>,
}

impl UserUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

text_setters!(UserUpdate:
    /// Renames the user.
    name,
    /// Sets the status, `active` or `inactive`.
    status,
);

/// The calls that administer users. See [`Client::users`](crate::Client::users).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached.
#[derive(Clone, Debug)]
pub struct Users(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Users {
    /// Lists the users of the server.
    pub fn list(&self) -> Pages<User> {
        let own = self.clone();
        Pages::new(move |mark| {
            let own = own.clone();
            async move { own.page(mark).await }
        })
    }

    /// Returns the page of the list that begins after this mark.
    pub async fn page(&self, mark: Option<String>) -> Result<Page<User>, Error> {
        let mut request = Resource::to(Method::Get, &["users"]).query("limit", PAGE.to_string());
        if let Some(mark) = mark {
            request = request.query("after", mark);
        }
        let items = self.0.read_key(&request, "users").await?;
        Ok(Page::of(items, PAGE, |user: &User| &user.id))
    }

    /// Returns the user with this name, or `None` if there is none.
    pub async fn find(&self, name: &str) -> Result<Option<User>, Error> {
        not_empty("user", name)?;
        let request = Resource::to(Method::Get, &["users"]).query("name", name);
        match self.0.read_key(&request, "users").await {
            Ok(found) => self.0.only("user", name, found),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the user with this ID.
    pub async fn get(&self, user: impl Into<Id>) -> Result<User, Error> {
        let user = user.into();
        let request = Resource::to(Method::Get, &["users", id(&user)?]);
        self.0.read(&request).await
    }

    /// Creates a user.
    pub async fn create(&self, user: NewUser) -> Result<User, Error> {
        not_empty("user", &user.name)?;
        let body = object([
            ("name", Some(user.name.into())),
            ("status", user.status.map(Value::String)),
        ]);
        let request = Resource::to(Method::Post, &["users"]).json(body);
        self.0.read(&request).await
    }

    /// Changes a user.
    pub async fn update(&self, user: impl Into<By>, update: UserUpdate) -> Result<User, Error> {
        if let Some(name) = &update.name {
            not_empty("user", name)?;
        }
        let body = changes([
            ("name", text(update.name.as_deref())),
            ("status", text(update.status.as_deref())),
        ])?;
        let user = self.id_of(user.into()).await?;
        let request = Resource::to(Method::Patch, &["users", &user]).json(body);
        self.0.read(&request).await
    }

    /// Sets the password of a user. The server accepts passwords of 8 to 72 characters. The
    /// password never appears in logs or errors.
    pub async fn set_password(&self, user: impl Into<By>, password: &str) -> Result<(), Error> {
        let user = self.id_of(user.into()).await?;
        let request = Resource::to(Method::Post, &["users", &user, "password"]);
        self.0
            .run(&request.json(json!({"password": password})))
            .await
    }

    /// Deletes a user.
    pub async fn delete(&self, user: impl Into<By>) -> Result<(), Error> {
        let user = self.id_of(user.into()).await?;
        let request = Resource::to(Method::Delete, &["users", &user]);
        self.0.run(&request).await
    }

    async fn id_of(&self, user: By) -> Result<String, Error> {
        Ok(id_of!(self, "user", user, |found| found.id))
    }
}
