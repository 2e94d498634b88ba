//! Tests certificates of the client and of the server, and invalid certificates.

use std::sync::Arc;

use aioinflux::{Client, Config, ErrorKind, Pem, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use crate::connect;
use crate::scripted::{Accept, Connection, Scripted, done, keep, serve_with};

impl Connection for tokio_rustls::server::TlsStream<tokio::net::TcpStream> {}

/// An authority that signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, as PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "An authority");
    Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
}

impl Authority {
    /// Returns the certificate of the authority as PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Returns TLS settings that trust only this authority.
    pub(crate) fn tls(&self) -> Tls {
        Tls::new().ca(Pem::bytes(self.pem())).system_roots(false)
    }

    pub(crate) fn sign(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// Starts a server with a certificate for this name. If `asks` is set, the server requires a client
/// certificate from the same authority.
async fn serve(authority: &Authority, name: &str, asks: bool) -> Scripted {
    let asked = asks.then(|| authority.pem());
    identified(
        &authority.sign(name),
        asked.as_deref(),
        rustls::DEFAULT_VERSIONS,
    )
    .await
}

/// Starts a server that presents these certificates, of which the first is its own, and supports
/// these TLS versions. If `asked` contains the certificate of an authority, the server requires a
/// client certificate from this authority.
pub(crate) async fn identified(
    identity: &Identity,
    asked: Option<&str>,
    versions: &[&'static SupportedProtocolVersion],
) -> Scripted {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let builder = if let Some(asked) = asked {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(asked.as_bytes()).unwrap())
            .unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    // The server does not check whether its key and its certificate belong together, because the
    // client has to find this out.
    let shown = CertifiedKey::new(chain.map(Result::unwrap).collect(), key);
    let config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accept: Accept = Arc::new(move |stream| {
        let acceptor = acceptor.clone();
        Box::pin(async move {
            let stream = acceptor.accept(stream).await.ok()?;
            Some(Box::new(stream) as Box<dyn Connection>)
        })
    });
    serve_with(|_| keep(done()), accept).await
}

pub(crate) fn client(server: &Scripted, tls: Tls) -> Client {
    let config = Config::new(&format!("https://localhost:{}", server.port)).unwrap();
    connect(config.tls(tls)).unwrap()
}

#[tokio::test]
async fn a_server_of_the_own_authority_is_trusted_with_and_without_the_systems_roots() {
    let authority = authority();
    let server = serve(&authority, "localhost", false).await;
    client(&server, authority.tls()).ping().await.unwrap();
    client(&server, authority.tls().system_roots(true))
        .ping()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_or_of_another_name_is_refused_for_good() {
    let authority = authority();
    let right = serve(&authority, "localhost", false).await;
    let wrong = serve(&authority, "other.example", false).await;
    for client in [
        client(&right, crate::tls::authority().tls()),
        client(&wrong, authority.tls()),
    ] {
        let error = client.ping().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Tls, false),
            "{error}"
        );
    }
    assert!(right.received().is_empty() && wrong.received().is_empty());
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let authority = authority();
    let server = serve(&authority, "localhost", true).await;
    let own = authority.sign("client");
    let with = |own: &Identity| {
        let certificate = Pem::bytes(own.certificate.clone());
        authority
            .tls()
            .client_certificate(certificate, Pem::bytes(own.key.clone()))
    };
    client(&server, with(&own)).ping().await.unwrap();
    for tls in [
        authority.tls(),
        with(&crate::tls::authority().sign("client")),
    ] {
        let error = client(&server, tls).ping().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Tls | ErrorKind::Transport),
            "{error}"
        );
    }
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn certificates_are_read_from_files() {
    let authority = authority();
    let server = serve(&authority, "localhost", true).await;
    let own = authority.sign("client");
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        Pem::file(path)
    };
    let tls = Tls::new()
        .system_roots(false)
        .ca(file("ca.pem", &authority.pem()))
        .client_certificate(file("own.pem", &own.certificate), file("own.key", &own.key));
    client(&server, tls).ping().await.unwrap();
}
