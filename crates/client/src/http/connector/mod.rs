//! Opens connections to the server: by TCP or a Unix socket, by TLS, and through a proxy.
//!
//! A [`Connector`] is a service from an origin (scheme, host and port) to a stream of bytes. This is
//! what hyper's pool asks for, and what a gRPC channel can take. `http/optional`, which drives its
//! sockets itself, asks it for plain sockets. Which proxy is used is decided once, when the connector
//! is made. Knows nothing of requests.
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

/// Opens connections on one route to the server. Clones share it.
#[derive(Clone)]
pub(in crate::http) struct Connector(Arc<Route>);

struct Route {
    hop: Hop,
    proxy: Option<Intercept>,
    /// The longest time to open a connection, with all handshakes.
    limit: Option<Duration>,
}

impl Connector {
    /// Reads certificates and the environment, and opens no connection.
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

    /// Whether connections are sockets to the server itself, without TLS.
    pub(in crate::http) fn is_plain(&self) -> bool {
        self.0.proxy.is_none() && self.0.hop.encryption().is_none()
    }

    /// Whether it speaks TLS without verifying who answers.
    pub(in crate::http) fn is_unverified(&self) -> bool {
        let encryption = self.0.hop.encryption();
        encryption.is_some_and(|encryption| !encryption.is_verified())
    }

    /// The credentials of the proxy, if it reads requests to this URL. Through a tunnel it does not.
    pub(in crate::http) fn proxy_credentials(&self, to: &Uri) -> Option<&HeaderValue> {
        let proxy = self.0.proxy.as_ref().filter(|_| !is_https(to))?;
        proxy.basic_auth()
    }

    /// Notes that the server has answered a request.
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

    /// What TLS says of an error of a connection or of a request; nothing if it has no part in it.
    pub(in crate::http) fn tls_failure(&self, error: &(dyn StdError + 'static)) -> Option<Error> {
        let encryption = self.0.hop.encryption()?;
        let text = encryption.explained(error, is_timeout(error))?;
        Some(Error::new(ErrorKind::Tls, false, format!("tls: {text}")))
    }

    /// Why there is no connection.
    pub(in crate::http) fn refused(&self, error: &(dyn StdError + 'static)) -> Error {
        if is_timeout(error) {
            return match self.0.limit {
                Some(limit) => Error::timeout(Limit::Connect, limit),
                None => Error::new(ErrorKind::Connect, true, "no connection: timed out"),
            };
        }
        let cause = root_cause(error);
        if self.0.hop.encryption().is_some() && cause.ends_with("handshake eof") {
            let hint = "hint: perhaps it does not speak TLS on this port";
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

    /// Asks the proxy to pass on what follows, without reading it.
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

/// Whether our limit ran out, or the system's.
fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| {
        let of_system = cause.downcast_ref::<std::io::Error>();
        cause.is::<Elapsed>()
            || of_system.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
    })
}
