//! Opens one hop of a route: a connection to the server or to the proxy, with TLS if the scheme
//! requires it.

use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use tower_service::Service;

use super::dial::{Dialed, Dialer};
use super::encryption::Encryption;
use super::transport::{BoxError, BoxFuture, Transport};

/// Opens direct connections, without a proxy in between. Cloning a hop is cheap.
#[derive(Clone)]
pub(super) struct Hop {
    dialer: Dialer,
    /// The TLS settings, or `None` if neither the server nor a proxy uses TLS.
    encryption: Option<Encryption>,
}

impl Hop {
    pub(super) fn new(dialer: Dialer, encryption: Option<Encryption>) -> Self {
        Self { dialer, encryption }
    }

    pub(super) fn encryption(&self) -> Option<&Encryption> {
        self.encryption.as_ref()
    }

    /// Opens a socket to the peer, without TLS.
    pub(super) async fn dial(&self, peer: Uri) -> Result<Dialed, BoxError> {
        self.dialer.dial(peer).await
    }

    pub(super) async fn open(&self, peer: Uri) -> Result<Transport, BoxError> {
        let scheme = peer.scheme_str().unwrap_or_default();
        if !matches!(scheme, "http" | "https") {
            // The proxy that the environment names may be a SOCKS proxy, which is not supported.
            return Err(format!("unsupported scheme {scheme}").into());
        }
        let transport = match self.dial(peer.clone()).await? {
            Dialed::Tcp(socket) => Transport::new(socket),
            #[cfg(unix)]
            Dialed::Unix(socket) => Transport::new(socket),
        };
        if is_https(&peer) {
            self.encrypted(transport, &peer).await
        } else {
            Ok(transport)
        }
    }

    /// Establishes TLS with `peer` over an open connection.
    pub(super) async fn encrypted(
        &self,
        over: Transport,
        peer: &Uri,
    ) -> Result<Transport, BoxError> {
        let encryption = self.encryption.as_ref();
        let encryption = encryption.ok_or("TLS was not expected on this connection")?;
        encryption.over(over, peer.host().unwrap_or_default()).await
    }
}

impl Service<Uri> for Hop {
    type Response = Transport;
    type Error = BoxError;
    type Future = BoxFuture<Transport>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: Uri) -> Self::Future {
        let hop = self.clone();
        Box::pin(async move { hop.open(peer).await })
    }
}

pub(super) fn is_https(peer: &Uri) -> bool {
    peer.scheme() == Some(&Scheme::HTTPS)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn a_socks_proxy_is_not_taken_for_one_of_http() {
        let hop = Hop::new(Dialer::new(&Config::default()).unwrap(), None);
        let opened = hop.open(Uri::from_static("socks5://127.0.0.1:1")).await;
        let text = opened.err().unwrap().to_string();
        assert_eq!(text, "unsupported scheme socks5");
    }
}
