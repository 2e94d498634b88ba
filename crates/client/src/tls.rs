//! Certificates: whom to trust, and who we are.
//!
//! A [`Tls`] says which certificates to use and loads none of them; `client_config` does, and is
//! called for `https` only, because the system's roots take some milliseconds to load.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::Error;

/// Certificates for `https`. The default trusts what the system trusts.
///
/// ```
/// use aioinflux::{Pem, Tls};
///
/// // The company's own authority, and nobody else.
/// let tls = Tls::new().ca(Pem::file("/etc/ssl/company.pem")).system_roots(false);
/// ```
#[derive(Clone, Debug)]
pub struct Tls {
    own: Vec<Pem>,
    system_roots: bool,
    client: Option<(Pem, Pem)>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            own: Vec::new(),
            system_roots: true,
            client: None,
        }
    }
}

impl Tls {
    /// Trusts what the system trusts, and shows no certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these authorities too, in addition to those of the system (see `system_roots`).
    #[must_use]
    pub fn ca(mut self, certificates: Pem) -> Self {
        self.own.push(certificates);
        self
    }

    /// Sets whether the system's authorities are trusted. Default: yes. Without them only those
    /// that [`ca`](Self::ca) names are.
    #[must_use]
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }

    /// Shows this certificate (chain) to the server, and proves it with the key.
    #[must_use]
    pub fn client_certificate(mut self, certificates: Pem, key: Pem) -> Self {
        self.client = Some((certificates, key));
        self
    }

    /// Loads everything.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut own = Vec::new();
        for pem in &self.own {
            own.extend(pem.certificates()?);
        }
        let builder = versions(Arc::clone(&provider))?;
        let builder = if self.system_roots {
            let verifier = Verifier::new_with_extra_roots(own, provider).map_err(|e| broken(&e))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
        } else {
            let mut roots = RootCertStore::empty();
            for certificate in own {
                roots.add(certificate).map_err(|e| broken(&e))?;
            }
            if roots.is_empty() {
                return Err(Error::config(
                    "tls: no authority to trust; name one with `ca`",
                ));
            }
            builder.with_root_certificates(roots)
        };
        match &self.client {
            None => Ok(builder.with_no_client_auth()),
            Some((certificates, key)) => builder
                .with_client_auth_cert(certificates.certificates()?, key.key()?)
                .map_err(|e| broken(&e)),
        }
    }

    /// A configuration that trusts nobody, for connections without TLS. Loads nothing.
    pub(crate) fn unused_config() -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = RootCertStore::empty();
        Ok(versions(provider)?
            .with_root_certificates(roots)
            .with_no_client_auth())
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn versions(provider: Arc<CryptoProvider>) -> Result<Builder, Error> {
    let builder = ClientConfig::builder_with_provider(provider);
    builder
        .with_safe_default_protocol_versions()
        .map_err(|e| broken(&e))
}

fn broken(error: &rustls::Error) -> Error {
    Error::config(format!("tls: {error}"))
}

/// PEM text: in a file that is read when the client is made, or in memory.
#[derive(Clone)]
pub struct Pem(Source);

#[derive(Clone)]
enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Pem {
    /// The content of this file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// This text.
    pub fn bytes(text: impl Into<Vec<u8>>) -> Self {
        Self(Source::Bytes(text.into()))
    }

    fn name(&self) -> String {
        match &self.0 {
            Source::File(path) => format!("`{}`", path.display()),
            Source::Bytes(_) => "PEM text".into(),
        }
    }

    fn text(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Source::File(path) => fs::read(path)
                .map_err(|error| Error::config(format!("tls: {}: {error}", self.name()))),
            Source::Bytes(text) => Ok(text.clone()),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.text()?).collect();
        let found =
            found.map_err(|error| Error::config(format!("tls: {}: {error}", self.name())))?;
        if found.is_empty() {
            return Err(Error::config(format!(
                "tls: {}: no certificate in it",
                self.name()
            )));
        }
        Ok(found)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(&self.text()?)
            .map_err(|_| Error::config(format!("tls: {}: no private key in it", self.name())))
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(path) => f.debug_tuple("Pem::file").field(path).finish(),
            Source::Bytes(text) => write!(f, "Pem::bytes({} bytes)", text.len()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named() {
        let error = Tls::new()
            .ca(Pem::file("/nowhere/ca.pem"))
            .client_config()
            .unwrap_err();
        assert!(
            error.to_string().starts_with("tls: `/nowhere/ca.pem`: "),
            "{error}"
        );
    }

    #[test]
    fn text_without_a_certificate_is_refused() {
        let tls = Tls::new().ca(Pem::bytes("hello")).system_roots(false);
        let text = "tls: PEM text: no certificate in it";
        assert_eq!(tls.client_config().unwrap_err().to_string(), text);
    }

    #[test]
    fn trusting_nobody_is_refused() {
        assert!(Tls::new().system_roots(false).client_config().is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        let tls = Tls::new().client_certificate(Pem::bytes("CERT"), Pem::bytes("SECRET"));
        assert!(!format!("{tls:?}").contains("SECRET"));
    }
}
