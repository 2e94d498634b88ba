//! Tests the client with a real InfluxDB 1.x.

use std::time::Duration;

use aioinflux::{
    Answer, Client, Config, Dialect, Encoder, ErrorKind, Event, Param, Point, Precision, Query,
    ReadOptions, Series, WriteOptions,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};

use crate::connect;
use crate::influxd::{Influxd, Settings, shared};

/// Returns a client that has its own database on the shared server.
pub(crate) async fn with_database(name: &str) -> Client {
    database(
        Config::new(&format!("http://127.0.0.1:{}", shared().port)).unwrap(),
        name,
    )
    .await
}

pub(crate) async fn database(config: Config, name: &str) -> Client {
    let client = connect(config.database(name)).unwrap();
    let create = Query::new("CREATE DATABASE $db").bind("db", Param::Identifier(name.into()));
    client.query(create).await.unwrap();
    client
}

pub(crate) fn cpu(count: i64) -> Vec<Point> {
    let point = |i| {
        Point::new("cpu")
            .tag("host", "a")
            .field("value", i)
            .at(1000 + i)
    };
    (0..count).map(point).collect()
}

fn only(answer: &Answer) -> &Series {
    assert_eq!(
        (answer.statements.len(), answer.statements[0].series.len()),
        (1, 1)
    );
    &answer.statements[0].series[0]
}

/// Returns the integers in one column of an answer's only series.
fn integers(answer: &Answer, column: &str) -> Vec<i64> {
    let batches = only(answer).batches.iter();
    let columns = batches.map(|batch| batch.column_by_name(column).unwrap().clone());
    columns
        .flat_map(|c| c.as_primitive::<Int64Type>().values().to_vec())
        .collect()
}

#[tokio::test]
async fn points_come_back_as_they_were_written() {
    let client = with_database("round trip").await;
    let text = "it's \"quoted\", a\\b,\nnew line = 1 \u{1f600}";
    let point = Point::new("m,1 =x")
        .tag("t ag", "v,=\" 'x")
        .field("f", 0.1 + 0.2)
        .field("i", i64::MAX)
        .field("b", true)
        .field("s", text)
        .at(1_700_000_000_123_456_789);
    let written = client.write(&[point]).await.unwrap();
    assert_eq!((written.points, written.skipped), (1, 0));
    let answer = client.query("SELECT * FROM \"m,1 =x\"").await.unwrap();
    let series = only(&answer);
    assert_eq!(series.name.as_deref(), Some("m,1 =x"));
    let batch = &series.batches[0];
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let time = column("time").as_primitive::<TimestampNanosecondType>();
    assert_eq!(time.values(), &[1_700_000_000_123_456_789]);
    let float = column("f").as_primitive::<Float64Type>().value(0);
    assert_eq!(float.to_bits(), (0.1_f64 + 0.2).to_bits());
    assert_eq!(integers(&answer, "i"), [i64::MAX]);
    assert!(column("b").as_boolean().value(0));
    assert_eq!(column("s").as_string::<i32>().value(0), text);
    assert_eq!(column("t ag").as_string::<i32>().value(0), "v,=\" 'x");
}

#[tokio::test]
async fn a_whole_float_stays_a_float_in_a_table() {
    let client = with_database("floats").await;
    client
        .write(&[Point::new("m").field("f", 4.0).at(1)])
        .await
        .unwrap();
    let answer = client.query("SELECT f FROM m").await.unwrap();
    let float = only(&answer).batches[0].column_by_name("f").unwrap();
    assert_eq!(float.as_primitive::<Float64Type>().values(), &[4.0]);
}

#[tokio::test]
async fn ping_tells_version_and_build() {
    let pong = with_database("ping").await.ping().await.unwrap();
    assert_eq!(pong.status, 204);
    assert!(pong.version().is_some());
    assert_eq!(pong.build(), Some("OSS"));
}

#[tokio::test]
async fn a_raw_answer_is_the_servers_json() {
    let client = with_database("raw").await;
    client.write(&cpu(2)).await.unwrap();
    let raw = client.query_raw("SELECT value FROM cpu").await.unwrap();
    let text = concat!(
        r#"{"results":[{"statement_id":0,"series":[{"name":"cpu","columns":["time","value"],"#,
        r#""values":[[1000,0],[1001,1]]}]}]}"#,
        "\n"
    );
    assert_eq!(std::str::from_utf8(&raw).unwrap(), text);
    let query = "SELECT value FROM cpu LIMIT 1";
    let options = ReadOptions::new().epoch(None);
    let raw = client.query_raw_with(query, &options).await.unwrap();
    assert!(
        std::str::from_utf8(&raw)
            .unwrap()
            .contains("1970-01-01T00:00:00.000001Z")
    );
}

