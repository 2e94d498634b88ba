//! Tests HTTP statuses and answer bodies that represent an error.

use aioinflux::{Batch, Dialect, Encoder, ErrorKind, Point, WriteOptions};

use crate::scripted::{Scripted, always, answer, close, done, json, keep, reset, serve};
use crate::{client, config, connect};

/// Returns three points, whose indexes are 0 to 2.
fn points() -> Vec<Point> {
    (0_i32..3)
        .map(|i| Point::new("cpu").field("value", f64::from(i)).at(i.into()))
        .collect()
}

async fn write(server: &Scripted) -> aioinflux::Error {
    client(server.port).write(&points()).await.unwrap_err()
}

async fn query(server: &Scripted) -> aioinflux::Error {
    client(server.port)
        .query("SELECT * FROM cpu")
        .await
        .unwrap_err()
}

#[tokio::test]
async fn write_errors_carry_kind_status_message_and_retry() {
    for (status, body, kind, retryable) in [
        (
            "401 Unauthorized",
            r#"{"error":"authorization failed"}"#,
            ErrorKind::Unauthorized,
            false,
        ),
        (
            "403 Forbidden",
            r#"{"error":"not authorized"}"#,
            ErrorKind::Forbidden,
            false,
        ),
        (
            "404 Not Found",
            r#"{"error":"database not found: \"x\""}"#,
            ErrorKind::NotFound,
            false,
        ),
        (
            "500 Oops",
            r#"{"error":"timeout"}"#,
            ErrorKind::Server,
            true,
        ),
        (
            "500 Oops",
            r#"{"error":"retention policy not found: x"}"#,
            ErrorKind::Rejected,
            false,
        ),
        (
            "503 Busy",
            r#"{"error":"request throttled, queue full"}"#,
            ErrorKind::Server,
            true,
        ),
    ] {
        let server = always(keep(json(status, body))).await;
        let error = write(&server).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, retryable),
            "{status} {body}"
        );
        assert_eq!(error.status(), status[..3].parse().ok());
        assert!(body.contains(&error.server_message().unwrap().replace('"', "\\\"")));
        assert_eq!(error.header("Content-Type"), Some("application/json"));
        let text = format!(
            "write to `http://127.0.0.1:{}/`: status {}: ",
            server.port,
            &status[..3]
        );
        assert!(error.to_string().starts_with(&text), "{error}");
        assert_eq!(server.received().len(), 1, "nothing is tried twice");
    }
}

#[tokio::test]
async fn query_errors_carry_what_the_server_said() {
    let body = r#"{"error":"error parsing query: found SELEC"}"#;
    let error = query(&always(keep(json("400 Bad Request", body))).await).await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(
        error.server_message(),
        Some("error parsing query: found SELEC")
    );
    let text = "unable to parse authentication credentials";
    let body = format!("{{\"error\":\"{text}\"}}");
    let error = query(&always(keep(json("401 Unauthorized", &body))).await).await;
    assert_eq!(
        (error.kind(), error.server_message()),
        (ErrorKind::Unauthorized, Some(text))
    );
}

#[tokio::test]
async fn a_password_shows_in_no_error_and_in_no_url() {
    let server = always(keep(json(
        "401 Unauthorized",
        r#"{"error":"authorization failed"}"#,
    )))
    .await;
    let config = config(server.port).credentials("user", "hunter2");
    let client = connect(config).unwrap();
    for error in [
        client.ping().await.unwrap_err(),
        client.write(&points()).await.unwrap_err(),
        client.query("q").await.unwrap_err(),
    ] {
        let shown = format!("{error} {error:?} {client:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("aHVudGVyMg"),
            "{shown}"
        );
    }
    for request in server.received() {
        assert_eq!(
            request.header("authorization"),
            Some("Basic dXNlcjpodW50ZXIy")
        );
        assert!(!request.line.contains("hunter2"));
    }
}

#[tokio::test]
async fn an_unknown_content_encoding_hides_no_status() {
    for (status, kind, retryable) in [
        ("401 Unauthorized", ErrorKind::Unauthorized, false),
        ("503 Busy", ErrorKind::Server, true),
    ] {
        let server = always(keep(answer(status, &["Content-Encoding: br"], "abc"))).await;
        for error in [write(&server).await, query(&server).await] {
            assert_eq!(
                (error.kind(), error.is_retryable()),
                (kind, retryable),
                "{error}"
            );
            assert_eq!(error.status(), status[..3].parse().ok());
            assert_eq!(error.server_message(), None);
        }
    }
    let done = "HTTP/1.1 204 No Content\r\nContent-Encoding: br\r\n\r\n";
    let server = always(keep(done)).await;
    client(server.port).write(&points()).await.unwrap();
}

