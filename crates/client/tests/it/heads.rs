//! Tests answer heads with unusual bytes, which occur because a server repeats refused text in a
//! header.

use aioinflux::{Batch, Client, Config, Dialect, Encoder, ErrorKind, Proxy, WriteOptions};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::client;
use crate::forward::forward;
use crate::influxd::{Influxd, Settings, shared};
use crate::live::database;
use crate::scripted::{always, close, keep, request};

const BODY: &str = r#"{"error":"unable to parse 'm f=?': invalid boolean"}"#;
const MESSAGE: &str = "unable to parse 'm f=?': invalid boolean";
const REFUSED: &str = "m msg=\u{1b}[31mERROR 1";

fn lines(text: &str) -> Batch {
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push_text(text.as_bytes()).unwrap();
    encoder.take()
}

async fn write(client: &Client, text: &str) -> aioinflux::Error {
    let options = WriteOptions::new();
    client.write_batch(lines(text), &options).await.unwrap_err()
}

/// Returns an error answer whose head contains these bytes.
fn refusal(head: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\n\r\n{BODY}", BODY.len());
    let start = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n";
    [start, head, b"\r\n", length.as_bytes()].concat()
}

#[tokio::test]
async fn any_byte_in_the_header_of_a_refusal_leaves_its_message() {
    let bytes = (0..=255).filter(|byte| !b"\r\n\0".contains(byte));
    for byte in bytes {
        let head = [
            b"X-Influxdb-Error: m f=a",
            &[byte][..],
            b"b\r\nX-Request-Id: 1",
        ]
        .concat();
        let server = always(keep(refusal(&head))).await;
        let client = client(server.port);
        for error in [
            write(&client, "m f=? 1").await,
            client.query("SELECT").await.unwrap_err(),
            client.query_raw("DROP").await.unwrap_err(),
            client.stream("SELECT").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Rejected, "{byte:#x}: {error}");
            assert!(!error.is_retryable());
            assert_eq!(error.server_message(), Some(MESSAGE), "{byte:#x}");
            assert_eq!(error.header("X-Request-Id"), Some("1"), "{byte:#x}");
        }
        assert_eq!(server.connections(), 1, "{byte:#x}: the connection is kept");
    }
}

#[tokio::test]
async fn headers_of_errors_keep_text_and_leave_control_characters_out() {
    for (value, shown) in [
        (b"\xe6\xb8\xa9\xe5\xba\xa6".as_slice(), Some("温度")),
        (b"a\xffb", Some("a\u{fffd}b")),
        (b"a\tb", Some("a\tb")),
        (b"a\x1bb", None),
        (b"a\x7fb", None),
    ] {
        let head = [b"X-Influxdb-Error: ", value].concat();
        let server = always(keep(refusal(&head))).await;
        let error = write(&client(server.port), "m f=? 1").await;
        assert_eq!(error.header("X-Influxdb-Error"), shown, "{value:?}");
        assert_eq!(error.header("Content-Type"), Some("application/json"));
    }
}