#[tokio::test]
async fn a_stream_of_many_chunks_gives_every_row_once() {
    let client = with_database("stream").await;
    client.write(&cpu(25_000)).await.unwrap();
    let (query, options) = ("SELECT value FROM cpu", ReadOptions::new().chunk_size(100));
    let mut stream = client.stream_with(query, &options).await.unwrap();
    let (mut rows, mut next) = (0, 0);
    while let Some(event) = stream.next().await {
        if let Event::Batch(batch) = event.unwrap() {
            for &value in batch.column(1).as_primitive::<Int64Type>().values() {
                assert_eq!(value, next);
                next += 1;
            }
            rows += batch.num_rows();
        }
    }
    assert_eq!(rows, 25_000);
}

#[tokio::test]
async fn of_several_statements_those_before_the_failing_one_are_kept() {
    let client = with_database("statements").await;
    client.write(&cpu(3)).await.unwrap();
    let text = "SELECT value FROM cpu; SELECT foo(value) FROM cpu; SELECT value FROM cpu";
    let error = client.query(text).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Statement, None));
    assert_eq!(error.server_message(), Some("undefined function foo()"));
    assert_eq!(error.answer().unwrap().rows(), 3);
    let raw = client.query_raw(text).await.unwrap_err();
    assert_eq!(raw.kind(), ErrorKind::Statement);
    assert!(raw.raw().unwrap().starts_with(b"{\"results\":["));
}

#[tokio::test]
async fn a_query_that_does_not_parse_is_rejected() {
    let client = with_database("parse").await;
    let error = client.query("SELEC value").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Rejected, Some(400))
    );
    assert!(
        error
            .server_message()
            .unwrap()
            .starts_with("error parsing query: found SELEC")
    );
    assert_eq!(
        client.query("SELECT 1\0").await.unwrap_err().kind(),
        ErrorKind::Config
    );
}

#[tokio::test]
async fn hostile_strings_stay_values_when_they_are_bound() {
    let client = with_database("bind").await;
    for hostile in [
        "' OR 1 = 1 --",
        "'; DROP MEASUREMENT m --",
        "\\",
        "\\'",
        "\"",
        "$x",
        "/* x */",
        "a\tb",
        "\u{1f600}é",
        "%s & + = {}",
    ] {
        let name = format!("m{hostile}").replace('\\', "/");
        let point = Point::new(name.as_str())
            .field("s", hostile)
            .field("v", 1.5)
            .at(1);
        client.write(&[point]).await.unwrap();
        let query = Query::new("SELECT s, v FROM $m WHERE s = $s AND v = $v")
            .bind("m", Param::Identifier(name.clone()))
            .bind("s", hostile)
            .bind("v", 1.5);
        let answer = client.query(&query).await.unwrap();
        assert_eq!(only(&answer).name.as_deref(), Some(name.as_str()));
        let text = only(&answer).batches[0]
            .column(1)
            .as_string::<i32>()
            .value(0)
            .to_owned();
        assert_eq!(text, hostile);
        let answer = client
            .query_with(query, &ReadOptions::new().text_views())
            .await
            .unwrap();
        let texts = only(&answer).batches[0].column(1).as_string_view();
        assert_eq!(texts.value(0), hostile);
    }
    let measurements = client.query("SHOW MEASUREMENTS").await.unwrap();
    assert_eq!(measurements.rows(), 10);
}

#[tokio::test]
async fn a_partial_write_names_the_point_whose_type_is_wrong() {
    let client = with_database("conflict").await;
    client
        .write(&[Point::new("m").field("v", 1.0).at(1)])
        .await
        .unwrap();
    let points = [
        Point::new("m").field("v", 2.0).at(2),
        Point::new("m").field("w", "text").at(3),
        Point::new("m").field("v", "text").at(4),
        Point::new("m").field("v", 5.0).at(5),
    ];
    let error = client.write(&points).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dropped()),
        (ErrorKind::PartialWrite, Some(1))
    );
    assert_eq!(error.rejected().len(), 1);
    assert_eq!(error.rejected()[0].index, Some(2));
    assert_eq!(client.query("SELECT v, w FROM m").await.unwrap().rows(), 4);
}

#[tokio::test]
async fn a_type_conflict_over_several_shards_blames_no_point_that_was_stored() {
    const WEEKS: i64 = 6_048_000_000_000_000;
    let client = with_database("conflict of shards").await;
    let first = Point::new("m").field("f", 1).field("g", 1).at(1);
    client.write(&[first]).await.unwrap();
    let points = [
        Point::new("m").tag("n", "0").field("f", 1.5).at(2),
        Point::new("m").tag("n", "1").field("g", 1.5).at(2),
        Point::new("m").tag("n", "2").field("f", 1.5).at(WEEKS),
    ];
    let error = client.write(&points).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PartialWrite);
    assert!(error.rejected().iter().all(|one| one.index != Some(2)));
    // The server answers when the first shard fails; it may still be writing to
    // the other one then.
    let stored = async {
        let query = "SELECT f, n FROM m WHERE n = '2'";
        while client.query(query).await.unwrap().rows() != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stored)
        .await
        .expect("the point of the other shard is stored");
}

