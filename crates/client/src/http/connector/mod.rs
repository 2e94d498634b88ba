//! Opens connections to the server: over TCP or a Unix socket, with TLS, and through a proxy.
//!
//! A [`Connector`] is a service that takes an origin (scheme, host and port) and returns a stream
//! of bytes. Such a service works with hyper's pool and also with a gRPC channel. The module
//! `http/optional` drives its sockets itself, so it asks the connector for plain sockets. The
//! connector chooses the proxy once, when it is created. This module does not handle requests.
//!
//! | file | what |
//! |---|---|
//! | `hop` | a connection to the server or to the proxy, without anything between |
//! | `dial` | plain sockets: looks names up and tries their addresses |
//! | `encryption` | TLS, and what its errors mean |
//! | `proxy` | which proxy requests take |
//! | `transport` | a connection that is open |

mod dial;
mod encryption;
mod hop;
mod proxy;
mod transport;

use std::error::Error as StdError;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Intercept;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tower_service::Service;

#[cfg(all(unix, feature = "event-loop"))]
pub(in crate::http) use self::dial::Dialed;
use self::dial::{Dialer, is_lookup};
use self::encryption::Encryption;
use self::hop::{Hop, is_https};
use self::transport::{BoxError, BoxFuture, Transport};
use super::failure::{chain, no_connection, root_cause};
use super::message::AGENT;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Limit};

/// Opens connections on one route to the server. Clones of a connector share the route.
#[derive(Clone)]
pub(in crate::http) struct Connector(Arc<Route>);

struct Route {
    hop: Hop,
    proxy: Option<Intercept>,
    /// The time limit for opening a connection, including all TLS and proxy handshakes.
    limit: Option<Duration>,
}

impl Connector {
    /// Reads certificates and the proxy variables of the environment, but opens no connection.
    pub(in crate::http) fn new(config: &Config) -> Result<Self, Error> {
        let dialer = Dialer::new(config)?;
        let proxy = proxy::choose(config)?;
        let by_tls = |proxy: &Intercept| is_https(proxy.uri());
        let encryption = match (config.is_https(), proxy.as_ref().is_some_and(by_tls)) {
            (true, false) => Some("the server"),
            (false, true) => Some("the proxy"),
            (true, true) => Some("the server, or the proxy,"),
            (false, false) => None,
        };
        let encryption = encryption.map(|peer| Encryption::new(config.tls_choice(), peer));
        Ok(Self(Arc::new(Route {
            hop: Hop::new(dialer, encryption.transpose()?),
            proxy,
            limit: config.connect_limit(),
        })))
    }

    /// Whether the connections go directly to the server, without a proxy and without TLS.
    pub(in crate::http) fn is_plain(&self) -> bool {
        self.0.proxy.is_none() && self.0.hop.encryption().is_none()
    }

    /// Whether the connections use TLS without verifying the peer's certificate.
    pub(in crate::http) fn is_unverified(&self) -> bool {
        let encryption = self.0.hop.encryption();
        encryption.is_some_and(|encryption| !encryption.is_verified())
    }

    /// Returns the credentials for the proxy, if the proxy reads the requests to this URL. The
    /// proxy does not read requests that pass through a tunnel.
    pub(in crate::http) fn proxy_credentials(&self, to: &Uri) -> Option<&HeaderValue> {
        let proxy = self.0.proxy.as_ref().filter(|_| !is_https(to))?;
        proxy.basic_auth()
    }

    /// Records that the server has answered a request.
    pub(in crate::http) fn has_answered(&self) {
        if let Some(encryption) = self.0.hop.encryption() {
            encryption.has_answered();
        }
    }

    /// Opens a plain socket to the server.
    #[cfg(all(unix, feature = "event-loop"))]
    pub(in crate::http) async fn dial(&self, origin: Uri) -> Result<Dialed, Error> {
        let dialed = self.0.within_limit(self.0.hop.dial(origin)).await;
        dialed.map_err(|error| self.refused(&*error))
    }

    /// Explains the error of a connection or a request, if TLS caused it. Returns `None` for other
    /// errors.
    pub(in crate::http) fn tls_failure(&self, error: &(dyn StdError + 'static)) -> Option<Error> {
        let encryption = self.0.hop.encryption()?;
        let text = encryption.explained(error, is_timeout(error))?;
        Some(Error::new(ErrorKind::Tls, false, format!("tls: {text}")))
    }

    /// Returns an error that says why no connection was opened.
    pub(in crate::http) fn refused(&self, error: &(dyn StdError + 'static)) -> Error {
        if is_timeout(error) {
            return match self.0.limit {
                Some(limit) => Error::timeout(Limit::Connect, limit),
                None => Error::new(ErrorKind::Connect, true, "no connection: timed out"),
            };
        }
        let cause = root_cause(error);
        if self.0.hop.encryption().is_some() && cause.ends_with("handshake eof") {
            let hint = "hint: perhaps it does not use TLS on this port";
            let text = format!("no connection: {cause}; {hint}");
            return Error::new(ErrorKind::Connect, true, text);
        }
        let proxy = self.0.proxy.as_ref().map(|proxy| proxy.uri().to_string());
        no_connection(error, is_lookup(error), proxy.as_deref())
    }
}

impl Route {
    async fn open(&self, origin: Uri) -> Result<Transport, BoxError> {
        match &self.proxy {
            None => self.hop.open(origin).await,
            Some(proxy) if is_https(&origin) => {
                let tunneled = self.tunnel(proxy).call(origin.clone()).await?;
                self.hop.encrypted(tunneled, &origin).await
            }
            Some(proxy) => Ok(self.hop.open(proxy.uri().clone()).await?.read_by_proxy()),
        }
    }

    /// Asks the proxy for a tunnel, so that the proxy forwards all following bytes without reading
    /// them.
    fn tunnel(&self, proxy: &Intercept) -> Tunnel<Hop> {
        let agent = HeaderValue::from_static(AGENT);
        let headers = HeaderMap::from_iter([(USER_AGENT, agent)]);
        let tunnel = Tunnel::new(proxy.uri().clone(), self.hop.clone());
        match proxy.basic_auth() {
            Some(credentials) => tunnel.with_auth(credentials.clone()),
            None => tunnel,
        }
        .with_headers(headers)
    }

    async fn within_limit<T>(
        &self,
        opening: impl Future<Output = Result<T, BoxError>>,
    ) -> Result<T, BoxError> {
        match self.limit {
            Some(limit) => timeout(limit, opening).await?,
            None => opening.await,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Transport;
    type Error = BoxError;
    type Future = BoxFuture<Transport>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move { route.within_limit(route.open(origin)).await })
    }
}

/// Whether the error means that a time limit of the client or of the system expired.
fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| {
        let of_system = cause.downcast_ref::<std::io::Error>();
        cause.is::<Elapsed>()
            || of_system.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
    })
}
