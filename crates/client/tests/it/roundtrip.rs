//! Writes ten thousand random points to a real server, and tests that they are read back unchanged.
//!
//! The test of 1.x starts its own server. The test of 2.x needs a server that the environment names
//! (`server_v2`).

use std::collections::HashMap;

use aioinflux::{
    Answer, Client, Config, Dialect, Encoder, FieldValue, Language, Param, Point, Query, Series,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::connect;
use crate::influxd::shared;
use crate::server_v2;

const POINTS: usize = 10_000;
/// The earliest and the latest timestamp that a 1.x or 2.x server can store.
const TIMES: (i64, i64) = (i64::MIN + 2, i64::MAX - 1);
/// Timestamps in a few different weeks. The weeks are few, because a server creates a shard for
/// each week that has a point.
const WEEKS: [i64; 4] = [
    TIMES.0,
    -1_000_000_000_000_000,
    0,
    9_000_000_000_000_000_000,
];

/// Generates strings with many characters that are special in line protocol.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(
        " ,=\\\"'#{}\t\r\u{1}\u{7f}ß中🚀"
            .chars()
            .collect::<Vec<_>>(),
    );
    let piece = prop_oneof![special, prop::char::range('a', 'z'), any::<char>()];
    prop::collection::vec(piece, 1..10).prop_map(|pieces| pieces.into_iter().collect())
}

/// Generates fields. The key of each field names the type of its value, because a server stores one
/// type for each key.
///
/// 1.x has no unsigned integers.
fn field(dialect: Dialect) -> impl Strategy<Value = (String, FieldValue<'static>)> {
    let finite = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let string = prop_oneof![text(), text().prop_map(|text| format!("\n{text}\n\\"))];
    // The field keys come from a small set, which has every kind of character that a name can
    // contain.
    let key = prop::sample::select(vec!["", " ,=", "\\a\"b", "ß\t\r\u{1}", "'{0}"]);
    prop_oneof![
        (key.clone(), finite).prop_map(|(key, value)| (format!("f{key}f"), value.into())),
        (key.clone(), any::<i64>()).prop_map(|(key, value)| (format!("i{key}i"), value.into())),
        (key.clone(), any::<u64>()).prop_map(move |(key, value)| match dialect {
            Dialect::V1 => (format!("i{key}i"), value.cast_signed().into()),
            _ => (format!("u{key}u"), value.into()),
        }),
        (key.clone(), any::<bool>()).prop_map(|(key, value)| (format!("b{key}b"), value.into())),
        (key, string).prop_map(|(key, value)| (format!("s{key}s"), value.into())),
    ]
}

/// Generates points of any measurement, or `None` if the encoder refuses the point.
fn point(dialect: Dialect, number: usize) -> impl Strategy<Value = Option<Point>> {
    let measurement = prop::sample::select(vec!["m", "m, =\"m", "m\\n{0}", "ß\t\r\u{7f}"]);
    // There are few tag keys, because an answer that is grouped by tags lists all tag keys for each
    // series.
    let keys = vec![
        "t",
        "t ,=",
        "t\\n\"'",
        "ß\t\r\u{1}中",
        "{0}",
        "t\\ x",
        "SELECT",
    ];
    let tags = prop::collection::hash_map(prop::sample::select(keys), text(), 0..4);
    let fields = prop::collection::vec(field(dialect), 1..6);
    (measurement, tags, fields).prop_map(move |(measurement, tags, fields)| {
        let week = WEEKS[number % WEEKS.len()];
        let time = week + i64::try_from(number).expect("a small number") * 1_000_003;
        let mut point = Point::new(measurement)
            .tag("id", number.to_string())
            .at(time);
        for (key, value) in tags {
            point = point.tag(key, value);
        }
        for (key, value) in fields {
            if point.fields().iter().all(|(known, _)| *known != key) {
                point = point.field(key, value);
            }
        }
        Encoder::new(dialect).push(&point).is_ok().then_some(point)
    })
}

