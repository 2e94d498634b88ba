//! Checks the decoder and the encoder with a corpus of lines and their meanings
//! (`tests/corpus/lines.json`, which `tests/test_corpus.py` explains).

mod common;

use std::fs;

use aioinflux_line::{Decoder, Dialect, FieldValue, Line, Point};
use serde_json::Value;

use common::encode;

/// Returns the entries of the corpus, each with the server generation that it applies to.
fn entries() -> Vec<(Dialect, Value)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/lines.json");
    let text = fs::read_to_string(path).expect("the corpus is in the repository");
    let entries: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let dialects = [
        ("1.x", Dialect::V1),
        ("2.x", Dialect::V2),
        ("3.x", Dialect::V3),
    ];
    let mut found = Vec::new();
    for entry in entries {
        for (name, dialect) in dialects {
            let names = entry["server"].as_array();
            if names.is_none_or(|names| names.iter().any(|other| other == name)) {
                found.push((dialect, entry.clone()));
            }
        }
    }
    found
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn field(value: &Value) -> FieldValue<'static> {
    let (kind, value) = value
        .as_object()
        .and_then(|one| one.iter().next())
        .expect("one type");
    match kind.as_str() {
        "float" => FieldValue::Float(text(value).parse().expect("a float")),
        "integer" => FieldValue::Integer(value.as_i64().expect("an integer")),
        "unsigned" => FieldValue::Unsigned(value.as_u64().expect("an unsigned integer")),
        "boolean" => FieldValue::Boolean(value.as_bool().expect("a boolean")),
        "string" => FieldValue::String(text(value).to_owned().into()),
        other => panic!("{other} is no type"),
    }
}

fn point(value: &Value) -> Point {
    let mut point = Point::new(text(&value[0]));
    for (key, tag) in value[1].as_object().expect("tags") {
        point = point.tag(key, text(tag));
    }
    for (key, one) in value[2].as_object().expect("fields") {
        point = point.field(key, field(one));
    }
    match value[3].as_i64() {
        Some(time) => point.at(time),
        None => point,
    }
}

fn decode(dialect: Dialect, line: &str) -> Result<Point, String> {
    let mut lines = Decoder::new(dialect, line.as_bytes());
    let first = lines
        .next()
        .expect("a line")
        .map_err(|error| error.to_string());
    assert!(lines.next().is_none(), "{line}");
    first.map(|line: Line<'_>| line.to_point())
}

/// Returns the measurement and the time of a point, and its tags and fields sorted by key.
fn parts(point: &Point) -> String {
    let mut tags: Vec<_> = point.tags().to_vec();
    tags.sort();
    let mut fields: Vec<_> = point
        .fields()
        .iter()
        .map(|one| format!("{one:?}"))
        .collect();
    fields.sort();
    format!(
        "{} {tags:?} {fields:?} {:?}",
        point.measurement(),
        point.timestamp()
    )
}

#[test]
fn every_line_has_its_meaning_and_every_meaning_its_line() {
    for (dialect, entry) in entries() {
        let line = text(&entry["line"]);
        if entry.get("refused").is_some() {
            let error = decode(dialect, line).expect_err(line);
            assert_eq!(error, text(&entry["refused"]), "{dialect:?}: {line}");
            continue;
        }
        let point = point(&entry["point"]);
        let found = decode(dialect, line).expect(line);
        assert_eq!(parts(&found), parts(&point), "{dialect:?}: {line}");
        let written = text(entry.get("written").unwrap_or(&entry["line"]));
        let encoded = encode(dialect, &found).expect(line);
        assert_eq!(encoded, format!("{written}\n"), "{dialect:?}");
        assert_eq!(
            parts(&decode(dialect, written).expect(written)),
            parts(&point)
        );
    }
}
