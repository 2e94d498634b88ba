//! Sends requests with hyper's connection pool, which works for every route to a server. tokio
//! drives the connections.

use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use hyper::body::Incoming;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use super::failure::{no_answer, root_cause};
use super::message::{Head, Prepared, Upload, poll_piece};
use crate::error::Error;

/// The idle time after which a connection is not reused.
pub(super) const IDLE: Duration = Duration::from_secs(90);

/// A pool of connections to one server, which tokio drives.
#[derive(Clone)]
pub(super) struct Pool {
    client: Client<Connector, Upload>,
    connector: Connector,
}

impl Pool {
    /// Creates the pool without opening a connection.
    pub(super) fn new(connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build(connector.clone());
        Self { client, connector }
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    pub(super) async fn execute(&self, request: Prepared) -> Result<Head<Incoming>, Error> {
        let mut request = request.into_request()?;
        if let Some(credentials) = self.connector.proxy_credentials(request.uri()) {
            let credentials = credentials.clone();
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, credentials);
        }
        let sent = self.client.request(request).await;
        let response = sent.map_err(|error| self.failure(&error))?;
        self.connector.has_answered();
        Ok(Head::new(response))
    }

    fn failure(&self, error: &legacy::Error) -> Error {
        if let Some(failure) = self.connector.tls_failure(error) {
            failure
        } else if error.is_connect() {
            self.connector.refused(error)
        } else {
            no_answer(error)
        }
    }
}

/// Returns the next piece of a body, or the reason why no piece can be received.
pub(super) async fn next(body: &mut Incoming) -> Result<Option<Bytes>, String> {
    let piece = std::future::poll_fn(|context| poll_piece(body, context)).await;
    piece.transpose().map_err(|error| root_cause(&error))
}
