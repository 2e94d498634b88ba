//! Defines the TLS settings: which servers to trust, and which certificate the client presents.
//!
//! A [`Tls`] says which certificates to use, but loads none of them. `client_config` loads the
//! certificates. `client_config` is called only for `https`, because loading the system's root
//! certificates takes several milliseconds.
//!
//! | file | what |
//! |---|---|
//! | `trust` | verifies servers |
//! | `certificate` | what is read of a certificate |
//! | `explain` | errors in words |

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, InconsistentKeys, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::Error;
use trust::{Trust, Unverified};

mod certificate;
mod explain;
mod trust;

pub(crate) use explain::{explain, unanswered};
pub(crate) use trust::Shown;

/// The certificate options for `https`. By default, the client trusts the certificate authorities
/// of the system.
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
    verify: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            own: Vec::new(),
            system_roots: true,
            client: None,
            verify: true,
        }
    }
}

impl Tls {
    /// Returns the default options: the system's certificate authorities are trusted, and no client
    /// certificate is sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds certificate authorities that the client trusts in addition to the authorities of the
    /// system (see `system_roots`).
    ///
    /// A server is also trusted if its certificate is one of the given certificates, regardless of
    /// who issued it. A self-signed certificate can therefore be trusted by passing it to this
    /// method. The server is trusted only for the names in its certificate and while the
    /// certificate is valid. If the certificate has no subjectAltName, its common name is used.
    #[must_use]
    pub fn ca(mut self, certificates: Pem) -> Self {
        self.own.push(certificates);
        self
    }

    /// Sets whether the system's certificate authorities are trusted. Default: yes. If the system's
    /// authorities are not trusted, only the authorities passed to [`ca`](Self::ca) are trusted.
    #[must_use]
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }

    /// Sends a client certificate (or a chain of certificates) to the server, and uses the key to
    /// prove that the client owns the certificate.
    #[must_use]
    pub fn client_certificate(mut self, certificates: Pem, key: Pem) -> Self {
        self.client = Some((certificates, key));
        self
    }

    /// Sets whether the server's certificate is verified. Default: yes. Without verification,
    /// anyone on the network path to the server can read and change the data, including passwords.
    /// Turn verification off only in tests. If verification is off, the certificates passed to
    /// [`ca`](Self::ca) are not read.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Whether the server's certificate is verified.
    pub(crate) fn verifies(&self) -> bool {
        self.verify
    }

    /// Loads everything.
    pub(crate) fn client_config(&self) -> Result<(ClientConfig, Shown), Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let client = self.client.as_ref();
        let shown = client.map(|(certificates, key)| identity(certificates, key, &provider));
        let shown = Shown::new(shown.transpose()?);
        let config = versions(provider)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::new(shown.clone()));
        Ok((config, shown))
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let algorithms = provider.signature_verification_algorithms;
        if !self.verify {
            return Ok(Arc::new(Unverified { algorithms }));
        }
        let mut own = Vec::new();
        let mut roots = RootCertStore::empty();
        for pem in &self.own {
            for (number, certificate) in pem.certificates()?.into_iter().enumerate() {
                roots
                    .add(certificate.clone())
                    .map_err(|error| pem.broken(&format!("certificate {}: {error}", number + 1)))?;
                own.push(certificate);
            }
        }
        let provider = Arc::clone(provider);
        let authorities: Arc<dyn ServerCertVerifier> = if self.system_roots {
            let verifier = Verifier::new_with_extra_roots(own.clone(), provider);
            Arc::new(verifier.map_err(|error| {
                Error::config(format!(
                    "tls: the certificates of the system's authorities cannot be used: {error}; \
                     hint: install them (`ca-certificates`), or pass the authorities to trust with `Tls::ca`"
                ))
            })?)
        } else {
            if roots.is_empty() {
                return Err(Error::config(
                    "tls: no authority to trust; add one with `Tls::ca`",
                ));
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| Error::config(format!("tls: {error}")))?
        };
        Ok(Arc::new(Trust {
            authorities,
            own,
            algorithms,
        }))
    }

    /// Returns a TLS configuration that trusts no certificate. Loads nothing.
    fn without_trust() -> Result<ClientConfig, Error> {
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

/// Loads the client's certificate and the key of this certificate.
fn identity(
    certificates: &Pem,
    key: &Pem,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, Error> {
    let made = CertifiedKey::from_der(certificates.certificates()?, key.key()?, provider);
    made.map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => key.broken(&format!(
            "the key does not belong to the certificate in {}; hint: the certificate of the client \
             comes first in its file, those of authorities after it",
            certificates.name()
        )),
        rustls::Error::InvalidCertificate(error) => {
            certificates.broken(&format!("the certificate cannot be used: {error}"))
        }
        error => key.broken(&format!("the key cannot be used: {error}")),
    })
}

/// Returns the first bytes that a TLS client sends to a server.
pub(crate) fn hello() -> Option<Vec<u8>> {
    let name = ServerName::try_from("localhost").ok()?;
    let config = Tls::without_trust().ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).ok()?;
    Some(bytes)
}

fn broken(error: &rustls::Error) -> Error {
    Error::config(format!("tls: {error}"))
}

/// A certificate or key as PEM text, either in memory or in a file, which is read when the client
/// is created.
#[derive(Clone)]
pub struct Pem(PemSource);

#[derive(Clone)]
enum PemSource {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Pem {
    /// Returns PEM text that is read from the file with this path.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(PemSource::File(path.into()))
    }

    /// This text.
    pub fn bytes(text: impl Into<Vec<u8>>) -> Self {
        Self(PemSource::Bytes(text.into()))
    }

    fn name(&self) -> String {
        match &self.0 {
            PemSource::File(path) => format!("`{}`", path.display()),
            PemSource::Bytes(_) => "PEM text".into(),
        }
    }

    fn broken(&self, why: &str) -> Error {
        Error::config(format!("tls: {}: {why}", self.name()))
    }

    fn text(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            PemSource::File(path) => {
                fs::read(path).map_err(|error| self.broken(&error.to_string()))
            }
            PemSource::Bytes(text) => Ok(text.clone()),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let text = self.text()?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let found = found.map_err(|error| self.broken(&error.to_string()))?;
        if found.is_empty() {
            return Err(self.broken(&format!("it contains no certificate{}", not_pem(&text))));
        }
        Ok(found)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        let text = self.text()?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let encrypted = b"ENCRYPTED";
            let is_encrypted = text.windows(encrypted.len()).any(|part| part == encrypted);
            let hint = if is_encrypted {
                "; hint: it is encrypted, and `openssl pkey` writes it without a password"
            } else {
                not_pem(&text)
            };
            self.broken(&format!("it contains no private key{hint}"))
        })
    }
}

/// Returns a hint if the file begins with the first byte of DER data, because such a file is not
/// PEM.
fn not_pem(text: &[u8]) -> &'static str {
    if text.first() == Some(&0x30) {
        "; hint: it is not PEM; `openssl x509 -inform der` and `openssl pkey -inform der` convert it"
    } else {
        ""
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PemSource::File(path) => f.debug_tuple("Pem::file").field(path).finish(),
            PemSource::Bytes(text) => write!(f, "Pem::bytes({} bytes)", text.len()),
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
        let text = "tls: PEM text: it contains no certificate";
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