#[tokio::test]
async fn html_with_status_200_is_misdirected() {
    let page = answer(
        "200 OK",
        &["Content-Type: text/html"],
        "<html>InfluxDB UI</html>",
    );
    let server = always(keep(page)).await;
    assert_eq!(write(&server).await.kind(), ErrorKind::Misdirected);
    assert_eq!(query(&server).await.kind(), ErrorKind::Misdirected);
    assert_eq!(
        client(server.port).ping().await.unwrap_err().kind(),
        ErrorKind::Misdirected
    );
    let error = client(server.port).query_raw("q").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misdirected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = always(keep(done())).await;
    let location = format!("Location: http://127.0.0.1:{}/write", other.port);
    let server = always(keep(answer("307 Temporary Redirect", &[&location], ""))).await;
    let error = write(&server).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Misdirected, Some(307))
    );
    assert!(
        error.to_string().contains("redirects are not followed"),
        "{error}"
    );
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_partial_write_names_the_points_that_were_refused() {
    let body = concat!(
        r#"{"error":"partial write: unable to parse 'cpu value=1.0 1': bad\n"#,
        r#"unable to parse 'cpu value=2.0 2': worse dropped=0"}"#
    );
    let server = always(keep(json("400 Bad Request", body))).await;
    let error = client(server.port).write(&points()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    let rejected: Vec<_> = error
        .rejected()
        .iter()
        .map(|r| (r.index, r.line.as_str(), r.reason.as_str()))
        .collect();
    let expected = [
        (Some(1), "cpu value=1.0 1", "bad"),
        (Some(2), "cpu value=2.0 2", "worse"),
    ];
    assert_eq!(rejected, expected);
    assert_eq!(error.dropped(), Some(0));
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_transport_error() {
    for act in [
        close(""),
        reset(""),
        close("HTTP/1.1 204 No"),
        reset("HTTP/1.1 2"),
    ] {
        let error = write(&always(act.clone()).await).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Transport, true),
            "{act:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    let huge = format!(
        "HTTP/1.1 204 No Content\r\nX: {}\r\n\r\n",
        "x".repeat(2 << 20)
    );
    let many = format!(
        "HTTP/1.1 204 No Content\r\n{}\r\n",
        "X: y\r\n".repeat(10_000)
    );
    for bytes in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "\0\u{1}\u{2}\r\n\r\n",
        &huge,
        &many,
        "HTTP/1.1 204\r\n\u{0}: x\r\n\r\n",
    ] {
        let error = write(&always(close(bytes)).await).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{bytes:.40}");
        assert!(error.to_string().len() < 500);
    }
}

#[tokio::test]
async fn headers_that_are_not_utf8_are_kept_as_well_as_may_be() {
    let mut bytes = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.\xff\r\n\r\n".to_vec();
    bytes.extend_from_slice(b"junk after the answer");
    let server = always(close(bytes)).await;
    let pong = client(server.port).ping().await.unwrap();
    assert_eq!(pong.version(), Some("1.\u{fffd}"));
}

#[tokio::test]
async fn junk_after_an_answer_does_not_reach_the_next_one() {
    let mut bytes = done();
    bytes.extend_from_slice(b"HTTP/1.1 500 junk\r\n\r\n");
    let server = always(keep(bytes)).await;
    let client = client(server.port);
    client.write(&points()).await.unwrap();
    client.write(&points()).await.unwrap();
}

#[tokio::test]
async fn an_error_with_a_long_body_is_cut() {
    let body = "x".repeat(10 << 20);
    let error = write(&always(keep(answer("502 Bad Gateway", &[], &body))).await).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.server_message().unwrap().len() < 1 << 20);
    assert!(error.to_string().len() < 2000);
}

#[tokio::test]
async fn nothing_is_sent_for_an_empty_batch_or_a_bad_point() {
    let server = always(keep(done())).await;
    let client = client(server.port);
    let written = client.write::<Point>(&[]).await.unwrap();
    assert_eq!((written.points, written.skipped), (0, 0));
    let skipped = [Point::new("cpu").field("value", f64::NAN)];
    assert_eq!(client.write(&skipped).await.unwrap().skipped, 1);
    client
        .write_batch(Batch::new(Dialect::V1), &WriteOptions::new())
        .await
        .unwrap();
    let bad = [
        Point::new("cpu").field("v", 1.0),
        Point::new("a\nb").field("v", 1.0),
    ];
    let error = client.write(&bad).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.input().unwrap().index(), Some(1));
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn the_batch_goes_out_as_it_is_or_compressed() {
    let server = serve(|_| keep(done())).await;
    let mut encoder = Encoder::new(Dialect::V1);
    for i in 0..20_000 {
        encoder
            .push(&Point::new("cpu").field("value", i).at(i))
            .unwrap();
    }
    let batch = std::sync::Arc::new(encoder.take());
    for gzip in [aioinflux::Gzip::Never, aioinflux::Gzip::Always] {
        let client = connect(config(server.port).gzip(gzip)).unwrap();
        let written = client
            .write_batch(batch.clone(), &WriteOptions::new())
            .await
            .unwrap();
        assert_eq!(written.points, 20_000);
    }
    let received = server.received();
    assert_eq!(received[0].line, "POST /write?db=db&precision=ns HTTP/1.1");
    assert_eq!(received[0].header("content-encoding"), None);
    assert!(
        received[0]
            .header("user-agent")
            .unwrap()
            .starts_with("aioinflux/")
    );
    assert_eq!(received[0].body, batch.bytes());
    assert_eq!(received[1].header("content-encoding"), Some("gzip"));
    assert!(received[1].body.len() < batch.bytes().len() / 3);
    let mut plain = Vec::new();
    let mut gunzip = flate2::read::GzDecoder::new(&received[1].body[..]);
    std::io::Read::read_to_end(&mut gunzip, &mut plain).unwrap();
    assert_eq!(plain, batch.bytes());
}
