//! Tests what a real InfluxDB 2.x does with refused points. The tests need a server that the
//! environment names (`server_v2`).

use std::fmt::Write as _;

use aioinflux::ledger::State;
use aioinflux::{
    Answer, Client, Dialect, Encoder, ErrorKind, Language, OnReject, Point, Query, WriteOptions,
};

use crate::server_v2;

/// Returns the number of points of a measurement.
async fn count(client: &Client, measurement: &str) -> usize {
    let query = Query::new(format!("SELECT f FROM {measurement}")).language(Language::InfluxQl);
    let answer: Answer = client.query(query).await.unwrap();
    answer.rows()
}

fn indexes(error: &aioinflux::Error) -> Vec<u64> {
    let rejected = error.rejected().iter();
    rejected.map(|one| one.index.expect("an index")).collect()
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn lines_that_2x_refuses_are_named_and_the_others_are_sent_again() {
    let client = server_v2::client("refused lines", 0).await;
    let hostile = [
        "m f=",
        "m f=1 ': x",
        "m",
        "m f=\"': missing fields\" x",
        "m,t=\"a f=1x",
        "m f=\"a\nunable to parse 'm f=1 1': b\" x",
        "m,time=1 f=1",
    ];
    let mut text = String::new();
    for line in 0..700_usize {
        match line % 100 {
            50 => text += hostile[line / 100],
            _ => write!(text, "m f={line} {line}").unwrap(),
        }
        text.push('\n');
    }
    let mut encoder = Encoder::new(Dialect::V2);
    encoder.push_text(text.as_bytes()).unwrap();
    let batch = encoder.take();
    let bad: Vec<u64> = (0..7).map(|part| part * 100 + 50).collect();

    let whole = client
        .write_batch(batch.clone(), &WriteOptions::new())
        .await;
    let error = whole.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(indexes(&error), bad);
    assert_eq!(count(&client, "m").await, 0);

    let options = WriteOptions::new().on_reject(OnReject::Resend);
    let error = client.write_batch(batch, &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert_eq!(indexes(&error), bad);
    for (one, line) in error.rejected().iter().zip(hostile) {
        assert_eq!(one.line, line);
    }
    let ledger = error.ledger().unwrap();
    assert_eq!(ledger.count(State::Stored), 693);
    assert_eq!(ledger.count(State::Refused), 7);
    assert_eq!(count(&client, "m").await, 693);
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn a_request_that_2x_refuses_is_not_taken_for_bad_lines() {
    let client = server_v2::client("refused requests", 0).await;
    let mut encoder = Encoder::new(Dialect::V2);
    encoder.push_text(b"m f=1 1\nm f=2 2").unwrap();
    let batch = encoder.take();
    for (options, missing) in [
        (WriteOptions::new().bucket("no such"), "bucket \"no such\""),
        (
            WriteOptions::new().organization("none"),
            "organization name \"none\"",
        ),
    ] {
        let options = options.on_reject(OnReject::Resend);
        let sent = client.write_batch(batch.clone(), &options).await;
        let error = sent.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn a_type_conflict_on_2x_names_the_point_whatever_the_names_are() {
    let client = server_v2::client("conflicts", 0).await;
    let names = [
        "f",
        "a \"b\" is type",
        "\\t\\",
        "\u{1}ß\t\r\u{200b}🚀",
        "'%s' dropped=9",
    ];
    for (number, field) in names.into_iter().enumerate() {
        let field = format!("{field}x");
        let measurement = format!("m{number}\u{7f} \" on {field}");
        let point = |at| Point::new(measurement.clone()).tag("t", "1").at(at);
        client
            .write(&[point(1).field(field.clone(), 1.0)])
            .await
            .unwrap();
        let points = [
            point(2).field(field.clone(), 2.0),
            point(3).field(field.clone(), "text"),
            point(4).field(field.clone(), 4.0),
        ];
        let error = client.write(&points).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.dropped()),
            (ErrorKind::PartialWrite, Some(1))
        );
        assert_eq!(indexes(&error), [1], "{error}");
        let conflict = error.field_conflict().unwrap();
        assert_eq!((conflict.field, conflict.measurement), (field, measurement));
        assert_eq!((&*conflict.sent, &*conflict.stored), ("string", "float"));
    }
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn points_older_than_the_retention_period_of_2x_are_named() {
    let client = server_v2::client("retention", 3600).await;
    let now = aioinflux::unique_time();
    let hour = 3_600_000_000_000;
    let ages = [0, 30, 2, 0, 3, 100];
    let points: Vec<Point> = (0..)
        .zip(ages)
        .map(|(number, hours)| {
            let point = Point::new("m").tag("t", ", newest point m at 2001 dropped=9");
            point.field("f", number).at(now - hours * hour + number)
        })
        .collect();
    let error = client.write(&points).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    let old = indexes(&error);
    assert_eq!(error.dropped(), Some(old.len() as u64));
    // A shard group can begin before the retention period does, so points that are only a little too
    // old may be kept.
    assert!(old.contains(&1) && old.contains(&5), "{error}");
    assert_eq!(count(&client, "m").await, ages.len() - old.len());
}