#[tokio::test]
async fn a_batch_for_another_server_is_not_sent() {
    let client = with_database("dialects").await;
    let mut encoder = Encoder::new(Dialect::V3);
    let point = Point::new("m").tag("t", "a\\b").field("v", 1).at(1);
    encoder.push(&point).unwrap();
    let sent = client
        .write_batch(encoder.take(), &WriteOptions::new())
        .await;
    assert_eq!(sent.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(client.query("SELECT * FROM m").await.unwrap().rows(), 0);
}

#[tokio::test]
async fn a_unit_is_for_lines_that_come_encoded_alone() {
    let client = with_database("units").await;
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push_text(b"m,k=text v=1i 42").unwrap();
    let seconds = WriteOptions::new().precision(Precision::Seconds);
    client
        .write_batch(encoder.batch().clone(), &seconds)
        .await
        .unwrap();
    encoder
        .push(&Point::new("m").tag("k", "point").field("v", 1).at(42))
        .unwrap();
    let mixed = client.write_batch(encoder.take(), &seconds).await;
    assert_eq!(mixed.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(client.query("SELECT v FROM m").await.unwrap().rows(), 1);
}

#[tokio::test]
async fn lines_that_the_server_cannot_parse_are_named() {
    let client = with_database("unparsed").await;
    let mut encoder = aioinflux::Encoder::new(aioinflux::Dialect::V1);
    encoder
        .push_text(b"a v=1 1\nb v=\nc s=\"x\ny\" 2\n,d v=1\ne v=1 5")
        .unwrap();
    let written = client
        .write_batch(encoder.take(), &WriteOptions::new())
        .await;
    let error = written.unwrap_err();
    assert_eq!(
        (error.kind(), error.dropped()),
        (ErrorKind::PartialWrite, Some(0))
    );
    let indexes: Vec<_> = error
        .rejected()
        .iter()
        .map(|rejected| rejected.index)
        .collect();
    assert_eq!(indexes, [Some(1), Some(3)]);
    assert_eq!(error.rejected()[0].reason, "missing field value");
}

#[tokio::test]
async fn write_options_choose_database_policy_and_unit() {
    let client = with_database("options").await;
    with_database("elsewhere").await;
    client
        .query("CREATE RETENTION POLICY long ON elsewhere DURATION INF REPLICATION 1")
        .await
        .unwrap();
    let mut encoder = aioinflux::Encoder::new(aioinflux::Dialect::V1);
    encoder.push_text(b"a v=1 1700000000").unwrap();
    let options = WriteOptions::new()
        .database("elsewhere")
        .retention_policy("long")
        .precision(Precision::Seconds);
    client.write_batch(encoder.take(), &options).await.unwrap();
    let query = Query::new("SELECT v FROM a")
        .database("elsewhere")
        .retention_policy("long");
    let answer = client.query(query).await.unwrap();
    let time = only(&answer).batches[0]
        .column(0)
        .as_primitive::<TimestampNanosecondType>();
    assert_eq!(time.value(0), 1_700_000_000_000_000_000);
    let client = connect(client.config().clone().database("missing")).unwrap();
    assert_eq!(
        client.write(&cpu(1)).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_body_over_the_servers_limit_is_split_and_stored_whole() {
    let settings = Settings {
        max_body_bytes: 100_000,
        ..Settings::default()
    };
    let server = Influxd::start(&settings);
    let url = format!("http://127.0.0.1:{}", server.port);
    let client = database(Config::new(&url).unwrap(), "split").await;
    let text = "x\nnew line".repeat(10);
    let points: Vec<_> = (0..20_000)
        .map(|i| {
            Point::new("m")
                .field("s", text.as_str())
                .field("v", i)
                .at(i)
        })
        .collect();
    assert_eq!(client.write(&points).await.unwrap().points, 20_000);
    let answer = client.query("SELECT count(v) FROM m").await.unwrap();
    assert_eq!(integers(&answer, "count"), [20_000]);
}

#[tokio::test]
async fn a_row_limit_cuts_no_answer() {
    let server = Influxd::start(&Settings {
        max_rows: 10,
        ..Settings::default()
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let client = database(Config::new(&url).unwrap(), "limit").await;
    client.write(&cpu(25)).await.unwrap();
    assert_eq!(client.query("SELECT * FROM cpu").await.unwrap().rows(), 25);
    let raw = client.query_raw("SELECT * FROM cpu").await.unwrap();
    let text = std::str::from_utf8(&raw).unwrap();
    assert_eq!(text.matches("\"a\"").count(), 25);
}

#[tokio::test]
async fn compressed_requests_and_answers_are_understood_by_both_sides() {
    let config = Config::new(&format!("http://127.0.0.1:{}", shared().port)).unwrap();
    let config = config.gzip(aioinflux::Gzip::Always).accept_gzip(true);
    let client = database(config, "gzip").await;
    client.write(&cpu(5000)).await.unwrap();
    assert_eq!(
        client.query("SELECT * FROM cpu").await.unwrap().rows(),
        5000
    );
}
