//! Tests the messages of TLS errors.

use aioinflux::{Config, Error, ErrorKind, Pem, Proxy, Tls};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::connect;
use crate::scripted::{Scripted, always, close, done, keep};
use crate::tls::{Authority, authority, client, identified};

/// Starts a server that answers the first bytes of each connection with `bytes`, and then closes
/// the connection.
async fn replies(bytes: &'static [u8]) -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, tasks)
}

/// Pings this URL and returns the error.
async fn ping(url: &str, tls: Tls) -> Error {
    let config = Config::new(url).unwrap().tls(tls);
    connect(config).unwrap().ping().await.unwrap_err()
}

async fn text(server: &Scripted, tls: Tls) -> String {
    let error = client(server, tls).ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Tls, false),
        "{error}"
    );
    let start = format!("ping of `https://localhost:{}/`: tls: ", server.port);
    error.to_string().strip_prefix(&start).unwrap().to_owned()
}

const NEEDS_TLS: &str = "tls: the server speaks TLS on this port; hint: use an `https://` URL";

#[tokio::test]
async fn plain_http_to_a_server_of_tls_says_so() {
    let authority = authority();
    for versions in [[&TLS12], [&TLS13]] {
        let server = identified(&authority.sign("localhost"), None, &versions).await;
        for host in ["localhost", "127.0.0.1"] {
            let error = ping(&format!("http://{host}:{}", server.port), Tls::new()).await;
            assert_eq!(
                (error.kind(), error.is_retryable()),
                (ErrorKind::Tls, false)
            );
            assert!(error.to_string().ends_with(NEEDS_TLS), "{error}");
        }
    }
}

#[tokio::test]
async fn servers_that_say_that_they_expect_tls_are_understood() {
    let texts = [
        "Client sent an HTTP request to an HTTPS server.",
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    ];
    for said in texts {
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length";
        let server = always(close(format!("{head}: {}\r\n\r\n{said}", said.len()))).await;
        let error = ping(&format!("http://127.0.0.1:{}", server.port), Tls::new()).await;
        assert_eq!(error.status(), Some(400));
        let hint = "; hint: the server speaks TLS on this port: use an `https://` URL";
        assert!(error.to_string().ends_with(hint), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_no_http_and_no_tls_is_not_said_to_speak_tls() {
    let cases = [
        (&b""[..], (ErrorKind::Transport, true)),
        (b"SSH-2.0-x\r\n", (ErrorKind::Decode, false)),
    ];
    for (bytes, expected) in cases {
        let (port, _tasks) = replies(bytes).await;
        let error = ping(&format!("http://127.0.0.1:{port}"), Tls::new()).await;
        assert_eq!((error.kind(), error.is_retryable()), expected, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_has_answered_is_not_asked_whether_it_speaks_tls() {
    let server = crate::scripted::serve(|request| {
        if request.line.contains("ping") {
            keep(done())
        } else {
            close("")
        }
    })
    .await;
    let client = crate::client(server.port);
    client.ping().await.unwrap();
    client.query("q").await.unwrap_err();
    assert_eq!(server.received().len(), 2);
    assert!(server.connections() <= 2);
}

#[tokio::test]
async fn tls_to_a_plain_server_says_so() {
    let (port, _tasks) = replies(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let error = ping(&format!("https://127.0.0.1:{port}"), authority().tls()).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Tls, false)
    );
    let text = "tls: the server does not speak TLS on this port; hint: use an `http://` URL, or \
                another port";
    assert!(error.to_string().ends_with(text), "{error}");
}

#[tokio::test]
async fn a_server_that_ends_the_handshake_without_a_word_may_speak_no_tls() {
    let (port, _tasks) = replies(b"").await;
    let error = ping(&format!("https://127.0.0.1:{port}"), authority().tls()).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Connect, true)
    );
    let hint = "; hint: perhaps it does not use TLS on this port";
    assert!(error.to_string().ends_with(hint), "{error}");
}

#[tokio::test]
async fn an_unknown_issuer_is_named() {
    let server = identified(
        &authority().sign("localhost"),
        None,
        rustls::DEFAULT_VERSIONS,
    )
    .await;
    let said = text(&server, Tls::new()).await;
    let expected = "the certificate of the server was issued by `An authority`, which is not \
                    trusted; hint: pass the certificate of that authority as `Tls::ca`";
    assert_eq!(said, expected);
}

/// Starts a server that requires a client certificate from an authority. The client must also trust
/// this authority.
async fn asking(
    authority: &Authority,
    version: &'static rustls::SupportedProtocolVersion,
) -> Scripted {
    identified(
        &authority.sign("localhost"),
        Some(&authority.pem()),
        &[version],
    )
    .await
}

#[tokio::test]
async fn a_server_that_requires_a_client_certificate_says_so() {
    let authority = authority();
    for version in [&TLS12, &TLS13] {
        let server = asking(&authority, version).await;
        let said = text(&server, authority.tls()).await;
        let expected = "the server requires a client certificate; hint: pass one as \
                        `Tls::client_certificate`";
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn a_client_certificate_of_a_stranger_is_said_to_be_refused() {
    let authority = authority();
    let own = crate::tls::authority().sign("client");
    for version in [&TLS12, &TLS13] {
        let server = asking(&authority, version).await;
        let tls = authority.tls().client_certificate(
            Pem::bytes(own.certificate.clone()),
            Pem::bytes(own.key.clone()),
        );
        let said = text(&server, tls).await;
        assert!(
            said.starts_with("the server refused the client certificate ("),
            "{said}"
        );
        let hint = "); hint: `Tls::client_certificate` must be valid, and issued by an authority \
                    that the server trusts";
        assert!(said.ends_with(hint), "{said}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_named_as_the_proxy() {
    let authority = authority();
    let proxy = identified(&authority.sign("localhost"), None, rustls::DEFAULT_VERSIONS).await;
    let through = |tls: Tls| {
        let config = Config::new("http://other.invalid").unwrap().tls(tls);
        config.proxy(Proxy::Url(format!("https://localhost:{}", proxy.port)))
    };
    let error = connect(through(Tls::new()))
        .unwrap()
        .ping()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(
        error
            .to_string()
            .contains("the certificate of the proxy was issued by"),
        "{error}"
    );
    let unverified = connect(through(Tls::new().verify(false))).unwrap();
    assert!(unverified.is_unverified());
    unverified.ping().await.unwrap();
    connect(through(authority.tls()))
        .unwrap()
        .ping()
        .await
        .unwrap();
}

#[test]
fn a_key_that_does_not_belong_to_its_certificate_is_refused() {
    let authority = authority();
    let (one, other) = (authority.sign("client"), authority.sign("client"));
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = (file("a.pem", &one.certificate), file("b.key", &other.key));
    let tls = Tls::new().client_certificate(Pem::file(&certificate), Pem::file(&key));
    let config = Config::new("https://localhost").unwrap().tls(tls);
    let expected = format!(
        "tls: `{}`: the key does not belong to the certificate in `{}`; hint: the certificate of \
         the client comes first in its file, those of authorities after it",
        key.display(),
        certificate.display()
    );
    assert_eq!(connect(config).unwrap_err().to_string(), expected);
}
