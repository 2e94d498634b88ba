//! TLS on the way to the server: whom to trust, and what its errors mean.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::transport::{BoxError, Transport};
use crate::error::Error;
use crate::tls::{self, Shown, Tls};

/// What is known of TLS on the way. Clones share it.
#[derive(Clone)]
pub(super) struct Encryption {
    connector: TlsConnector,
    /// Who speaks TLS: the server, the proxy, or both.
    peer: &'static str,
    shown: Shown,
    is_verified: bool,
    has_answered: Arc<AtomicBool>,
}

impl Encryption {
    /// Loads the certificates.
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

    /// Notes that the server has answered a request.
    pub(super) fn has_answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }

    /// Speaks TLS over a transport to this host.
    pub(super) async fn over(
        &self,
        transport: Transport,
        host: &str,
    ) -> Result<Transport, BoxError> {
        // In a URI an IPv6 address has brackets.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned())?;
        let encrypted = self.connector.connect(name, transport.into_layer()).await?;
        Ok(Transport::new(encrypted))
    }

    /// What TLS says of this error; nothing if it has no part in it.
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
        // Whether its last words arrive before the end of the connection is left to chance.
        let is_asked = self.shown.is_asked();
        is_asked.then(|| tls::unanswered(self.peer, &self.shown))
    }
}

/// What TLS has to say against the server, or the server against us.
fn tls_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(tls) = this.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // The source of an I/O error is that of the error in it, which is itself left out.
        let inner = this.downcast_ref().and_then(std::io::Error::get_ref);
        cause = inner
            .map(|inner| inner as &(dyn StdError + 'static))
            .or_else(|| this.source());
    }
    None
}
