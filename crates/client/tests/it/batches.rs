//! Tests writes of many batches. Each batch is one request, and the next batch is created while
//! other requests are in flight.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use aioinflux::{Batch, Dialect, Encoder, Error, ErrorKind, Point, WriteOptions, Written};

use crate::client;
use crate::scripted::{Scripted, done, json, keep, serve};

const PARTIAL: &str = r#"{"error":"partial write: points beyond retention policy dropped=1"}"#;

/// Returns `count` batches of ten points each. The points have consecutive numbers.
fn batches(count: i64) -> impl Iterator<Item = Result<Batch, Error>> {
    let mut encoder = Encoder::new(Dialect::V1);
    (0..count).map(move |part| {
        for n in part * 10..part * 10 + 10 {
            encoder.push_text(format!("m f={n}i {n}").as_bytes())?;
        }
        Ok(encoder.take())
    })
}

async fn write(
    server: &Scripted,
    batches: impl Iterator<Item = Result<Batch, Error>>,
    connections: usize,
) -> Result<Written, Error> {
    let options = WriteOptions::new();
    let client = client(server.port);
    client
        .write_batches(batches, &options, connections, |_, _| ())
        .await
}

#[tokio::test]
async fn batches_arrive_in_order_and_progress_is_told() {
    let server = serve(|_| keep(done())).await;
    let mut told = Vec::new();
    let client = client(server.port);
    let written = client
        .write_batches(batches(3), &WriteOptions::new(), 1, |written, bytes| {
            told.push((written.points, bytes));
        })
        .await;
    assert_eq!(written.unwrap().points, 30);
    let bodies: Vec<Vec<u8>> = server.received().into_iter().map(|one| one.body).collect();
    let expected: Vec<Batch> = batches(3).map(Result::unwrap).collect();
    let expected: Vec<&[u8]> = expected.iter().map(Batch::bytes).collect();
    assert_eq!(bodies, expected);
    let total: usize = bodies.iter().map(Vec::len).sum();
    assert_eq!(told.len(), 3);
    assert_eq!(told[2], (30, total as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_travel_at_once() {
    // The server answers a request only after three requests have arrived.
    let here = Arc::new((Mutex::new(0), Condvar::new()));
    let server = serve(move |_| {
        let (count, more) = &*here;
        let mut count = count.lock().unwrap();
        *count += 1;
        more.notify_all();
        tokio::task::block_in_place(|| {
            drop(more.wait_while(count, |count| *count < 3).unwrap());
        });
        keep(done())
    })
    .await;
    assert_eq!(write(&server, batches(3), 3).await.unwrap().points, 30);
}

#[tokio::test]
async fn an_error_ends_the_write_and_says_what_was_written() {
    let seen = AtomicUsize::new(0);
    let server = serve(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
        2 => keep(json("401 Unauthorized", r#"{"error":"no"}"#)),
        _ => keep(done()),
    })
    .await;
    let error = write(&server, batches(9), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.written().into_iter().flatten().count(), 20);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn points_refused_one_by_one_do_not_stop_the_others() {
    let seen = AtomicUsize::new(0);
    let server = serve(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
        1 => keep(json("400 Bad Request", PARTIAL)),
        _ => keep(done()),
    })
    .await;
    let error = write(&server, batches(4), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(error.written().into_iter().flatten().count(), 30);
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn an_error_of_the_iterator_comes_when_what_travels_has_ended() {
    let server = serve(|_| keep(done())).await;
    let bad = Point::new("m\nn").field("f", 1);
    let bad = Encoder::new(Dialect::V1).push(&bad).unwrap_err();
    let source = batches(2).chain([Err(bad.into())]).chain(batches(2));
    let error = write(&server, source, 3).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.written().into_iter().flatten().count(), 20);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn no_batches_send_nothing_and_no_connections_are_refused() {
    let server = serve(|_| keep(done())).await;
    assert_eq!(write(&server, batches(0), 1).await.unwrap().points, 0);
    let error = write(&server, batches(1), 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(server.received().is_empty());
}
