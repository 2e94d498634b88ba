//! Sets up TLS for connections to the server or a proxy, and explains TLS errors.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::transport::{BoxError, Transport};
use crate::error::Error;
use crate::tls::{self, Shown, Tls};

/// The TLS settings of a route to a server, and whether the server has answered. Clones of this
/// value share their state.
#[derive(Clone)]
pub(super) struct Encryption {
    connector: TlsConnector,
    /// The name of the peer that uses TLS: the server, the proxy, or both.
    peer: &'static str,
    shown: Shown,
    is_verified: bool,
    has_answered: Arc<AtomicBool>,
}

impl Encryption {
    /// Loads the certificates, and prepares TLS connections.
    pub(super) fn new(choice: &Tls, peer: &'static str) -> Result<Self, Error> {
        let (config, shown) = choice.client_config()?;
        let is_verified = choice.verifies();
        if !is_verified {
            tracing::warn!(target: "aioinflux", "the server's certificate is not verified");
        }
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            peer,
            shown,
            is_verified,
            has_answered: Arc::default(),
        })
    }

    pub(super) fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Records that the server has answered a request.
    pub(super) fn has_answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }

    /// Establishes TLS with `host` over an open connection.
    pub(super) async fn over(
        &self,
        transport: Transport,
        host: &str,
    ) -> Result<Transport, BoxError> {
        // In a URI, an IPv6 address is enclosed in brackets.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned())?;
        let encrypted = self.connector.connect(name, transport.into_layer()).await?;
        Ok(Transport::new(encrypted))
    }

    /// Returns the explanation of a TLS error, or `None` if the error has nothing to do with TLS.
    pub(super) fn explained(
        &self,
        error: &(dyn StdError + 'static),
        is_timeout: bool,
    ) -> Option<String> {
        if let Some(cause) = tls_cause(error) {
            return Some(tls::explain(cause, self.peer, &self.shown));
        }
        if is_timeout || self.has_answered.load(Ordering::Relaxed) {
            return None;
        }
        // The peer's last alert, which would say what is wrong, may not arrive before the
        // connection ends.
        let is_asked = self.shown.is_asked();
        is_asked.then(|| tls::unanswered(self.peer, &self.shown))
    }
}

/// Returns the first TLS error in the chain of causes. The TLS error may come from this side of the
/// connection or from the peer.
fn tls_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(tls) = this.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // The `source` of an I/O error skips the wrapped error, so the wrapped error must be read
        // with `get_ref`.
        let inner = this.downcast_ref().and_then(std::io::Error::get_ref);
        cause = inner
            .map(|inner| inner as &(dyn StdError + 'static))
            .or_else(|| this.source());
    }
    None
}
