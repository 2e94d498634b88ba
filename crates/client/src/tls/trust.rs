//! Verifies servers. A server is trusted through an authority, through its exact certificate, or
//! without any verification.
//!
//! The handshake signature is always checked, even if the certificate itself is not verified. The
//! handshake signature proves that the server has the private key of the certificate that it
//! presents.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::certificate::Certificate;

/// Trusts the given authorities, and also the certificates in `own`, no matter who issued them.
///
/// webpki refuses a server's certificate if it is the certificate of an authority, or if no trusted
/// authority issued it. A certificate in `own` is accepted in both cases, because the user named it
/// explicitly.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) authorities: Arc<dyn ServerCertVerifier>,
    pub(super) own: Vec<CertificateDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Trusts everybody.
#[derive(Debug)]
pub(super) struct Unverified {
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// The error for a server's certificate that no trusted authority issued.
#[derive(Debug)]
pub(super) struct Untrusted {
    /// The issuer of the certificate, or `None` if the certificate is self-signed.
    pub(super) issuer: Option<String>,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown issuer")
    }
}

impl std::error::Error for Untrusted {}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.own.iter().any(|own| own == end_entity) {
            return verify_own(end_entity, server_name, now);
        }
        self.authorities
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| with_issuer(error, end_entity))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature_12(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature_13(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature_12(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature_13(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Checks the dates and the name of a certificate that the user trusts directly.
fn verify_own(
    der: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let read = Certificate::of(der).ok_or(CertificateError::BadEncoding)?;
    if now < read.not_before {
        let not_before = read.not_before;
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before,
        }
        .into());
    }
    if now > read.not_after {
        let not_after = read.not_after;
        return Err(CertificateError::ExpiredContext {
            time: now,
            not_after,
        }
        .into());
    }
    if read.has_alternative_names {
        verify_server_name(&ParsedCertificate::try_from(der)?, name)?;
        return Ok(ServerCertVerified::assertion());
    }
    // Certificates that people create by hand often contain only a common name.
    let common = read.common_name();
    if common
        .as_deref()
        .is_some_and(|common| is_name(common, name))
    {
        return Ok(ServerCertVerified::assertion());
    }
    let refused = CertificateError::NotValidForNameContext {
        expected: name.to_owned(),
        presented: common.into_iter().collect(),
    };
    Err(refused.into())
}

/// Returns whether a common name equals the name of the server. Wildcards in a common name do not
/// match.
fn is_name(common: &str, name: &ServerName<'_>) -> bool {
    match name {
        ServerName::DnsName(name) => {
            let name = name.as_ref();
            let name = name.strip_suffix('.').unwrap_or(name);
            common.eq_ignore_ascii_case(name)
        }
        ServerName::IpAddress(address) => common.parse() == Ok(IpAddr::from(*address)),
        _ => false,
    }
}

/// Adds the issuer to an error about an issuer that is not trusted. Returns all other errors
/// unchanged.
fn with_issuer(error: Error, der: &CertificateDer<'_>) -> Error {
    let Some(read) = Certificate::of(der) else {
        return error;
    };
    let is_self_signed = read.is_self_signed();
    let is_unknown = match &error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        // The server's certificate is that of an authority, and webpki does not search for the
        // issuer of such a certificate.
        Error::InvalidCertificate(CertificateError::Other(_)) => is_self_signed,
        _ => false,
    };
    if !is_unknown {
        return error;
    }
    let issuer = read.issuer_name().filter(|_| !is_self_signed);
    let untrusted = Untrusted {
        issuer: issuer.or_else(|| (!is_self_signed).then(|| "an authority without a name".into())),
    };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(untrusted))))
}

/// Checks a handshake signature, even if webpki cannot read the certificate.
fn signature_12(
    message: &[u8],
    der: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let checked = verify_tls12_signature(message, der, signed, algorithms);
    if checked.is_ok() || ParsedCertificate::try_from(der).is_ok() {
        return checked;
    }
    let read = Certificate::of(der).ok_or(CertificateError::BadEncoding)?;
    let (algorithm, key) = read.key().ok_or(CertificateError::BadEncoding)?;
    let offered = algorithms.mapping.iter();
    let possible = offered
        .filter(|(scheme, _)| *scheme == signed.scheme)
        .flat_map(|(_, all)| *all)
        .filter(|one| one.public_key_alg_id().as_ref() == algorithm);
    for one in possible {
        if one
            .verify_signature(key, message, signed.signature())
            .is_ok()
        {
            return Ok(HandshakeSignatureValid::assertion());
        }
    }
    Err(CertificateError::BadSignature.into())
}

fn signature_13(
    message: &[u8],
    der: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let checked = verify_tls13_signature(message, der, signed, algorithms);
    if checked.is_ok() || ParsedCertificate::try_from(der).is_ok() {
        return checked;
    }
    let read = Certificate::of(der).ok_or(CertificateError::BadEncoding)?;
    let key = SubjectPublicKeyInfoDer::from(read.key_info);
    verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
}

/// The client's certificate, and whether a server has requested a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    certificate: Option<Arc<CertifiedKey>>,
    is_asked: Arc<AtomicBool>,
}

impl Shown {
    pub(super) fn new(certificate: Option<CertifiedKey>) -> Self {
        Self {
            certificate: certificate.map(Arc::new),
            is_asked: Arc::default(),
        }
    }

    /// Whether a server has requested a client certificate.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// Whether the client has a certificate of its own.
    pub(crate) fn has_one(&self) -> bool {
        self.certificate.is_some()
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        self.has_one()
    }
}
