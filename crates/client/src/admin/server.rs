//! Sets up a new server, and asks a server for its health.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/setup`, `/health` and `/ready`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authorizations::Authorization;
use super::buckets::{Bucket, Retention};
use super::organizations::Organization;
use super::resource::{Resource, not_empty, object};
use super::users::User;
use crate::api::{ApiRequest, Method};
use crate::client::Client;
use crate::dialect::Noun;
use crate::error::Error;

/// The first user, organization and bucket of a new server. The `Debug` format shows neither the
/// password nor the token.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct NewServer {
    /// The name of the user.
    pub user: String,
    /// The password of the user, of 8 to 72 characters.
    pub password: String,
    /// The name of the organization.
    pub organization: String,
    /// The name of the bucket.
    pub bucket: String,
    /// How long the bucket keeps points.
    pub retention: Retention,
    /// The token of the user. By default, the server creates a random token.
    pub token: Option<String>,
}

impl NewServer {
    /// A user with a password, an organization, and a bucket that keeps points forever.
    pub fn new(
        user: impl Into<String>,
        password: impl Into<String>,
        organization: impl Into<String>,
        bucket: impl Into<String>,
    ) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
            organization: organization.into(),
            bucket: bucket.into(),
            retention: Retention::Forever,
            token: None,
        }
    }

    /// Sets how long the bucket keeps points: at least one hour, in whole seconds.
    #[must_use]
    pub fn retention(mut self, retention: impl Into<Retention>) -> Self {
        self.retention = retention.into();
        self
    }

    /// Sets the token of the user.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }
}

impl fmt::Debug for NewServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewServer")
            .field("user", &self.user)
            .field("organization", &self.organization)
            .field("bucket", &self.bucket)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

/// What the set-up of a server created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Setup {
    /// The user.
    pub user: User,
    /// The organization.
    #[serde(rename = "org")]
    pub organization: Organization,
    /// The bucket.
    pub bucket: Bucket,
    /// The authorization of the user, with the token.
    #[serde(rename = "auth")]
    pub authorization: Authorization,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// The health of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// `pass`, or `fail` if a part of the server does not work.
    pub status: String,
    /// The name of the program.
    pub name: Option<String>,
    /// An explanation of the status.
    pub message: Option<String>,
    /// The parts of the server, each with a name and a status.
    #[serde(default)]
    pub checks: Vec<Value>,
    /// The version of the server.
    pub version: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// The readiness of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ready {
    /// `ready`.
    pub status: String,
    /// When the server started, as RFC 3339.
    pub started: Option<String>,
    /// The time since the start, such as `8.09s`.
    pub up: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// The state of the server. See the module [`admin`](crate::admin).
impl Client {
    /// Sets up a new 2.x server: creates its first user, organization and bucket. This call needs
    /// no token. If the client has no token, the configuration must state the generation of the
    /// server ([`Config::dialect`](crate::Config::dialect)).
    ///
    /// # Errors
    ///
    /// Fails if the server has already been set up (status 422), or cannot be reached.
    pub async fn setup(&self, server: NewServer) -> Result<Setup, Error> {
        let names = [
            ("user", &server.user),
            ("password", &server.password),
            ("organization", &server.organization),
            ("bucket", &server.bucket),
        ];
        for (what, name) in names {
            not_empty(what, name)?;
        }
        let retention = match server.retention.seconds()? {
            0 => None,
            seconds => Some(seconds),
        };
        let body = object([
            ("username", Some(server.user.into())),
            ("password", Some(server.password.into())),
            ("org", Some(server.organization.into())),
            ("bucket", Some(server.bucket.into())),
            ("retentionPeriodSeconds", retention.map(Value::from)),
            ("token", server.token.map(Value::String)),
        ]);
        let request = Resource::to(Method::Post, &["setup"]).json(body);
        Resource::new(self, Noun::Setup).read(&request).await
    }

    /// Returns whether the server is new, so that [`setup`](Self::setup) can set it up.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be reached.
    pub async fn can_set_up(&self) -> Result<bool, Error> {
        let request = Resource::to(Method::Get, &["setup"]);
        let setup = Resource::new(self, Noun::Setup);
        setup.read_key(&request, "allowed").await
    }

    /// Returns the health of the server. While a 2.x server starts, it is already healthy but not
    /// ready: use [`ping`](Self::ping) to wait for a server.
    ///
    /// # Errors
    ///
    /// Fails with status 503 if the server is not healthy. 1.x servers have this endpoint from 1.8
    /// on.
    pub async fn health(&self) -> Result<Health, Error> {
        let request = ApiRequest::at(Method::Get, &["health"]);
        Resource::new(self, Noun::Health).read(&request).await
    }

    /// Returns since when the server has been running.
    ///
    /// # Errors
    ///
    /// Fails with status 503 while the server starts.
    pub async fn ready(&self) -> Result<Ready, Error> {
        let request = ApiRequest::at(Method::Get, &["ready"]);
        Resource::new(self, Noun::Ready).read(&request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secrets() {
        let server = NewServer::new("u", "s3cret", "o", "b").token("s3cret");
        let shown = format!("{server:?}");
        assert!(
            shown.contains("\"u\"") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
