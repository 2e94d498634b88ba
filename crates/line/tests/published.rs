//! Compares our decoder with the published parser of 3.x, line by line.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{Decoder, Dialect, Encoder, FieldValue, Line, Point};
use common::{hostile, points};
use influxdb_line_protocol::{FieldValue as Published, ParsedLine, parse_lines};
use proptest::collection::vec;
use proptest::prelude::*;

fn same_value(ours: &FieldValue<'_>, theirs: &Published<'_>) -> bool {
    match (ours, theirs) {
        (FieldValue::Float(a), Published::F64(b)) => a.to_bits() == b.to_bits(),
        (FieldValue::Integer(a), Published::I64(b)) => a == b,
        (FieldValue::Unsigned(a), Published::U64(b)) => a == b,
        (FieldValue::Boolean(a), Published::Boolean(b)) => a == b,
        (FieldValue::String(a), Published::String(b)) => **a == *b.as_str(),
        _ => false,
    }
}

fn same(ours: &Line<'_>, theirs: &ParsedLine<'_>) -> bool {
    let tags = theirs.series.tag_set.iter().flatten();
    ours.measurement() == theirs.series.measurement.as_str()
        && ours.timestamp() == theirs.timestamp
        && ours.tags().len() == tags.clone().count()
        && ours
            .tags()
            .iter()
            .zip(tags)
            .all(|(a, b)| *a.0 == *b.0 && *a.1 == *b.1)
        && ours.fields().len() == theirs.field_set.len()
        && ours
            .fields()
            .iter()
            .zip(&theirs.field_set)
            .all(|(a, b)| *a.0 == *b.0 && same_value(&a.1, &b.1))
}

/// Returns whether our decoder refuses the line because of an error that the published parser does
/// not check, and that a later stage of the server would detect.
fn left_to_the_server(line: &ParsedLine<'_>) -> bool {
    let tags: Vec<&str> = line
        .series
        .tag_set
        .iter()
        .flatten()
        .map(|tag| tag.0.as_str())
        .collect();
    let values = line
        .series
        .tag_set
        .iter()
        .flatten()
        .map(|tag| tag.1.as_str());
    let fields: Vec<&str> = line
        .field_set
        .iter()
        .map(|field| field.0.as_str())
        .collect();
    let keys: Vec<&str> = tags.iter().chain(&fields).copied().collect();
    let controls = |text: &str| text.chars().any(|c| c.is_ascii_control());
    let twice = (1..keys.len()).any(|at| keys[..at].contains(&keys[at]));
    twice
        || keys.contains(&"time")
        || keys.iter().copied().chain(values).any(controls)
        || controls(&line.series.measurement)
        || line.series.measurement.starts_with('#')
        || line
            .field_set
            .iter()
            .any(|f| matches!(f.1, Published::F64(x) if x.is_infinite()))
}

fn line_like() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "m",
        ",",
        "t=a",
        "u=",
        " ",
        " ",
        "f=",
        "1",
        "2i",
        "3u",
        "1.",
        ".5",
        "-",
        "1e400",
        "1e5",
        "1.5E-3",
        "true",
        "T",
        "Fals",
        "\"",
        "\"a b\"",
        "\\",
        "\\\\",
        "\\,",
        "\\ ",
        "\\=",
        "\\\"",
        "\r",
        "\t",
        "=",
        "time",
        " 10",
        "é",
        ",g=1",
        "f=1",
        "m f=1",
        "m,t=a f=\"",
        "99999999999999999999",
    ]);
    (
        prop_oneof![Just(""), Just("m f="), Just("m,t=")],
        vec(part, 0..10),
    )
        .prop_map(|(start, parts)| format!("{start}{}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_decoder_reads_what_the_published_parser_reads(text in line_like()) {
        let ours = Decoder::new(Dialect::V3, text.as_bytes()).next();
        let theirs = parse_lines(&text).next();
        match (&ours, &theirs) {
            (None, None) | (Some(Err(_)), Some(Err(_))) => {}
            (Some(Ok(ours)), Some(Ok(theirs))) => prop_assert!(same(ours, theirs)),
            (Some(Err(error)), Some(Ok(theirs))) => {
                prop_assert!(left_to_the_server(theirs), "{error} in {text:?}");
            }
            _ => prop_assert!(false, "{ours:?} but {theirs:?} in {text:?}"),
        }
    }

    #[test]
    fn the_published_parser_reads_what_the_encoder_writes(batch in vec(points(hostile().boxed()), 1..6)) {
        let mut encoder = Encoder::new(Dialect::V3);
        for point in &batch {
            let _ = encoder.push(point);
        }
        let text = std::str::from_utf8(encoder.batch().bytes()).unwrap();
        let ours: Vec<_> = Decoder::new(Dialect::V3, text.as_bytes()).map(Result::unwrap).collect();
        let theirs: Vec<_> = parse_lines(text).map(Result::unwrap).collect();
        prop_assert_eq!(ours.len(), encoder.batch().len());
        prop_assert_eq!(theirs.len(), encoder.batch().len());
        prop_assert!(ours.iter().zip(&theirs).all(|(a, b)| same(a, b)), "{}", text);
    }

    #[test]
    fn the_dialects_agree_where_no_backslash_is(
        names in vec("[a-z\u{e9} ,=\"{]{1,6}", 4),
        string in "[^\\\\]{0,8}",
        number in any::<i64>(),
    ) {
        let point = Point::new(names[0].as_str())
            .tag(names[1].as_str(), names[2].as_str())
            .field(format!("{}1", names[3]), string)
            .field(format!("{}2", names[3]), number);
        let mut encoder = Encoder::new(Dialect::V1);
        prop_assume!(encoder.push(&point).is_ok());
        let text = std::str::from_utf8(encoder.batch().bytes()).unwrap();
        let ours = Decoder::new(Dialect::V1, text.as_bytes()).next().unwrap().unwrap();
        let theirs = parse_lines(text).next().unwrap().unwrap();
        prop_assert!(same(&ours, &theirs));
    }
}

#[test]
fn an_open_quote_keeps_the_last_line_feed() {
    for text in [" =\"m f=1\n", " f=1\"m f=1\n", " \"f=1\"m f=1\n"] {
        assert!(parse_lines(text).all(|line| line.is_err()), "{text:?}");
        for dialect in common::DIALECTS {
            let mut lines = Decoder::new(dialect, text.as_bytes());
            assert!(lines.all(|line| line.is_err()), "{dialect:?} {text:?}");
        }
    }
}
