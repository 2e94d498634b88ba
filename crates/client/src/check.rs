//! Checks whether a client can write to its server, without storing anything.
//!
//! Two requests show everything: a ping (address, TLS, the server's version), and a write without
//! points, for which a server checks the credentials, the database or bucket, and the right to
//! write.

use aioinflux_line::Dialect;
use bytes::Bytes;

use crate::client::Client;
use crate::dialect::{Operation, WriteOptions};
use crate::error::{Error, ErrorKind, find_header};

/// The server that a successful [`Client::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// The generation of the server, for which the client encodes lines.
    pub dialect: Dialect,
    /// The version that the server reports. The string need not look like a version number.
    pub version: Option<String>,
}

impl Client {
    /// Checks the address, TLS, the credentials, the organization, the database or bucket, and the
    /// right to write. `options` are those of the writes that should work. The server stores nothing.
    ///
    /// # Errors
    ///
    /// Fails if a part of the configuration is wrong. The error text begins with the name of that
    /// part, such as `token`.
    pub async fn check(&self, options: &WriteOptions) -> Result<Checked, Error> {
        let pong = self.ping().await.map_err(|error| named(error, None))?;
        let target = self.exchange().resolve(&options.names).await?;
        let operation = Operation::Write {
            options,
            lines: Bytes::new(),
        };
        let dialect = target.dialect();
        let sent = self.exchange().send(&target, &operation, true).await;
        sent.map_err(|error| named(error, Some(dialect)))?;
        Ok(Checked {
            dialect,
            version: find_header(&pong.headers, "x-influxdb-version").map(str::to_owned),
        })
    }
}

/// Puts the name of the wrong part before the text of an error. `dialect` is the generation of the
/// server that refused a write, or `None` for an error of the ping.
fn named(error: Error, dialect: Option<Dialect>) -> Error {
    let message = error.server_message().unwrap_or_default();
    let part = match (error.kind(), error.status()) {
        (ErrorKind::Tls, _) => "TLS",
        (ErrorKind::Config, _) => return error,
        (_, Some(401)) => "credentials",
        (_, Some(403)) if dialect.is_some() => "right to write",
        (_, Some(404)) if message.contains("organization") => "organization",
        // The server's message if the client states no organization.
        (_, Some(400)) if message.contains("orgID") => "organization",
        (_, Some(404)) if message.contains("bucket") => "bucket",
        (_, Some(404)) if dialect.is_some() => "database",
        (_, Some(500)) if message.contains("retention policy not found") => "retention policy",
        (_, Some(503)) => "server",
        _ if dialect.is_some() => "write",
        _ => "address",
    };
    error.of_part(part)
}
