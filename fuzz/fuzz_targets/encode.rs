//! Fuzzes the encoder with arbitrary points: each point either decodes to an equal point, or is
//! refused and leaves the output unchanged.
#![no_main]

use aioinflux_line::{Decoder, Dialect, Encoder, FieldValue, Outcome, Point, line_ends};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Value {
    Float(f64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    Text(String),
}

#[derive(Debug, Arbitrary)]
struct Input {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, Value)>,
    timestamp: Option<i64>,
}

fuzz_target!(|inputs: Vec<Input>| {
    for dialect in [Dialect::V1, Dialect::V2, Dialect::V3] {
        write_and_read(dialect, &inputs);
    }
});

fn write_and_read(dialect: Dialect, inputs: &[Input]) {
    let mut encoder = Encoder::new(dialect);
    let mut written = Vec::new();
    for input in inputs {
        let point = point(input);
        let before = encoder.batch().clone();
        match encoder.push(&point) {
            Ok(Outcome::Written) => written.push(expected(dialect, &point)),
            Ok(Outcome::Skipped) => assert_eq!(encoder.batch().bytes(), before.bytes()),
            Err(_) => assert_eq!(encoder.batch(), &before),
        }
    }
    let batch = encoder.batch();
    let read: Vec<Point> = Decoder::new(dialect, batch.bytes())
        .map(|line| sorted(&line.expect("a line that was written").to_point()))
        .collect();
    assert_eq!(read, written);
    assert_eq!(
        line_ends(dialect, batch.bytes()).collect::<Vec<_>>(),
        batch.ends()
    );
}

fn point(input: &Input) -> Point {
    let mut point = Point::new(&*input.measurement);
    for (key, value) in &input.tags {
        point = point.tag(&**key, &**value);
    }
    for (key, value) in &input.fields {
        let value = match value {
            Value::Float(value) => FieldValue::Float(*value),
            Value::Integer(value) => FieldValue::Integer(*value),
            Value::Unsigned(value) => FieldValue::Unsigned(*value),
            Value::Boolean(value) => FieldValue::Boolean(*value),
            Value::Text(value) => FieldValue::from(value),
        };
        point = point.field(&**key, value);
    }
    match input.timestamp {
        Some(timestamp) => point.at(timestamp),
        None => point,
    }
}

/// Returns the point that decoding should return: NaN is left out, and unsigned integers become
/// signed on 1.x.
fn expected(dialect: Dialect, point: &Point) -> Point {
    let mut kept = Point::new(point.measurement());
    for (key, value) in point.tags() {
        kept = kept.tag(&**key, &**value);
    }
    for (key, value) in point.fields() {
        kept = match value {
            FieldValue::Float(value) if value.is_nan() => kept,
            FieldValue::Unsigned(value) if dialect == Dialect::V1 => {
                kept.field(&**key, value.cast_signed())
            }
            value => kept.field(&**key, value),
        };
    }
    sorted(&match point.timestamp() {
        Some(timestamp) => kept.at(timestamp),
        None => kept,
    })
}

/// Returns the same point with its tags sorted, and without tags whose value is empty.
fn sorted(point: &Point) -> Point {
    let mut tags: Vec<_> = point
        .tags()
        .iter()
        .filter(|tag| !tag.1.is_empty())
        .collect();
    tags.sort();
    let mut copy = Point::new(point.measurement());
    for (key, value) in tags {
        copy = copy.tag(&**key, &**value);
    }
    for (key, value) in point.fields() {
        copy = copy.field(&**key, value);
    }
    match point.timestamp() {
        Some(timestamp) => copy.at(timestamp),
        None => copy,
    }
}
