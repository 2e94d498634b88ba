//! Tests that a point with any string in any place is either decoded unchanged, or refused by a
//! named rule.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{
    Decoder, Dialect, Encoder, FieldValue, Options, Outcome, Point, Rule, line_ends,
};
use common::{DIALECTS, Parts, decode_all, hostile, points};
use proptest::collection::vec;
use proptest::prelude::*;

/// Generates bytes that resemble lines, so that the parsers get past the first character.
fn line_like() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        &b"m"[..],
        b",",
        b"t=a",
        b" ",
        b"f=",
        b"1",
        b"2i",
        b"3u",
        b"1.",
        b".5",
        b"-",
        b"1e400",
        b"true",
        b"T",
        b"\"",
        b"\"a b\"",
        b"\\",
        b"\\\\",
        b"\\,",
        b"\\ ",
        b"\\=",
        b"\n",
        b"\r\n",
        b"\t",
        b"\0",
        b"#",
        b"=",
        b"time",
        b"\xef\xbb\xbf",
        b" 10",
        b"\xff",
        "é".as_bytes(),
        b"f=1",
        b"m f=1\n",
        b"m,t=a f=\"",
    ]);
    vec(part, 0..16).prop_map(|parts| parts.concat())
}

/// Returns whether newlines in the names and tags of this point are missing from its encoded line.
fn loses_newlines(point: &Point) -> bool {
    let sent = |value: &str| value.bytes().any(|byte| byte != b'\n');
    point.measurement().contains('\n')
        || point
            .tags()
            .iter()
            .any(|(k, v)| v.contains('\n') || (sent(v) && k.contains('\n')))
        || point.fields().iter().any(|(key, value)| {
            key.contains('\n') && !matches!(value, FieldValue::Float(f) if f.is_nan())
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn points_come_back_equal_or_are_refused(batch in vec(points(hostile().boxed()), 1..8)) {
        for dialect in DIALECTS {
            let mut encoder = Encoder::new(dialect);
            let (mut wanted, mut indexes) = (Vec::new(), Vec::new());
            for (index, point) in batch.iter().enumerate() {
                let before = encoder.batch().clone();
                match encoder.push(point) {
                    Ok(Outcome::Written) => {
                        wanted.push(Parts::wanted(dialect, point));
                        indexes.push(index as u64);
                    }
                    Ok(Outcome::Skipped) => {
                        prop_assert!(Parts::wanted(dialect, point).fields.is_empty());
                        prop_assert_eq!(encoder.batch().skipped(), before.skipped() + 1);
                        prop_assert_eq!(encoder.batch().bytes(), before.bytes());
                    }
                    Err(error) => {
                        prop_assert_eq!(error.index(), Some(index as u64));
                        prop_assert_eq!(encoder.batch(), &before);
                    }
                }
            }
            let batch = encoder.take();
            prop_assert_eq!(decode_all(dialect, batch.bytes()), &*wanted);
            prop_assert_eq!(batch.indexes(), indexes);
            prop_assert_eq!(batch.is_stamped(), wanted.iter().all(|p| p.timestamp.is_some()));

            // `line_ends` finds the same lines as the server's splitter, and so does `push_text`.
            prop_assert_eq!(line_ends(dialect, batch.bytes()).collect::<Vec<_>>(), batch.ends());
            // A byte order mark at the start of a text is not read as part of the measurement.
            // Points whose measurement starts with this mark are therefore not compared.
            if wanted.iter().any(|point| point.measurement.starts_with('\u{feff}')) {
                continue;
            }
            let mut again = Encoder::new(dialect);
            again.push_text(batch.bytes()).unwrap();
            prop_assert_eq!(again.batch().bytes(), batch.bytes());
            prop_assert_eq!(again.batch().ends(), batch.ends());
            // `push_text` may fail to recognize a timestamp, but never reports a timestamp that is
            // not there.
            prop_assert!(batch.is_stamped() || !again.batch().is_stamped());
        }
    }

    #[test]
    fn removing_newlines_equals_writing_without_them(point in points(hostile().boxed())) {
        for dialect in DIALECTS {
            let without = |text: &String| text.replace('\n', "");
            let mut clean = Point::new(without(&point.measurement().into()));
            for (key, value) in point.tags() {
                // A tag with an empty value is left out, together with its key.
                clean = clean.tag(without(key), without(value));
            }
            for (key, value) in point.fields() {
                clean = clean.field(without(key), value);
            }
            if let Some(time) = point.timestamp() {
                clean = clean.at(time);
            }
            let mut lenient = Encoder::new(Options::new(dialect).remove_newlines(true));
            let mut strict = Encoder::new(dialect);
            let (left, right) = (lenient.push(&point), strict.push(&clean));
            prop_assert_eq!(left.map_err(|e| e.rule()), right.map_err(|e| e.rule()));
            prop_assert_eq!(lenient.batch(), strict.batch());
            let written = !lenient.batch().is_empty();
            prop_assert_eq!(lenient.removed_newlines().is_some(), written && loses_newlines(&point));
        }
    }

    #[test]
    fn plain_text_is_never_refused(
        measurement in "[a-zA-Z0-9é_:. ,=\"]{1,12}",
        tag in "[a-zA-Z0-9é_:. ,=\"]{1,12}z",
        value in "[a-zA-Z0-9é_:. ,=\"#]{1,12}",
        field in "[a-zA-Z0-9é_:. ,=\"]{1,12}y",
        string in any::<String>(),
    ) {
        let point = Point::new(measurement).tag(tag, value).field(field, string);
        for dialect in DIALECTS {
            prop_assert_eq!(Encoder::new(dialect).push(&point), Ok(Outcome::Written));
        }
    }

    #[test]
    fn no_bytes_make_decoder_or_encoder_panic(
        bytes in prop_oneof![vec(any::<u8>(), 0..64), line_like()],
    ) {
        for dialect in DIALECTS {
            let ends: Vec<_> = line_ends(dialect, &bytes).collect();
            prop_assert_eq!(ends.last().copied().unwrap_or(0), bytes.len());
            let mut encoder = Encoder::new(dialect);
            for line in Decoder::new(dialect, &bytes) {
                match line {
                    Err(error) => {
                        prop_assert!(error.line() >= 1 && error.column() >= 1);
                        prop_assert!(!error.expected().is_empty());
                    }
                    // Every line that can be decoded can also be encoded, except if the server
                    // would misread its tags in a different order.
                    Ok(line) => match encoder.push(&line) {
                        Ok(_) => {
                            let batch = encoder.take();
                            prop_assert_eq!(decode_all(dialect, batch.bytes()), [Parts::of(&line)]);
                        }
                        Err(error) => prop_assert_eq!(error.rule(), Rule::LineSplit),
                    },
                }
            }
            encoder.clear();
            if encoder.push_text(&bytes).is_ok() {
                let ends: Vec<_> = line_ends(dialect, encoder.batch().bytes()).collect();
                prop_assert_eq!(ends, encoder.batch().ends());
                // The accepted text does not absorb the line that follows it.
                let next = [encoder.batch().bytes(), b"m f=1\n"].concat();
                let ends: Vec<_> = line_ends(dialect, &next).collect();
                prop_assert_eq!(ends.len(), encoder.batch().len() + 1);
                prop_assert_eq!(encoder.next_index(), encoder.batch().len() as u64);
            } else {
                prop_assert!(encoder.batch().is_empty());
                prop_assert_eq!(encoder.next_index(), 0);
            }
        }
    }

    #[test]
    fn floats_come_back_bit_for_bit(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        for dialect in DIALECTS {
            let point = Point::new("m").field("f", value);
            let mut encoder = Encoder::new(dialect);
            encoder.push(&point).unwrap();
            let line = Decoder::new(dialect, encoder.batch().bytes()).next().unwrap().unwrap();
            prop_assert_eq!(Parts::of(&line), Parts::wanted(dialect, &point));
        }
    }
}

#[test]
fn misleading_tags_are_refused_only_where_the_server_is_misled() {
    let point = |value: &str| {
        Point::new("m")
            .tag("t", r"a\ b")
            .tag("u", "c=d")
            .field("s", value)
    };
    let mut encoder = Encoder::new(Dialect::V1);
    assert_eq!(encoder.push(&point("x")), Ok(Outcome::Written));
    assert_eq!(encoder.push(&point("x\ny")), Ok(Outcome::Written));
    let odd = Point::new("m")
        .tag("t", r"a\ b")
        .tag("u", r"c\=d")
        .field("s\"", "x\ny");
    assert_eq!(encoder.push(&odd).unwrap_err().rule(), Rule::LineSplit);
    assert_eq!(Encoder::new(Dialect::V3).push(&odd), Ok(Outcome::Written));
}
