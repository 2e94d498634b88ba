//! Tests that our crate does not have bugs that other crates have, with one test for each bug. The
//! number of a test is the number of the bug in our survey of other clients.
//!
//! We determined the behaviour of the other crates from the sources of influxdb 0.8.0, influxdb2
//! 0.5.2 and influxdb3-client 0.3.0.

use aioinflux::{Client, Config, Dialect, Encoder, ErrorKind, Outcome, Point};
use arrow_array::cast::AsArray;

use crate::influxd::shared;
use crate::live::database;
use crate::scripted::{always, keep};
use crate::{client, connect};

async fn live(name: &str) -> Client {
    let config = Config::new(&format!("http://127.0.0.1:{}", shared().port)).unwrap();
    database(config, name).await
}

/// The crate influxdb treats any answer that contains the string `"error"` as an error.
#[tokio::test]
async fn b27_data_that_reads_like_an_error_is_data() {
    let text = r#"{"error":"none"}"#;
    let client = live("b27").await;
    let point = Point::new("error").tag("tag", "error").field("error", text);
    client.write(&[point]).await.unwrap();
    let answer = client.query("SELECT * FROM \"error\"").await.unwrap();
    let batch = &answer.statements[0].series[0].batches[0];
    let column = batch.column_by_name("error").unwrap();
    assert_eq!(column.as_string::<i32>().value(0), text);
}

/// The crate influxdb panics if the answer to a ping has no version header.
#[tokio::test]
async fn b28_a_ping_without_a_version_has_none() {
    let server = always(keep("HTTP/1.1 204 No Content\r\n\r\n")).await;
    assert_eq!(client(server.port).ping().await.unwrap().version(), None);
}

/// The crate influxdb panics if the version is not ASCII.
#[tokio::test]
async fn b28_a_ping_with_a_version_that_is_no_text_is_a_ping() {
    let head = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.\xff\r\n\r\n";
    let server = always(keep(head)).await;
    let pong = client(server.port).ping().await.unwrap();
    assert!(
        pong.version()
            .is_none_or(|version| version.starts_with("1."))
    );
}

/// The crates influxdb and influxdb2 accept any string as a URL, and panic at the first request.
#[test]
fn b28_a_url_that_is_none_is_an_error() {
    for url in [
        "",
        "localhost",
        "http://",
        "http://a b",
        "http://[::1",
        ":",
        "\0",
        "http://h:x",
    ] {
        let error = Config::new(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
    }
}

/// The crate influxdb3-client sends the newline in a tag, so the rest of the line becomes another
/// point.
#[test]
fn b29_a_newline_in_a_tag_is_refused() {
    let mut encoder = Encoder::new(Dialect::V1);
    let point = Point::new("m")
        .tag("t", "a\nother v=2 2")
        .field("v", 1)
        .at(1);
    let error = encoder.push(&point).unwrap_err();
    assert!(error.to_string().contains("tag `t`"), "{error}");
    assert_eq!(encoder.len_bytes(), 0);
}

/// The crate influxdb3-client sends `m,t= v=NaN`, and the server rejects the whole batch with a
/// 400.
#[test]
fn b29_what_has_no_value_is_left_out() {
    let mut encoder = Encoder::new(Dialect::V1);
    let point = Point::new("m")
        .tag("t", "")
        .tag("u", "x")
        .field("v", f64::NAN)
        .field("w", 1_i64);
    encoder.push(&point.at(1)).unwrap();
    assert_eq!(encoder.take().bytes(), b"m,u=x w=1i 1\n");
    let nothing = Point::new("m").field("v", f64::NAN).at(1);
    assert_eq!(encoder.push(&nothing).unwrap(), Outcome::Skipped);
    assert_eq!(encoder.len_bytes(), 0);
}

/// The crate influxdb3-client shows the token in the `Debug` output of its configuration.
#[test]
fn b30_a_password_is_shown_by_no_debug() {
    let config = Config::new("http://u:hunter2@localhost").unwrap();
    let again = Config::new("http://localhost")
        .unwrap()
        .credentials("u", "hunter2");
    let client = connect(config.clone()).unwrap();
    let shown = format!("{config:?} {again:?} {client:?} {}", config.url());
    assert!(
        !shown.contains("hunter2") && !shown.contains("dTpodW50ZXIy"),
        "{shown}"
    );
    assert!(shown.contains("localhost"));
}
