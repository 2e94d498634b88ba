//! Tests what the encoder refuses, by which rule, and with which message. A refusal must leave the
//! batch unchanged.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{Dialect, Encoder, FieldValue, Place, Point, Rule};
use common::{DIALECTS, encode};

use Dialect::{V1, V2, V3};

fn rule(dialect: Dialect, point: &Point) -> Option<Rule> {
    Encoder::new(dialect)
        .push(point)
        .err()
        .map(|error| error.rule())
}

fn measurement(dialect: Dialect, name: &str) -> Option<Rule> {
    rule(dialect, &Point::new(name).field("f", 1))
}

fn tag_key(dialect: Dialect, key: &str) -> Option<Rule> {
    rule(dialect, &Point::new("m").tag(key, "v").field("f", 1))
}

fn tag_value(dialect: Dialect, value: &str) -> Option<Rule> {
    rule(dialect, &Point::new("m").tag("t", value).field("f", 1))
}

fn field_key(dialect: Dialect, key: &str) -> Option<Rule> {
    rule(dialect, &Point::new("m").field(key, 1))
}

type Position = fn(Dialect, &str) -> Option<Rule>;
const POSITIONS: [Position; 4] = [measurement, tag_key, tag_value, field_key];

/// A string, and the rules that refuse it as a measurement, as a tag key, as a tag value and as a
/// field key.
type Row = (&'static str, [Option<Rule>; 4]);

const NEWLINE: Option<Rule> = Some(Rule::Newline);
const NUL: Option<Rule> = Some(Rule::Nul);
const CONTROL: Option<Rule> = Some(Rule::Control);
const TRAILING: Option<Rule> = Some(Rule::TrailingBackslash);
const BEFORE: Option<Rule> = Some(Rule::BackslashBeforeSpecial);
const TAB: Option<Rule> = Some(Rule::LeadingTab);
const HASH: Option<Rule> = Some(Rule::LeadingHash);
const SEPARATOR: Option<Rule> = Some(Rule::KeySeparator);
const TIME: Option<Rule> = Some(Rule::Time);

const GO: [Row; 20] = [
    ("a\nb", [NEWLINE; 4]),
    ("\n", [NEWLINE; 4]),
    ("a\0b", [NUL; 4]),
    (r"a\", [TRAILING; 4]),
    (r"a\\", [TRAILING; 4]),
    ("a\tb\r\u{1}\u{7f}", [None; 4]),
    ("\ta", [TAB, None, None, TAB]),
    ("#a", [HASH, None, None, None]),
    (" #a", [None; 4]),
    (r"a\,b", [BEFORE, None, None, BEFORE]),
    (r"a\ b", [BEFORE, None, None, BEFORE]),
    (r"a\=b", [BEFORE, None, None, BEFORE]),
    (r#"a\"b"#, [BEFORE, None, None, BEFORE]),
    (r"a\\,b", [BEFORE, None, None, None]),
    (r#"a\\"b"#, [BEFORE, None, None, BEFORE]),
    ("a#!~#b", [SEPARATOR, SEPARATOR, SEPARATOR, None]),
    ("a#!~", [SEPARATOR, None, SEPARATOR, None]),
    ("a#!b", [None; 4]),
    ("time", [None, TIME, None, TIME]),
    ("Time", [None; 4]),
];

const RUST: [Row; 11] = [
    ("a\nb", [NEWLINE; 4]),
    ("a\0b", [NUL; 4]),
    (r"a\", [TRAILING; 4]),
    ("a\tb", [CONTROL; 4]),
    ("a\rb", [CONTROL; 4]),
    ("a\u{7f}", [CONTROL; 4]),
    ("a\u{85}", [None; 4]),
    ("#a", [HASH, None, None, None]),
    (r#"a\,b\ c\=d\"e\\f"#, [None; 4]),
    ("a#!~#b", [None; 4]),
    ("time", [None, TIME, None, TIME]),
];

#[test]
fn every_name_is_refused_by_its_rule() {
    let tables = [(V1, &GO[..]), (V2, &GO[..]), (V3, &RUST[..])];
    for (dialect, table) in tables {
        for (text, wanted) in table {
            let found = POSITIONS.map(|position| position(dialect, text));
            assert_eq!(found, *wanted, "{dialect:?} {text:?}");
        }
    }
}

#[test]
fn empty_names_are_refused_and_empty_tag_values_left_out() {
    for dialect in DIALECTS {
        let wanted = [
            Some(Rule::Empty),
            Some(Rule::Empty),
            None,
            Some(Rule::Empty),
        ];
        assert_eq!(POSITIONS.map(|position| position(dialect, "")), wanted);
    }
}

#[test]
fn tag_keys_of_2x_are_reserved_there_alone() {
    for key in [
        "_field",
        "_measurement",
        "_time",
        "_value",
        "_start",
        "_stop",
    ] {
        assert_eq!(tag_key(V2, key), Some(Rule::ReservedTag));
        assert_eq!(tag_key(V1, key), None);
        assert_eq!(tag_key(V3, key), None);
        assert_eq!(field_key(V2, key), None);
    }
}

#[test]
fn doubled_keys_are_refused() {
    for dialect in DIALECTS {
        let tags = Point::new("m")
            .tag("a b", "1")
            .tag("c", "2")
            .tag("a b", "3")
            .field("f", 1);
        assert_eq!(rule(dialect, &tags), Some(Rule::DuplicateTag));
        let next = Point::new("m").tag("c", "2").tag("c", "3").field("f", 1);
        assert_eq!(rule(dialect, &next), Some(Rule::DuplicateTag));
        let fields = Point::new("m").field("f", 1).field("g", 1).field("f", 2.0);
        assert_eq!(rule(dialect, &fields), Some(Rule::DuplicateField));
        let empty = Point::new("m").tag("a", "").tag("a", "1").field("f", 1);
        assert_eq!(rule(dialect, &empty), None);
        let both = Point::new("m").tag("a", "1").field("a", 1);
        assert_eq!(
            rule(dialect, &both),
            (dialect == V3).then_some(Rule::TagAndField)
        );
    }
}

#[test]
fn times_are_limited_as_on_the_server() {
    let at = |dialect, time| rule(dialect, &Point::new("m").field("f", 1).at(time));
    for dialect in [V1, V2] {
        for time in [i64::MIN, i64::MIN + 1, i64::MAX] {
            assert_eq!(at(dialect, time), Some(Rule::TimeOutOfRange));
        }
        for time in [i64::MIN + 2, -1, 0, i64::MAX - 1] {
            assert_eq!(at(dialect, time), None);
        }
    }
    assert_eq!((at(V3, i64::MIN), at(V3, i64::MAX)), (None, None));
}

#[test]
fn keys_are_limited_in_1x_and_2x_and_texts_everywhere() {
    // The length of the key on the server is that of "m,t=" and the tag value, plus 4 bytes for the
    // separator, plus "f".
    let point = |length: usize| Point::new("m").tag("t", "v".repeat(length)).field("f", 1);
    for dialect in [V1, V2] {
        assert_eq!(rule(dialect, &point(65_535 - 4 - 4 - 1)), None);
        assert_eq!(
            rule(dialect, &point(65_535 - 4 - 4)),
            Some(Rule::KeyTooLong)
        );
        let second = point(65_535 - 4 - 4 - 1).field("gh", 1);
        assert_eq!(rule(dialect, &second), Some(Rule::KeyTooLong));
        // Escapes count towards the length of the key, because they are part of the key on the
        // server.
        let escaped = Point::new("m").tag("t", " ".repeat(33_000)).field("f", 1);
        assert_eq!(rule(dialect, &escaped), Some(Rule::KeyTooLong));
    }
    assert_eq!(rule(V3, &point(1 << 20)), None);
    assert_eq!(rule(V3, &point((1 << 20) + 1)), Some(Rule::TooLong));
    for dialect in DIALECTS {
        let string = |length: usize| Point::new("m").field("f", "\"".repeat(length));
        assert_eq!(rule(dialect, &string(1 << 20)), None);
        assert_eq!(rule(dialect, &string((1 << 20) + 1)), Some(Rule::TooLong));
    }
}

#[test]
fn a_hundred_tags_are_written() {
    // 1.6 panics and returns nothing for a point with exactly 100 tags. Every other server accepts
    // such a point.
    let point = (0..100).fold(Point::new("m"), |point, n| point.tag(format!("t{n}"), "v"));
    assert_eq!(rule(V1, &point.field("f", 1)), None);
}

#[test]
fn messages_name_point_place_key_value_and_rule() {
    let m = || Point::new("m");
    let long = "0123456789".repeat(5);
    let table = [
        (
            m().tag("host", "a\nb"),
            r"tag `host`: value `a\nb` contains a newline",
        ),
        (
            m().tag("a\\", "v"),
            r"tag key `a\` ends with a backslash, which would escape the next character",
        ),
        (
            m().field("f", f64::INFINITY),
            "field `f`: value `inf` is infinite",
        ),
        (
            m().field("time", 1),
            "field key `time` is reserved for the timestamp",
        ),
        (
            Point::new("#c").field("f", 1),
            "measurement `#c` starts with `#`, which makes the line a comment",
        ),
        (Point::new("").field("f", 1), "measurement `` is empty"),
        (
            m().field("f", 1).at(i64::MAX),
            "timestamp `9223372036854775807` is outside the range of times that the server stores",
        ),
        (
            m().tag("t", format!("{long}\n")),
            "tag `t`: value `0123456789012345678901234567890123456789...` contains a newline",
        ),
        (
            m().tag("t", "\u{1b}[0m\0"),
            r"tag `t`: value `\u{1b}[0m\0` contains a NUL character",
        ),
    ];
    for (point, message) in table {
        assert_eq!(
            encode(V1, &point.field("ok", 1)),
            Err(format!("point 0: {message}"))
        );
    }
}

#[test]
fn an_error_has_its_parts() {
    let mut encoder = Encoder::new(V1);
    encoder.push(&Point::new("m").field("f", 1)).unwrap();
    let error = encoder
        .push(&Point::new("m").tag("host", "é".repeat(50) + "\n"))
        .unwrap_err();
    assert_eq!(error.index(), Some(1));
    assert_eq!(
        (error.place(), error.key()),
        (Place::TagValue, Some("host"))
    );
    assert_eq!(
        (error.value(), error.rule()),
        (&*"é".repeat(40), Rule::Newline)
    );
}

#[test]
fn a_refusal_leaves_the_batch_and_uses_up_the_index() {
    let mut encoder = Encoder::new(V1);
    encoder.push(&Point::new("m").field("f", 1)).unwrap();
    let before = encoder.batch().clone();
    let bad = [
        Point::new("m")
            .tag("t", "v")
            .field("f", 1)
            .field("g", f64::INFINITY),
        Point::new("m").tag("t", "v").field("f", 1).field("f", 1),
        Point::new("m").field("f", u64::MAX),
        Point::new("m").field("f", 1).at(i64::MAX),
        Point::new("m")
            .tag("b", "1")
            .tag("a", "1")
            .tag("a", "2")
            .field("f", 1),
    ];
    for point in &bad {
        encoder.push(point).unwrap_err();
        assert_eq!(encoder.batch(), &before);
    }
    assert_eq!(encoder.next_index(), 6);
    encoder.push(&Point::new("m").field("f", 2)).unwrap();
    assert_eq!(encoder.batch().indexes(), [0, 6]);
}

#[test]
fn a_dropped_point_leaves_no_trace() {
    let mut encoder = Encoder::new(V1);
    let mut line = encoder.point(0);
    line.measurement("m")
        .unwrap()
        .tag("t", "v")
        .unwrap()
        .field("f", 1)
        .unwrap();
    drop(line);
    assert!(encoder.batch().is_empty() && encoder.len_bytes() == 0);
}

#[test]
fn a_refused_point_stays_refused() {
    let mut encoder = Encoder::new(V1);
    let mut line = encoder.point(0);
    line.measurement("m").unwrap();
    assert_eq!(line.tag("t", "a\nb").unwrap_err().rule(), Rule::Newline);
    assert_eq!(line.field("f", 1).unwrap_err().rule(), Rule::Newline);
    assert_eq!(line.finish(None).unwrap_err().rule(), Rule::Newline);
    assert!(encoder.batch().is_empty());
}

#[test]
fn parts_come_in_order() {
    let mut encoder = Encoder::new(V1);
    assert_eq!(
        encoder.point(0).tag("t", "v").unwrap_err().rule(),
        Rule::NoMeasurement
    );
    assert_eq!(
        encoder.point(0).field("f", 1).unwrap_err().rule(),
        Rule::NoMeasurement
    );
    let error = encoder.point(4).finish(None).unwrap_err();
    assert_eq!(error.to_string(), "point 4: the point has no measurement");
    let mut line = encoder.point(0);
    line.measurement("m").unwrap();
    assert_eq!(
        line.measurement("n").unwrap_err().rule(),
        Rule::MeasurementTwice
    );
    drop(line);
    let mut line = encoder.point(0);
    line.measurement("m")
        .unwrap()
        .field("f", FieldValue::Float(f64::NAN))
        .unwrap();
    assert_eq!(line.tag("t", "v").unwrap_err().rule(), Rule::TagAfterField);
}
