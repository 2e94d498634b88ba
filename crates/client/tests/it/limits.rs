//! Tests time limits, the maximum number of concurrent requests, and calls that are cancelled.

use std::time::Duration;

use aioinflux::{Config, ErrorKind, Limit, Point};
use tokio::net::TcpListener;

use crate::scripted::{always, done, hang, json, keep, serve};
use crate::{client, config, connect};

const SHORT: Duration = Duration::from_millis(50);
/// A time limit that is long enough to receive an answer that is already available, even on a busy
/// machine.
const ENOUGH: Duration = Duration::from_millis(500);
/// The head of an answer whose body never arrives.
const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n";

fn timeout(which: Limit) -> ErrorKind {
    ErrorKind::Timeout { which }
}

#[tokio::test]
async fn a_server_that_never_answers_runs_into_the_read_timeout() {
    let server = always(hang("")).await;
    let client = connect(config(server.port).read_timeout(SHORT)).unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (timeout(Limit::Read), true)
    );
    let text = format!(
        "ping of `http://127.0.0.1:{}/`: no data was sent or received within 50ms (`read_timeout`)",
        server.port
    );
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_runs_into_the_read_timeout() {
    let body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    let server = always(hang(body)).await;
    let client = connect(config(server.port).read_timeout(SHORT)).unwrap();
    for error in [
        client.query("q").await.unwrap_err(),
        client.query_raw("q").await.unwrap_err(),
        client
            .stream("q")
            .await
            .unwrap()
            .next()
            .await
            .unwrap()
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), timeout(Limit::Read));
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_runs_into_the_total_timeout() {
    let server = always(hang("")).await;
    let client = connect(config(server.port).timeout(SHORT)).unwrap();
    let error = client
        .write(&[Point::new("a").field("v", 1.0)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), timeout(Limit::Total));
    assert!(
        error
            .to_string()
            .ends_with("not done within 50ms (`timeout`)"),
        "{error}"
    );
}

#[tokio::test]
async fn the_body_of_a_stream_has_no_total_timeout() {
    let server = always(hang(HEAD)).await;
    let config = config(server.port).timeout(ENOUGH).read_timeout(2 * ENOUGH);
    let client = connect(config).unwrap();
    assert_eq!(
        client.query("q").await.unwrap_err().kind(),
        timeout(Limit::Total)
    );
    let mut stream = client.stream("q").await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), timeout(Limit::Read));
}

#[tokio::test]
async fn a_stream_that_waits_for_its_turn_or_its_head_runs_into_the_total_timeout() {
    let server = serve(|request| {
        let body = String::from_utf8_lossy(&request.body);
        hang(if body.contains("q=ok") { HEAD } else { "" })
    })
    .await;
    let config = config(server.port).timeout(ENOUGH).read_timeout(None);
    for requests in [1, 2] {
        let client = connect(config.clone().max_requests(requests)).unwrap();
        let first = client.stream("ok").await.unwrap();
        let second = tokio::time::timeout(20 * ENOUGH, client.stream("silent")).await;
        let error = second.expect("the limit applies").unwrap_err();
        assert_eq!(error.kind(), timeout(Limit::Total), "{requests}");
        drop(first);
    }
}

#[tokio::test]
async fn the_body_of_an_error_runs_into_the_total_timeout_and_the_status_stays() {
    let head = "HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nlater";
    let server = always(hang(head)).await;
    let config = config(server.port).timeout(ENOUGH).read_timeout(None);
    let client = connect(config).unwrap();
    let opened = tokio::time::timeout(20 * ENOUGH, client.stream("q")).await;
    let error = opened.expect("the limit applies").unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Server, Some(503))
    );
    assert_eq!(error.server_message(), Some("later"));
}

#[tokio::test]
async fn the_read_timeout_goes_on_when_the_next_event_is_asked_for_again() {
    let server = always(hang(HEAD)).await;
    let client = connect(config(server.port).read_timeout(3 * SHORT)).unwrap();
    let mut stream = client.stream("q").await.unwrap();
    for _ in 0..60 {
        if let Ok(event) = tokio::time::timeout(SHORT, stream.next()).await {
            let error = event.unwrap().unwrap_err();
            assert_eq!(error.kind(), timeout(Limit::Read));
            return;
        }
    }
    panic!("the read timeout never ran out");
}

