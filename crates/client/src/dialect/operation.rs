//! Defines the operations of the client, and the HTTP request for an operation.

use std::fmt;

use bytes::Bytes;
use url::Url;

use super::options::WriteOptions;
use crate::api::{ApiRequest, Method};
use crate::config::Config;
use crate::error::Error;
use crate::query::{Query, ReadOptions};

/// The operation that the caller requests.
pub(crate) enum Operation<'a> {
    Ping,
    Write {
        options: &'a WriteOptions,
        lines: Bytes,
    },
    Query {
        query: &'a Query,
        options: &'a ReadOptions,
        form: Form,
    },
    /// A request to any endpoint.
    Api(&'a ApiRequest),
}

/// The format in which the client requests the answer to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Chunks of msgpack, or chunks of JSON if the server does not support msgpack.
    Table,
    /// Chunks of JSON.
    Raw,
}

/// The kind of an operation. The meaning of an answer depends on this kind, but on nothing else
/// about the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ping,
    Write,
    Query,
    Api,
}

impl Operation<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Ping => Kind::Ping,
            Self::Write { .. } => Kind::Write,
            Self::Query { .. } => Kind::Query,
            Self::Api(_) => Kind::Api,
        }
    }
}

impl Kind {
    /// Returns the name of the operation for errors and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping of",
            Self::Write => "write to",
            Self::Query => "query of",
            Self::Api => "request to",
        }
    }
}

/// An HTTP request that is ready to be sent.
#[derive(PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Whether `body` should be compressed before it is sent.
    pub(crate) gzip: bool,
}

impl Request {
    /// The request for a ping. `headers` contains the credentials.
    pub(super) fn ping(config: &Config, headers: Vec<(&'static str, String)>) -> Self {
        Self {
            method: Method::Get,
            url: config.endpoint("ping"),
            headers,
            body: Bytes::new(),
            gzip: false,
        }
    }

    /// The request that sends these lines to `url`. `headers` contains the credentials.
    pub(super) fn lines(
        config: &Config,
        mut headers: Vec<(&'static str, String)>,
        url: Url,
        lines: &Bytes,
    ) -> Self {
        headers.push(("content-type", "text/plain; charset=utf-8".into()));
        Self {
            method: Method::Post,
            url,
            headers,
            body: lines.clone(),
            gzip: config.gzip_mode().applies(lines.len(), config.is_local()),
        }
    }
}

impl Request {
    /// The request to an endpoint that the caller names. `headers` contains the credentials.
    pub(super) fn api(
        config: &Config,
        mut headers: Vec<(&'static str, String)>,
        request: &ApiRequest,
    ) -> Result<Self, Error> {
        let body = request.encoded_body()?;
        if body.is_some() {
            headers.push(("content-type", "application/json".into()));
        }
        let mut url = config.endpoint(request.path());
        if !request.keys().is_empty() {
            url.query_pairs_mut().extend_pairs(request.keys());
        }
        Ok(Self {
            method: request.method(),
            url,
            headers,
            body: body.unwrap_or_default(),
            gzip: false,
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request")
            .field("method", &self.method.as_str())
            .field("url", &self.url.as_str())
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("gzip", &self.gzip)
            .finish()
    }
}
