//! Provides code that the tests share: points that can be compared, and strategies for hostile
//! points.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "every test file uses its own part"
)]

use aioinflux_line::{Batch, Decoder, Dialect, Encoder, FieldValue, Line, Point, ToLine};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) const DIALECTS: [Dialect; 3] = [Dialect::V1, Dialect::V2, Dialect::V3];

/// Encodes one point, or returns the message of its error.
pub(crate) fn encode(dialect: Dialect, point: &impl ToLine) -> Result<String, String> {
    let mut encoder = Encoder::new(dialect);
    encoder.push(point).map_err(|error| error.to_string())?;
    Ok(text(encoder.batch()))
}

pub(crate) fn text(batch: &Batch) -> String {
    String::from_utf8(batch.bytes().to_vec()).unwrap()
}

/// The parts of a point, in which floats are compared by their bits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    pub measurement: String,
    pub tags: Vec<(String, String)>,
    pub fields: Vec<(String, String)>,
    pub timestamp: Option<i64>,
}

fn value(value: &FieldValue<'_>) -> String {
    match value {
        FieldValue::Float(float) => format!("float {:x}", float.to_bits()),
        other => format!("{other:?}"),
    }
}

impl Parts {
    /// Returns what a server should return for this point if it accepts the point.
    pub(crate) fn wanted(dialect: Dialect, point: &Point) -> Self {
        let kept = |(_, value): &&(String, FieldValue<'_>)| !matches!(value, FieldValue::Float(f) if f.is_nan());
        let stored = |value: &FieldValue<'static>| match *value {
            FieldValue::Unsigned(n) if dialect == Dialect::V1 => {
                FieldValue::Integer(n.cast_signed())
            }
            ref other => other.clone(),
        };
        let mut tags: Vec<_> = point
            .tags()
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .cloned()
            .collect();
        tags.sort();
        Self {
            measurement: point.measurement().into(),
            tags,
            fields: point
                .fields()
                .iter()
                .filter(kept)
                .map(|(key, field)| (key.clone(), value(&stored(field))))
                .collect(),
            timestamp: point.timestamp(),
        }
    }

    pub(crate) fn of(line: &Line<'_>) -> Self {
        let mut tags: Vec<(String, String)> = line
            .tags()
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        tags.sort();
        Self {
            measurement: line.measurement().into(),
            tags,
            fields: line
                .fields()
                .iter()
                .map(|(k, v)| (k.to_string(), value(v)))
                .collect(),
            timestamp: line.timestamp(),
        }
    }
}

/// Decodes everything. Panics if one of the lines is invalid.
pub(crate) fn decode_all(dialect: Dialect, bytes: &[u8]) -> Vec<Parts> {
    let lines: Result<Vec<_>, _> = Decoder::new(dialect, bytes).collect();
    match lines {
        Ok(lines) => lines.iter().map(Parts::of).collect(),
        Err(error) => panic!("{error}: {:?}", String::from_utf8_lossy(bytes)),
    }
}

/// Generates strings of any characters, most of which are special in line protocol.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "a", "b", "é", "\\", "\\", ",", " ", "=", "\"", "#", "\t", "\r", "\n", "{", "\u{7f}",
        "\u{1}", "\0", "#!~#", "time", "_field", "x y=1", "🦀", "\u{85}", "\u{2028}", "i", "1",
    ]);
    prop_oneof![
        3 => "[a-c]{1,3}",
        4 => vec(special, 0..5).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
    ]
}

pub(crate) fn any_value() -> impl Strategy<Value = FieldValue<'static>> {
    prop_oneof![
        any::<f64>().prop_map(FieldValue::Float),
        any::<u64>().prop_map(|bits| FieldValue::Float(f64::from_bits(bits))),
        any::<i64>().prop_map(FieldValue::Integer),
        any::<u64>().prop_map(FieldValue::Unsigned),
        any::<bool>().prop_map(FieldValue::Boolean),
        hostile().prop_map(FieldValue::from),
    ]
}

/// Generates points whose names and strings come from the strategy `text`.
pub(crate) fn points<S: Strategy<Value = String> + Clone>(text: S) -> impl Strategy<Value = Point> {
    let tags = vec((text.clone(), text.clone()), 0..4);
    let fields = vec((text.clone(), any_value()), 0..4);
    let time = prop_oneof![
        Just(None),
        any::<i64>().prop_map(Some),
        prop::sample::select(vec![
            i64::MIN,
            i64::MIN + 1,
            i64::MIN + 2,
            i64::MAX - 1,
            i64::MAX
        ])
        .prop_map(Some),
    ];
    (text, tags, fields, time).prop_map(|(measurement, tags, fields, time)| {
        let mut point = Point::new(measurement);
        for (key, value) in tags {
            point = point.tag(key, value);
        }
        for (key, value) in fields {
            point = point.field(key, value);
        }
        match time {
            Some(time) => point.at(time),
            None => point,
        }
    })
}