#[tokio::test]
async fn a_handshake_that_never_ends_runs_into_the_connect_timeout() {
    // The server accepts connections but sends nothing, so the TLS handshake, which is part of
    // connecting, never ends.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Config::new(&format!("https://127.0.0.1:{port}")).unwrap();
    let config = config
        .tls(crate::tls::authority().tls())
        .connect_timeout(SHORT);
    let error = connect(config).unwrap().ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (timeout(Limit::Connect), true)
    );
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = client(port).ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Connect, true)
    );
    let start = format!("ping of `http://127.0.0.1:{port}/`: no connection: ");
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let mut server = always(hang("")).await;
    let client = client(server.port);
    for sent in 0..2 {
        let call = tokio::spawn({
            let client = client.clone();
            async move { client.query("q").await }
        });
        while server.received().len() == sent {
            tokio::task::yield_now().await;
        }
        call.abort();
        server.closed().await;
    }
}

#[tokio::test]
async fn more_requests_than_allowed_wait_for_their_turn() {
    let server = always(hang(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
    ))
    .await;
    let client = connect(config(server.port).max_requests(2).timeout(ENOUGH)).unwrap();
    let first = client.stream("q").await.unwrap();
    let second = client.stream("q").await.unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.kind(), timeout(Limit::Total));
    let text = "not done within 500ms (`timeout`): 2 requests of this client are open, 2 of them \
                streams that were not closed; hint: read streams to their end, or close them";
    assert!(error.to_string().ends_with(text), "{error}");
    assert_eq!(server.received().len(), 2, "the third was never sent");
    drop(first);
    client.ping().await.unwrap();
    assert_eq!(server.received().len(), 3);
    drop(second);
}

#[tokio::test]
async fn a_stream_that_has_ended_makes_room_for_the_next() {
    let body = r#"{"results":[{"statement_id":0}]}"#;
    let server = always(keep(json("200 OK", body))).await;
    let client = connect(config(server.port).max_requests(1)).unwrap();
    let mut stream = client.stream("q").await.unwrap();
    while stream.next().await.is_some() {}
    client.query("q").await.unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_stream_that_ended_with_an_error_makes_room_and_closes_its_connection() {
    let mut server = serve(|request| {
        if request.line.contains("ping") {
            keep(done())
        } else {
            hang(HEAD)
        }
    })
    .await;
    let client = connect(
        config(server.port)
            .max_requests(1)
            .timeout(ENOUGH)
            .read_timeout(ENOUGH),
    )
    .unwrap();
    let mut stream = client.stream("q").await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), timeout(Limit::Read));
    let closed = tokio::time::timeout(20 * ENOUGH, server.closed()).await;
    closed.expect("the connection is closed");
    client.ping().await.unwrap();
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_call_that_is_given_up_makes_room_for_the_next() {
    let server = serve(|request| {
        if request.line.contains("ping") {
            keep(done())
        } else {
            hang("")
        }
    })
    .await;
    let client = connect(config(server.port).max_requests(1)).unwrap();
    let call = client.query("q");
    assert!(tokio::time::timeout(SHORT, call).await.is_err());
    client.ping().await.unwrap();
}

#[test]
fn a_client_is_made_without_a_runtime_and_works_in_several() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let client = connect(Config::default()).unwrap();
    drop(client);
    let serving = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = serving.block_on(always(keep(done())));
    let client = crate::client(server.port);
    for _ in 0..3 {
        runtime().block_on(client.ping()).unwrap();
    }
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    use aioinflux::Proxy;
    for config in [
        Config::default().max_requests(0),
        Config::default()
            .unix_socket("/x")
            .proxy(Proxy::Url("http://p:1".into())),
        Config::default().proxy(Proxy::Url("p:1".into())),
        Config::default().proxy(Proxy::Url("http://me:hunter2@".into())),
        Config::default().proxy(Proxy::Url("http://me:hunter2#x@p:1".into())),
        Config::default().proxy(Proxy::Url("http://me:12#hunter2@p:1".into())),
        Config::new("https://h")
            .unwrap()
            .tls(aioinflux::Tls::new().system_roots(false)),
    ] {
        let error = connect(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
