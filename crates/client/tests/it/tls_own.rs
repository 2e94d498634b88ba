//! Tests certificates that are trusted directly, and connections without verification.

use aioinflux::{Error, ErrorKind, Pem, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::version::{TLS12, TLS13};

use crate::scripted::Scripted;
use crate::tls::{Identity, authority, client, identified};

/// A certificate of version 1 for the common name `localhost`, valid from 2020 to 2120.
const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBEDCBuAIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcN
MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2Fs
aG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGIILas1ioAdj76gLigF/+YG
LiDbGsHm7RhTebKPM2o//t36KDSfbITJK3ypfKD9LV8D6PpumMOj3X4L+TlLxhAw
CgYIKoZIzj0EAwIDRwAwRAIgWcRovwGsM5cUeuYI5kdB9FisEP/e63lMxSWmIdlP
+ccCIFxkR04K03fyT5vKnJSEXrptfntHbIBHZ8KiNOLKBV9o
-----END CERTIFICATE-----
";
const VERSION_1_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzqEBjXO/hZi2m+we
1FUXTpOyllPcK5/FKrPwAG5smkqhRANCAARiCC2rNYqAHY++oC4oBf/mBi4g2xrB
5u0YU3myjzNqP/7d+ig0n2yEySt8qXyg/S1fA+j6bpjDo91+C/k5S8YQ
-----END PRIVATE KEY-----
";

/// Returns a self-signed certificate for these names.
fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity {
        certificate: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// Turns the certificate into that of an authority, as `openssl req -x509` does.
fn of_openssl(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn only_common_name(params: &mut CertificateParams) {
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
}

async fn serve(identity: &Identity) -> Scripted {
    identified(identity, None, rustls::DEFAULT_VERSIONS).await
}

/// Returns TLS settings that trust these certificates, but not those of the system.
fn trust(certificates: &str) -> Tls {
    Tls::new().ca(Pem::bytes(certificates)).system_roots(false)
}

async fn refused(server: &Scripted, tls: Tls) -> String {
    let error: Error = client(server, tls).ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Tls, false),
        "{error}"
    );
    let start = format!("ping of `https://localhost:{}/`: tls: ", server.port);
    error.to_string().strip_prefix(&start).unwrap().to_owned()
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_itself() {
    for change in [of_openssl, |_: &mut _| ()] {
        let identity = self_signed(&["localhost"], change);
        for versions in [[&TLS12], [&TLS13]] {
            let server = identified(&identity, None, &versions).await;
            let tls = trust(&identity.certificate);
            client(&server, tls.clone()).ping().await.unwrap();
            client(&server, tls.system_roots(true))
                .ping()
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn one_of_several_certificates_in_a_text_is_enough() {
    let identity = self_signed(&["localhost"], of_openssl);
    let other = self_signed(&["localhost"], of_openssl);
    let text = format!(
        "{}{}{}",
        other.certificate,
        identity.certificate,
        authority().pem()
    );
    let server = serve(&identity).await;
    client(&server, trust(&text)).ping().await.unwrap();
}

#[tokio::test]
async fn a_certificate_without_a_trusted_issuer_is_trusted_by_itself() {
    let identity = authority().sign("localhost");
    let server = serve(&identity).await;
    client(&server, trust(&identity.certificate))
        .ping()
        .await
        .unwrap();
    // More certificates in the server's chain have no effect either.
    let chain = format!("{}{}", identity.certificate, authority().pem());
    let server = serve(&Identity {
        certificate: chain,
        key: identity.key.clone(),
    })
    .await;
    client(&server, trust(&identity.certificate))
        .ping()
        .await
        .unwrap();
}

#[tokio::test]
async fn an_authority_between_is_trusted_without_its_own() {
    let (root, between) = (authority(), authority());
    let identity = between.sign("localhost");
    let chain = format!("{}{}", identity.certificate, between.pem());
    let server = serve(&Identity {
        certificate: chain,
        key: identity.key,
    })
    .await;
    client(&server, trust(&between.pem())).ping().await.unwrap();
    let text = refused(&server, trust(&root.pem())).await;
    assert!(
        text.contains("is not trusted") || text.contains("not signed by the key"),
        "{text}"
    );
}

#[tokio::test]
async fn an_own_certificate_is_trusted_for_its_names_alone() {
    for change in [of_openssl, |_: &mut _| ()] {
        let names = ["other.example", "*.example", "127.0.0.1", "::1"];
        let identity = self_signed(&names, change);
        let server = serve(&identity).await;
        let text = "the certificate of the server is for `other.example`, `*.example`, `127.0.0.1`, \
                    `::1`, not for `localhost`; hint: connect by a name that it has, or issue it \
                    for this one";
        let found = refused(&server, trust(&identity.certificate)).await;
        assert_eq!(found, text);
        let config = aioinflux::Config::new(&format!("https://127.0.0.1:{}", server.port)).unwrap();
        let config = config.tls(trust(&identity.certificate));
        crate::connect(config).unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn an_own_certificate_with_a_common_name_alone_is_trusted_for_it() {
    let identity = self_signed(&[], only_common_name);
    let server = serve(&identity).await;
    client(&server, trust(&identity.certificate))
        .ping()
        .await
        .unwrap();
    let other = self_signed(&[], |params| {
        params
            .distinguished_name
            .push(DnType::CommonName, "other.example");
    });
    let server = serve(&other).await;
    let text = refused(&server, trust(&other.certificate)).await;
    assert!(
        text.contains("is for `other.example`, not for `localhost`"),
        "{text}"
    );
    // If a certificate has other names, its common name is ignored.
    let both = self_signed(&["other.example"], only_common_name);
    let server = serve(&both).await;
    let text = refused(&server, trust(&both.certificate)).await;
    assert!(
        text.contains("is for `other.example`, not for `localhost`"),
        "{text}"
    );
}

#[tokio::test]
async fn a_certificate_of_version_1_is_trusted_by_itself() {
    let identity = Identity {
        certificate: VERSION_1.to_owned(),
        key: VERSION_1_KEY.to_owned(),
    };
    for versions in [[&TLS12], [&TLS13]] {
        let server = identified(&identity, None, &versions).await;
        client(&server, trust(VERSION_1)).ping().await.unwrap();
        client(&server, Tls::new().verify(false))
            .ping()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_dates_of_an_own_certificate_are_checked() {
    let expired = self_signed(&["localhost"], |params| {
        of_openssl(params);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let server = serve(&expired).await;
    let text = "the certificate of the server expired at 2002-01-01T00:00:00Z; hint: renew it, or \
                check the clock of this machine";
    assert_eq!(refused(&server, trust(&expired.certificate)).await, text);
    let early = self_signed(&["localhost"], |params| {
        of_openssl(params);
        params.not_before = date_time_ymd(2110, 1, 1);
        params.not_after = date_time_ymd(2111, 1, 1);
    });
    let server = serve(&early).await;
    let text = "the certificate of the server is not valid before 2110-01-01T00:00:00Z; hint: check \
                the clock of this machine";
    assert_eq!(refused(&server, trust(&early.certificate)).await, text);
    for identity in [expired, early] {
        let server = serve(&identity).await;
        client(&server, Tls::new().verify(false))
            .ping()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_not_named_is_refused() {
    for change in [of_openssl, |_: &mut _| ()] {
        let server = serve(&self_signed(&["localhost"], change)).await;
        let text = "the certificate of the server is self-signed, and not trusted; hint: pass that \
                    certificate as `Tls::ca`";
        for tls in [Tls::new(), trust(&authority().pem())] {
            let found = refused(&server, tls).await;
            // Two authorities in these tests have the same name, so the error may be about the
            // wrong key instead.
            assert!(
                found == text || found.contains("not signed by the key"),
                "{found}"
            );
        }
    }
}

#[tokio::test]
async fn without_verification_everybody_is_trusted() {
    let identity = self_signed(&["other.example"], of_openssl);
    let server = serve(&identity).await;
    let made = client(&server, Tls::new().verify(false));
    assert!(made.is_unverified());
    made.ping().await.unwrap();
    let made = client(&server, trust(&identity.certificate));
    assert!(!made.is_unverified());
    // A URL can also turn off the verification of certificates.
    let url = format!("https://127.0.0.1:{}?verify_ssl=false", server.port);
    let made = crate::connect(aioinflux::Config::new(&url).unwrap()).unwrap();
    made.ping().await.unwrap();
}

#[tokio::test]
async fn without_verification_the_handshake_is_still_signed_by_the_key_of_the_certificate() {
    let shown = [
        self_signed(&["localhost"], of_openssl).certificate,
        VERSION_1.to_owned(),
    ];
    for certificate in shown {
        let key = KeyPair::generate().unwrap().serialize_pem();
        for versions in [[&TLS12], [&TLS13]] {
            let stolen = Identity {
                certificate: certificate.clone(),
                key: key.clone(),
            };
            let server = identified(&stolen, None, &versions).await;
            for tls in [Tls::new().verify(false), trust(&certificate)] {
                let text = refused(&server, tls).await;
                assert!(text.contains("not signed by the key"), "{text}");
            }
        }
    }
}
