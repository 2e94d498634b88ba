//! Tests what becomes of points if a 2.x server refuses some of them. The scripted server refuses
//! lines as a 2.x server does: if one line is invalid, it stores none.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aioinflux::ledger::State;
use aioinflux::{
    Auth, Batch, Client, Config, Dialect, Encoder, Error, ErrorKind, OnReject, Point, WriteOptions,
    Written,
};

use crate::connect;
use crate::scripted::{Act, Received, Scripted, answer, json, keep, serve};

fn client_of(server: &Scripted) -> Client {
    let config = Config::new(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let config = config.auth(Auth::token("t0ken")).organization("o");
    connect(config.bucket("b").dialect(Dialect::V2)).unwrap()
}

/// Returns a batch of the lines of a text. The indexes are 100, 101 and so on.
fn batch(text: &str) -> Batch {
    let mut encoder = Encoder::new(Dialect::V2);
    for _ in 0..100 {
        encoder.push(&Point::new("before").field("f", 1)).unwrap();
    }
    encoder.take();
    encoder.push_text(text.as_bytes()).unwrap();
    encoder.take()
}

fn resend() -> WriteOptions {
    WriteOptions::new().on_reject(OnReject::Resend)
}

async fn write(server: &Scripted, text: &str, options: &WriteOptions) -> Result<Written, Error> {
    client_of(server).write_batch(batch(text), options).await
}

fn flat(ranges: impl IntoIterator<Item = Range<u64>>) -> Vec<u64> {
    ranges.into_iter().flatten().collect()
}

fn in_state(error: &Error, state: State) -> Vec<u64> {
    flat(error.ledger().unwrap().ranges(state))
}

fn indexes(error: &Error) -> Vec<Option<u64>> {
    error.rejected().iter().map(|one| one.index).collect()
}

fn error_of(status: &str, message: &str) -> Act {
    let body = serde_json::json!({"code": "invalid", "message": message});
    keep(json(status, &body.to_string()))
}

type Stored = Arc<Mutex<Vec<String>>>;

/// Starts a server that refuses lines that begin with `bad`, and keeps all other lines. The server
/// quotes the refused lines only if `names_lines`.
async fn strict(names_lines: bool) -> (Scripted, Stored) {
    let stored = Stored::default();
    let kept = Arc::clone(&stored);
    let server = serve(move |request: &Received| {
        let text = String::from_utf8(request.body.clone()).unwrap();
        let bad = text.lines().filter(|line| line.starts_with("bad"));
        let quoted = bad.map(|line| format!("unable to parse '{line}': missing fields"));
        let quoted: Vec<String> = quoted.collect();
        if quoted.is_empty() {
            kept.lock().unwrap().extend(text.lines().map(str::to_owned));
            return keep(answer("204 No Content", &[], ""));
        }
        let message = if names_lines {
            quoted.join("\n")
        } else {
            "some line is wrong".into()
        };
        error_of("400 Bad Request", &message)
    })
    .await;
    (server, stored)
}

/// Returns `count` lines, of which those in `bad` are invalid.
fn lines(count: usize, bad: &[usize]) -> String {
    let line = |at| {
        if bad.contains(&at) {
            format!("bad{at}\n")
        } else {
            format!("m f={at} {at}\n")
        }
    };
    (0..count).map(line).collect()
}

#[tokio::test]
async fn a_refused_line_refuses_its_batch_by_default() {
    let (server, stored) = strict(true).await;
    let text = lines(5, &[1, 3]);
    let error = write(&server, &text, &WriteOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(indexes(&error), [Some(101), Some(103)]);
    assert_eq!(error.rejected()[1].line, "bad3");
    assert_eq!(error.rejected()[1].reason, "missing fields");
    assert!(stored.lock().unwrap().is_empty());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn lines_that_were_not_quoted_are_sent_again() {
    let (server, stored) = strict(true).await;
    let error = write(&server, &lines(6, &[1, 2, 5]), &resend())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(error.status(), Some(400));
    assert_eq!(indexes(&error), [Some(101), Some(102), Some(105)]);
    assert_eq!(*stored.lock().unwrap(), ["m f=0 0", "m f=3 3", "m f=4 4"]);
    assert_eq!(flat(error.written()), [100, 103, 104]);
    assert_eq!(in_state(&error, State::Refused), [101, 102, 105]);
    assert_eq!(server.received().len(), 2);
    let told = "points 100 and 103 to 104 were written, points 101 to 102 and 105 were not";
    assert!(error.to_string().ends_with(told), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_again_if_every_line_is_refused() {
    let (server, _) = strict(true).await;
    let error = write(&server, "bad0\nbad1", &resend()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(indexes(&error), [Some(100), Some(101)]);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn lines_are_halved_if_the_server_quotes_none() {
    for bad in [&[0][..], &[19], &[7, 8], &[0, 9, 10, 19]] {
        let (server, stored) = strict(false).await;
        let error = write(&server, &lines(20, bad), &resend())
            .await
            .unwrap_err();
        let wanted: Vec<_> = bad.iter().map(|at| Some(100 + *at as u64)).collect();
        assert_eq!(indexes(&error), wanted);
        assert_eq!(error.rejected()[0].line, format!("bad{}", bad[0]));
        assert_eq!(error.rejected()[0].reason, "some line is wrong");
        assert_eq!(error.kind(), ErrorKind::PartialWrite);
        let good = lines(20, bad);
        let good: Vec<_> = good
            .lines()
            .filter(|line| !line.starts_with("bad"))
            .collect();
        assert_eq!(*stored.lock().unwrap(), good);
        assert_eq!(error.written().into_iter().flatten().count(), good.len());
        // One of the requests has no lines.
        let empty = server
            .received()
            .iter()
            .filter(|one| one.body.is_empty())
            .count();
        assert_eq!(empty, 1);
    }
}

#[tokio::test]
async fn a_request_that_is_refused_without_lines_is_not_halved() {
    let server = serve(|_| error_of("400 Bad Request", "invalid precision")).await;
    let error = write(&server, &lines(20, &[]), &resend())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Rejected, Some(400))
    );
    assert!(error.to_string().contains("invalid precision"), "{error}");
    assert!(error.rejected().is_empty());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn the_number_of_requests_is_limited_and_the_rest_counts_as_refused() {
    let (server, stored) = strict(false).await;
    let bad: Vec<usize> = (0..1000).filter(|at| at % 2 == 1).collect();
    let error = write(&server, &lines(1000, &bad), &resend())
        .await
        .unwrap_err();
    assert!(
        server.received().len() <= 1 + 128,
        "{}",
        server.received().len()
    );
    let stored = stored.lock().unwrap().len();
    let (written, refused) = (flat(error.written()), in_state(&error, State::Refused));
    assert!(stored > 0);
    assert_eq!(written.len(), stored);
    assert_eq!(written.len() + refused.len(), 1000);
    // The server may have refused lines of the rest only because of others.
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn an_error_of_the_second_request_says_what_is_in_doubt() {
    let server = serve(|request| {
        if request.body.starts_with(b"bad") {
            error_of("400 Bad Request", "unable to parse 'bad0': missing fields")
        } else {
            keep(json(
                "503 Service Unavailable",
                r#"{"code":"unavailable","message":"x"}"#,
            ))
        }
    })
    .await;
    let error = write(&server, &lines(3, &[0]), &resend())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Server, true)
    );
    assert_eq!(indexes(&error), [Some(100)]);
    assert_eq!(in_state(&error, State::Refused), [100]);
    assert_eq!(in_state(&error, State::InDoubt), [101, 102]);
}

#[tokio::test]
async fn points_that_the_second_request_drops_are_named_too() {
    let conflict = "failure writing points to database: partial write: field type conflict: input \
                    field \"f\" on measurement \"m\" is type float, already exists as type integer \
                    dropped=1";
    let server = serve(move |request| {
        if request.body.starts_with(b"bad") {
            error_of("400 Bad Request", "unable to parse 'bad0': missing fields")
        } else {
            error_of("422 Unprocessable Entity", conflict)
        }
    })
    .await;
    let error = write(&server, "bad0\nm f=1 1\nm g=1 2", &resend())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(indexes(&error), [Some(100), Some(101)]);
    assert_eq!(error.dropped(), Some(1));
    assert_eq!(in_state(&error, State::PartlyStored), [101, 102]);
}

#[tokio::test]
async fn batches_before_and_after_a_refused_line_are_written() {
    let (server, stored) = strict(true).await;
    let mut encoder = Encoder::new(Dialect::V2);
    let batches: Vec<_> = (0..3)
        .map(|part| {
            let text = lines(4, if part == 1 { &[2] } else { &[] });
            encoder.push_text(text.as_bytes()).unwrap();
            Ok::<_, Error>(encoder.take())
        })
        .collect();
    let mut points = 0;
    let client = client_of(&server);
    let told = |written: Written, _| points = written.points;
    let sent = client.write_batches(batches, &resend(), 2, told).await;
    let error = sent.unwrap_err();
    assert_eq!(indexes(&error), [Some(6)]);
    assert_eq!(flat(error.written()), [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]);
    assert_eq!(in_state(&error, State::Refused), [6]);
    assert_eq!(stored.lock().unwrap().len(), 11);
    assert_eq!(points, 11);
}

#[tokio::test]
async fn parts_of_a_batch_that_is_too_large_are_sent_again_too() {
    let stored = Stored::default();
    let kept = Arc::clone(&stored);
    let server = serve(move |request: &Received| {
        let text = String::from_utf8(request.body.clone()).unwrap();
        let bad = text.lines().find(|line| line.starts_with("bad"));
        if text.len() > 60 {
            return error_of("413 Payload Too Large", "points batch is too large");
        }
        if let Some(bad) = bad {
            let message = format!("unable to parse '{bad}': missing fields");
            return error_of("400 Bad Request", &message);
        }
        kept.lock().unwrap().extend(text.lines().map(str::to_owned));
        keep(answer("204 No Content", &[], ""))
    })
    .await;
    let text = lines(20, &[3, 4, 16]);
    let error = write(&server, &text, &resend()).await.unwrap_err();
    assert_eq!(indexes(&error), [Some(103), Some(104), Some(116)]);
    let good: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("bad"))
        .collect();
    assert_eq!(*stored.lock().unwrap(), good);
    assert_eq!(error.written().into_iter().flatten().count(), 17);
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
}

#[tokio::test]
async fn a_1x_server_stores_the_other_lines_itself() {
    let server = serve(|_| {
        let body = r#"{"error":"partial write: unable to parse 'bad1': missing fields dropped=0"}"#;
        keep(json("400 Bad Request", body))
    })
    .await;
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push_text(lines(3, &[1]).as_bytes()).unwrap();
    let client = crate::client(server.port);
    let sent = client.write_batch(encoder.take(), &resend()).await;
    let error = sent.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(indexes(&error), [Some(1)]);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_removed_field_is_an_error_although_no_point_was_dropped() {
    let message = "failure writing points to database: partial write: invalid field name: input \
                   field \"time\" on measurement \"m\" is invalid. Field \"time\" has been stripped \
                   from point. dropped=0 for database: 94d493de862d6e86 for retention policy: autogen";
    let server = serve(move |_| error_of("422 Unprocessable Entity", message)).await;
    let batches = [Ok::<_, Error>(batch("m f=1 1"))];
    let client = client_of(&server);
    let sent = client
        .write_batches(batches, &WriteOptions::new(), 1, |_, _| ())
        .await;
    let error = sent.unwrap_err();
    assert_eq!(
        (error.kind(), error.dropped()),
        (ErrorKind::PartialWrite, Some(0))
    );
    assert!(error.rejected().is_empty());
    assert_eq!(in_state(&error, State::PartlyStored), [100]);
    assert!(error.to_string().contains("has been stripped"), "{error}");
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    for (status, header, seconds) in [
        ("429 Too Many Requests", "Retry-After: 7", 7),
        (
            "503 Service Unavailable",
            "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT",
            3,
        ),
    ] {
        let headers = ["Date: Sun, 06 Nov 1994 08:49:37 GMT", header];
        let server = serve(move |_| keep(answer(status, &headers, "{}"))).await;
        let error = write(&server, "m f=1 1", &resend()).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
    }
}

/// A recorded write that a 2.9 server refused.
struct Refused {
    name: String,
    lines: String,
    status: u64,
    body: String,
}

/// Returns all recorded writes that were refused, if their lines are recorded.
fn recorded() -> Vec<Refused> {
    let files = ["influxdb-2.9", "influxdb-2.9-more"];
    let mut found = Vec::new();
    for file in files {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/../../tests/captures/{file}.jsonl"));
        for line in text.unwrap().lines() {
            let exchange: serde_json::Value = serde_json::from_str(line).unwrap();
            let (request, response) = (&exchange["request"], &exchange["response"]);
            let status = response["status"].as_u64().unwrap();
            let path = request["path"].as_str().unwrap();
            if path.starts_with("/api/v2/write") && matches!(status, 400 | 422 | 404) {
                let chunks = response["chunks"].as_array().unwrap().iter();
                found.extend(request["body"].as_str().map(|lines| Refused {
                    name: exchange["name"].as_str().unwrap().to_owned(),
                    lines: lines.to_owned(),
                    status,
                    body: chunks.map(|chunk| chunk.as_str().unwrap()).collect(),
                }));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_line_that_a_recorded_answer_quotes_is_found() {
    let (mut quoting, mut refused_here) = (0, Vec::new());
    for Refused {
        name,
        lines,
        status,
        body,
    } in recorded()
    {
        let mut encoder = Encoder::new(Dialect::V2);
        if encoder.push_text(lines.as_bytes()).is_err() {
            refused_here.push(name);
            continue;
        }
        let batch = encoder.take();
        let quoted = body.matches("unable to parse '").count();
        let head = format!("{status} Refused");
        let server = serve(move |_| keep(json(&head, &body))).await;
        let (client, options) = (client_of(&server), WriteOptions::new());
        let sent = client.write_batch(batch.clone(), &options).await;
        let error = sent.unwrap_err();
        match status {
            // Lines that end with CR LF are sent without CR, but quoted with it.
            400 if name.contains("crlf") => {}
            400 => {
                assert_eq!(error.rejected().len(), quoted, "{name}");
                for one in error.rejected() {
                    let index = usize::try_from(one.index.expect(&name)).unwrap();
                    let line = String::from_utf8_lossy(batch.line(index));
                    assert_eq!(one.line, line.trim_start(), "{name}");
                    assert!(!one.reason.is_empty(), "{name}");
                }
                quoting += usize::from(quoted > 0);
            }
            404 => {
                assert_eq!(error.kind(), ErrorKind::NotFound);
                let text = error.to_string();
                assert!(
                    text.contains("bucket") || text.contains("organization"),
                    "{text}"
                );
            }
            _ => {
                assert_eq!(error.kind(), ErrorKind::PartialWrite, "{name}");
                assert!(error.dropped().is_some(), "{name}: {error}");
            }
        }
    }
    assert!(quoting >= 30, "{quoting}");
    assert!(
        refused_here.iter().any(|name| name.contains("open string")),
        "{refused_here:?}"
    );
}