#[tokio::test]
async fn good_answers_may_have_any_byte_in_a_header() {
    let body = r#"{"results":[{"statement_id":0}]}"#;
    let text = format!(
        "HTTP/1.1 200 OK\r\nX: \u{1}\u{7f}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = always(keep(text)).await;
    let client = client(server.port);
    assert_eq!(client.query("q").await.unwrap().statements.len(), 1);
    let done = always(keep("HTTP/1.1 204 No Content\r\nX: \u{1b}\r\n\r\n")).await;
    let client = crate::client(done.port);
    let options = WriteOptions::new();
    let written = client.write_batch(lines("m f=1 1"), &options).await;
    assert_eq!(written.unwrap().points, 1);
}

#[tokio::test]
async fn a_header_on_several_lines_is_one() {
    let server = always(keep(refusal(
        b"X-Influxdb-Error: a\r\n  b\r\n\tc\r\nX: \x1b\r\n d",
    )))
    .await;
    let error = write(&client(server.port), "m f=? 1").await;
    assert_eq!(error.server_message(), Some(MESSAGE));
    assert_eq!(error.header("X-Influxdb-Error"), Some("a b c"));
    assert_eq!(error.header("X"), None);
}

#[tokio::test]
async fn heads_before_the_answer_may_have_any_byte_too() {
    let mut bytes = b"HTTP/1.1 100 Continue\r\nX: \x1b\r\n\r\n".to_vec();
    bytes.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nX: \x02\r\n\r\n");
    bytes.extend(refusal(b"X: \x03"));
    let server = always(keep(bytes)).await;
    let error = write(&client(server.port), "m f=? 1").await;
    assert_eq!(error.server_message(), Some(MESSAGE));
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_read_as_well() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        request(&mut stream).await.unwrap();
        for byte in refusal(b"X-Influxdb-Error: \x1b\x1b\r\n \x1b") {
            stream.get_mut().write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        stream
    });
    let error = write(&client(port), "m f=? 1").await;
    assert_eq!(error.server_message(), Some(MESSAGE));
    drop(server.await.unwrap());
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_no_lost_connection() {
    let large = refusal(format!("X-Influxdb-Error: {}", "x".repeat(1 << 20)).as_bytes());
    let many = refusal("X: y\r\n".repeat(200).trim_end().as_bytes());
    for (bytes, text) in [
        (large, "the head of the answer is too large "),
        (many, "the head of the answer is too large "),
        (refusal(b"X: \0"), "the head of the answer is not HTTP: "),
        (refusal(b"X: a\rb"), "the head of the answer is not HTTP: "),
        (
            b"HTTP/1.1 400 \x1b\r\n\r\n".to_vec(),
            "the head of the answer is not HTTP: ",
        ),
        (
            b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(),
            "the head of the answer is not HTTP: ",
        ),
    ] {
        let server = always(close(bytes)).await;
        let error = write(&client(server.port), "m f=? 1").await;
        let seen = (error.kind(), error.is_retryable());
        assert_eq!(seen, (ErrorKind::Decode, false), "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.to_string().len() < 500, "{error}");
    }
}

/// Tests that every kind of connection delivers the answer of the real server.
#[tokio::test]
async fn a_refused_line_with_control_characters_is_told_by_every_way_to_the_server() {
    let authority = crate::tls::authority();
    let identity = authority.sign("localhost");
    let secure = Influxd::start(&Settings {
        https: Some(&identity),
        ..Settings::default()
    });
    let url = format!("https://localhost:{}", secure.port);
    let tls = Config::new(&url).unwrap().tls(authority.tls());
    let tunnel = forward(secure.port, "").await;
    let tunnel_url = format!("http://127.0.0.1:{}", tunnel.port);
    let forwarder = forward(shared().port, "http://db.invalid:8086").await;
    let proxy_url = format!("http://127.0.0.1:{}", forwarder.port);
    let plain = |url: &str| Config::new(url).unwrap();
    for (name, config) in [
        ("tcp", plain(&format!("http://127.0.0.1:{}", shared().port))),
        (
            "socket",
            plain("http://nowhere.invalid").unix_socket(&shared().socket),
        ),
        (
            "proxy",
            plain("http://db.invalid:8086").proxy(Proxy::Url(proxy_url)),
        ),
        ("tls", tls.clone()),
        ("tunnel", tls.proxy(Proxy::Url(tunnel_url))),
    ] {
        let client = database(config, &format!("heads_{name}")).await;
        let error = write(&client, REFUSED).await;
        assert_eq!(error.status(), Some(400), "{name}: {error}");
        let message = error.server_message().unwrap();
        assert_eq!(
            message,
            format!("unable to parse '{REFUSED}': invalid boolean"),
            "{name}"
        );
    }
}
