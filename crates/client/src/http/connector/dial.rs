//! Opens plain sockets: a TCP connection to one of the addresses of a host name, or a Unix socket.

use std::error::Error as StdError;
use std::fmt;
use std::io;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tower_service::Service;

use super::super::failure::chain;
use super::transport::{BoxError, BoxFuture};
use crate::config::Config;
use crate::error::Error;

/// The idle time after which the system sends a keep-alive probe to the peer, and the interval
/// between probes. The configuration's `read_timeout` limits how long the peer may take to read the
/// sent data, so the socket has no such limit.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;

/// Opens sockets. Cloning a dialer is cheap.
#[derive(Clone)]
pub(super) enum Dialer {
    Tcp(HttpConnector<Resolver>),
    #[cfg(unix)]
    Unix(Arc<Path>),
}

/// A connected socket.
pub(in crate::http) enum Dialed {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Dialer {
    #[cfg_attr(
        unix,
        expect(
            clippy::unnecessary_wraps,
            reason = "it fails where there are no unix sockets"
        )
    )]
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        match config.unix_socket_path() {
            #[cfg(unix)]
            Some(path) => Ok(Self::Unix(path.into())),
            #[cfg(not(unix))]
            Some(_) => Err(Error::config(
                "unix_socket: this system has no Unix sockets",
            )),
            None => Ok(Self::Tcp(tcp(config.connect_limit()))),
        }
    }

    pub(super) async fn dial(&self, peer: Uri) -> Result<Dialed, BoxError> {
        match self {
            Self::Tcp(connector) => {
                let connected = connector.clone().call(peer).await?;
                Ok(Dialed::Tcp(connected.into_inner()))
            }
            #[cfg(unix)]
            Self::Unix(path) => Ok(Dialed::Unix(UnixStream::connect(path).await?)),
        }
    }
}

fn tcp(limit: Option<Duration>) -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    connector.enforce_http(false);
    // All addresses of a host name share the connect timeout.
    connector.set_connect_timeout(limit);
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE));
    connector.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
    connector
}

/// The system's resolver, with its errors wrapped in a [`LookupError`].
#[derive(Clone)]
pub(super) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = BoxError;
    type Future = BoxFuture<GaiAddrs>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = self.0.call(name);
        Box::pin(async move { Ok(found.await.map_err(LookupError)?) })
    }
}

/// The error of a failed look-up of a host name.
#[derive(Debug)]
struct LookupError(io::Error);

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("look-up")
    }
}

impl StdError for LookupError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Whether the error is a failed look-up of a host name.
pub(super) fn is_lookup(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(<dyn StdError>::is::<LookupError>)
}