/// Returns random points that a server with this dialect can store, with distinct series and times.
fn points(dialect: Dialect) -> Vec<Point> {
    let mut runner = TestRunner::deterministic();
    let mut found = Vec::with_capacity(POINTS);
    while found.len() < POINTS {
        let tree = point(dialect, found.len()).new_tree(&mut runner).unwrap();
        found.extend(tree.current());
    }
    found
}

#[tokio::test]
async fn ten_thousand_random_points_come_back_equal() {
    let config = Config::new(&format!("http://127.0.0.1:{}", shared().port)).unwrap();
    let client = connect(config.database("random points")).unwrap();
    let create =
        Query::new("CREATE DATABASE $db").bind("db", Param::Identifier("random points".into()));
    client.query(create).await.unwrap();

    let points = written(&client).await;
    let read = by_influxql(&client).await;
    assert_come_back(&points, &read);
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn ten_thousand_random_points_come_back_equal_from_2x() {
    let client = server_v2::client("random points", 0).await;
    let points = written(&client).await;
    let in_influxql: Vec<Point> = points.iter().map(as_in_influxql).collect();
    assert_come_back(&in_influxql, &by_influxql(&client).await);
    let in_flux: Vec<Point> = points.iter().map(as_in_flux).collect();
    assert_come_back(&in_flux, &by_flux(&client).await);
}

/// Writes random points and returns them.
async fn written(client: &Client) -> Vec<Point> {
    let points = points(client.dialect().await.unwrap());
    let written = client.write(&points).await.unwrap();
    assert_eq!((written.points, written.skipped), (POINTS as u64, 0));
    points
}

/// Reads all points, and returns each with its ID.
async fn by_influxql(client: &Client) -> HashMap<String, Point> {
    let all = format!(
        "SELECT * FROM /.*/ WHERE time >= {} AND time <= {} GROUP BY *",
        TIMES.0, TIMES.1
    );
    let query = Query::new(all).language(Language::InfluxQl);
    let answer = client.query(query).await.unwrap();
    let series = answer.statements[0].series.iter();
    series
        .flat_map(read_back)
        .map(|point| (id(&point), point))
        .collect()
}

/// Reads all points as [`by_influxql`] does. In Flux, every field of a point has its own row.
async fn by_flux(client: &Client) -> HashMap<String, Point> {
    let query = Query::new(
        "from(bucket: \"random points\") |> range(start: 1677-09-21T00:12:43.145224194Z, \
         stop: 2262-04-11T23:47:16.854775807Z)",
    );
    let answer = client.query(query).await.unwrap();
    let mut points = HashMap::new();
    for batch in batches(&answer) {
        for row in 0..batch.num_rows() {
            let (point, key, value) = flux_row(batch, row);
            let point = points.entry(id(&point)).or_insert(point);
            if let Some(value) = value {
                *point = point.clone().field(key, value);
            }
        }
    }
    points
        .into_iter()
        .map(|(id, point)| (id, sorted(&point)))
        .collect()
}

fn batches(answer: &Answer) -> impl Iterator<Item = &RecordBatch> {
    let series = answer
        .statements
        .iter()
        .flat_map(|statement| &statement.series);
    series.flat_map(|series| &series.batches)
}

/// Returns the point of a row without fields, and the field of the row, whose value can be null.
fn flux_row(batch: &RecordBatch, row: usize) -> (Point, String, Option<FieldValue<'static>>) {
    let schema = batch.schema();
    let text = |column: usize| {
        batch
            .column(column)
            .as_string::<i32>()
            .value(row)
            .to_owned()
    };
    let column = |name: &str| schema.index_of(name).unwrap();
    let times = batch
        .column(column("_time"))
        .as_primitive::<TimestampNanosecondType>();
    let mut point = Point::new(text(column("_measurement"))).at(times.value(row));
    for (at, field) in schema.fields().iter().enumerate() {
        if !field.name().starts_with('_')
            && !["result", "table"].contains(&field.name().as_str())
            && !text(at).is_empty()
        {
            point = point.tag(field.name().clone(), text(at));
        }
    }
    let value = cell(batch, column("_value"), row);
    (point, text(column("_field")), value)
}

/// Returns a copy of a point with other texts and field values. Tags with an empty value, and fields
/// without a value, are left out.
fn changed(
    point: &Point,
    text: impl Fn(&str) -> String,
    value: impl Fn(&FieldValue<'static>) -> Option<FieldValue<'static>>,
) -> Point {
    let mut out = Point::new(text(point.measurement())).at(point.timestamp().unwrap());
    for (key, value) in point.tags() {
        if !text(value).is_empty() {
            out = out.tag(text(key), text(value));
        }
    }
    for (key, known) in point.fields() {
        if let Some(value) = value(known) {
            out = out.field(text(key), value);
        }
    }
    out
}

/// Returns the point as an InfluxQL answer shows it. An answer does not distinguish an unsigned
/// integer from a signed one if both can hold the value.
fn as_in_influxql(point: &Point) -> Point {
    changed(point, str::to_owned, |value| {
        Some(match value {
            FieldValue::Unsigned(value) => {
                i64::try_from(*value).map_or((*value).into(), Into::into)
            }
            value => value.clone(),
        })
    })
}

/// Returns the point as a Flux answer shows it. The CSV of the server contains no CR of a text, and
/// CR LF for every LF. It does not distinguish an empty string from none.
fn as_in_flux(point: &Point) -> Point {
    let text = |text: &str| text.replace('\r', "").replace('\n', "\r\n");
    changed(point, text, |value| match value {
        FieldValue::String(known) => Some(text(known))
            .filter(|text| !text.is_empty())
            .map(Into::into),
        value => Some(value.clone()),
    })
}

#[track_caller]
fn assert_come_back(points: &[Point], read: &HashMap<String, Point>) {
    assert_eq!(read.len(), POINTS);
    for point in points {
        let id = id(point);
        assert_eq!(read.get(&id), Some(&sorted(point)), "point {id}");
    }
}

fn id(point: &Point) -> String {
    let (_, id) = point.tags().iter().find(|(key, _)| key == "id").unwrap();
    id.clone()
}

/// Returns a copy of the point in which tags and fields are sorted by key.
pub(crate) fn sorted(point: &Point) -> Point {
    let mut tags = point.tags().to_vec();
    let mut fields = point.fields().to_vec();
    tags.sort();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let start = Point::new(point.measurement()).at(point.timestamp().unwrap());
    let tagged = tags
        .into_iter()
        .fold(start, |point, (key, value)| point.tag(key, value));
    fields
        .into_iter()
        .fold(tagged, |point, (key, value)| point.field(key, value))
}

/// Returns the points of a series in an answer, if the header of the series contains all tags.
pub(crate) fn read_back(series: &Series) -> Vec<Point> {
    let rows = series
        .batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    rows.map(|(batch, row)| {
        let times = batch.column(0).as_primitive::<TimestampNanosecondType>();
        let mut point = Point::new(series.name.clone().unwrap()).at(times.value(row));
        // The server returns an empty value for a tag that the series lacks.
        for (key, value) in series.tags.iter().filter(|(_, value)| !value.is_empty()) {
            point = point.tag(key.clone(), value.clone());
        }
        for (column, field) in batch.schema().fields().iter().enumerate().skip(1) {
            if let Some(value) = cell(batch, column, row) {
                point = point.field(field.name().clone(), value);
            }
        }
        sorted(&point)
    })
    .collect()
}

fn cell(batch: &RecordBatch, column: usize, row: usize) -> Option<FieldValue<'static>> {
    let array = batch.column(column);
    let valid = array.is_valid(row) && *array.data_type() != DataType::Null;
    valid.then(|| match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        _ => array.as_string::<i32>().value(row).to_owned().into(),
    })
}
