//! Tests writes of batches that are larger than the server accepts.

use std::ops::Range;

use aioinflux::{Batch, Dialect, Encoder, ErrorKind, WriteOptions};

use crate::client;
use crate::scripted::{Act, Received, Scripted, done, json, keep, serve};

/// Returns a batch of `lines` lines of 12 bytes, with the indexes 10, 20 and so on. The line `long`
/// has 112 bytes and contains newlines.
fn batch(lines: u64, long: Option<u64>) -> Batch {
    let mut encoder = Encoder::new(Dialect::V1);
    for line in 0..lines {
        let mut point = encoder.point((line + 1) * 10);
        point.measurement("m").unwrap();
        if long == Some(line) {
            point.field("s", "a\nm v=1 1\n".repeat(10)).unwrap();
        } else {
            point.field("v", i64::try_from(line).unwrap() % 10).unwrap();
        }
        point.finish(Some(1000)).unwrap();
    }
    encoder.take()
}

fn too_large() -> Act {
    keep(json(
        "413 Request Entity Too Large",
        r#"{"error":"Request Entity Too Large"}"#,
    ))
}

async fn limited(
    limit: usize,
    small: impl Fn(&Received) -> Act + Send + Sync + 'static,
) -> Scripted {
    serve(move |request| {
        if request.body.len() > limit {
            too_large()
        } else {
            small(request)
        }
    })
    .await
}

async fn write(server: &Scripted, batch: &Batch) -> Result<aioinflux::Written, aioinflux::Error> {
    client(server.port)
        .write_batch(batch.clone(), &WriteOptions::new())
        .await
}

/// Returns the request bodies that the server accepted.
fn taken(server: &Scripted, limit: usize) -> Vec<Vec<u8>> {
    let bodies = server.received().into_iter().map(|request| request.body);
    bodies.filter(|body| body.len() <= limit).collect()
}

fn flat(ranges: Vec<Range<u64>>) -> Vec<u64> {
    ranges.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_batch_is_halved_until_it_fits_and_sent_in_order() {
    let batch = batch(100, None);
    let server = limited(300, |_| keep(done())).await;
    assert_eq!(write(&server, &batch).await.unwrap().points, 100);
    assert_eq!(taken(&server, 300).concat(), batch.bytes());
    // First the whole batch is refused, and then its first half. The client then halves the second
    // half without sending it, because that half is known to be too large.
    let refused = server.received().len() - taken(&server, 300).len();
    assert!(refused <= 3, "{refused} bodies were sent in vain");
}

#[tokio::test]
async fn a_newline_in_a_string_is_no_place_to_cut() {
    for long in 0..9 {
        let batch = batch(9, Some(long));
        let server = limited(130, |_| keep(done())).await;
        write(&server, &batch).await.unwrap();
        let parts = taken(&server, 130);
        assert!(parts.len() > 1);
        assert_eq!(parts.concat(), batch.bytes());
        let line = batch.line(usize::try_from(long).unwrap());
        let whole = parts
            .iter()
            .filter(|part| part.windows(line.len()).any(|at| at == line));
        assert_eq!(whole.count(), 1, "line {long} is whole in one part");
    }
}

#[tokio::test]
async fn one_line_that_is_too_large_is_refused_and_the_others_are_written() {
    let batch = batch(9, Some(4));
    let server = limited(60, |_| keep(done())).await;
    let error = write(&server, &batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.rejected().len(), 1);
    assert_eq!(error.rejected()[0].index, Some(50));
    assert_eq!(flat(error.written()), [10, 20, 30, 40, 60, 70, 80, 90]);
    assert!(error.unsent().is_empty());
}

#[tokio::test]
async fn refused_points_keep_their_indexes_and_do_not_stop_the_other_parts() {
    let batch = batch(8, None);
    let server = limited(30, |request| {
        if request.body.starts_with(b"m v=4i") {
            let body = r#"{"error":"partial write: unable to parse 'm v=5i 1000': bad dropped=0"}"#;
            keep(json("400 Bad Request", body))
        } else {
            keep(done())
        }
    })
    .await;
    let error = write(&server, &batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(error.rejected().len(), 1);
    assert_eq!(error.rejected()[0].index, Some(60));
    assert_eq!(flat(error.written()), [10, 20, 30, 40, 70, 80]);
    assert_eq!(flat(error.unsent()), [0; 0]);
}

#[tokio::test]
async fn an_error_between_the_parts_tells_what_was_written_and_what_was_not_sent() {
    let batch = batch(8, None);
    let server = limited(30, |request| {
        if request.body.starts_with(b"m v=4i") {
            keep(json("500 Internal Server Error", r#"{"error":"timeout"}"#))
        } else {
            keep(done())
        }
    })
    .await;
    let error = write(&server, &batch).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Server, true)
    );
    assert_eq!(flat(error.written()), [10, 20, 30, 40]);
    assert_eq!(flat(error.unsent()), [70, 80]);
    assert!(
        error.to_string().ends_with("points 70 and 80 were not"),
        "{error}"
    );
}
