#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aioinflux_line::{Dialect, Encoder, Point};

use super::*;

/// Returns what the message says about all lines of the batch.
fn report(message: &str, batch: &Batch) -> WriteReport {
    let lines = Lines::new(0..batch.len());
    findings(message, batch, &lines, Precision::Nanoseconds).report
}

/// Returns a batch for 1.x that contains these lines. The first line of the batch has index 100.
fn batch(text: &str) -> Batch {
    batch_for(Dialect::V1, text)
}

fn batch_for(dialect: Dialect, text: &str) -> Batch {
    let mut encoder = Encoder::new(dialect);
    for _ in 0..100 {
        encoder.push(&Point::new("before").field("v", 1.0)).unwrap();
    }
    encoder.take();
    encoder.push_text(text.as_bytes()).unwrap();
    encoder.take()
}

fn told(message: &str, batch: &Batch) -> Vec<(Option<u64>, String, String)> {
    let report = report(message, batch);
    report
        .rejected
        .into_iter()
        .map(|r| (r.index, r.line, r.reason))
        .collect()
}

fn row(index: Option<u64>, line: &str, reason: &str) -> (Option<u64>, String, String) {
    (index, line.to_owned(), reason.to_owned())
}

#[test]
fn quoted_lines_give_their_indexes_and_reasons() {
    let batch = batch("cpu value=1 1\ncpu value=\ngood v=1 1\n,bad v=2");
    for tail in [" dropped=0", " dropped=0 for database: rec", ""] {
        let message = format!(
            "partial write: unable to parse 'cpu value=': missing field value\n\
             unable to parse ',bad v=2': missing measurement{tail}"
        );
        let expected = [
            row(Some(101), "cpu value=", "missing field value"),
            row(Some(103), ",bad v=2", "missing measurement"),
        ];
        assert_eq!(told(&message, &batch), expected);
    }
    let report = report("unable to parse 'x': y dropped=7", &batch);
    assert_eq!(report.dropped, Some(7));
}

#[test]
fn a_line_of_the_servers_own_words_is_found_whole() {
    let hostile = "a v=\"': x\nunable to parse 'a v=1': y dropped=9\",w=";
    let batch = batch(&format!("a v=1\n{hostile}\nb v="));
    let message = format!(
        "partial write: unable to parse '{hostile}': missing field value\n\
         unable to parse 'b v=': missing field value dropped=0"
    );
    let expected = [
        row(Some(101), hostile, "missing field value"),
        row(Some(102), "b v=", "missing field value"),
    ];
    assert_eq!(told(&message, &batch), expected);
}

#[test]
fn equal_lines_get_one_index_each() {
    let batch = batch("a v=\na v=\nb v=1");
    let message = "unable to parse 'a v=': m\nunable to parse 'a v=': m";
    let expected = [row(Some(100), "a v=", "m"), row(Some(101), "a v=", "m")];
    assert_eq!(told(message, &batch), expected);
}

#[test]
fn a_line_that_begins_like_another_is_told_from_it() {
    let batch = batch("a': b\na");
    let message = "unable to parse 'a': b': m\nunable to parse 'a': n";
    let expected = [row(Some(100), "a': b", "m"), row(Some(101), "a", "n")];
    assert_eq!(told(message, &batch), expected);
}

#[test]
fn a_line_that_was_not_sent_has_no_index() {
    let batch = batch("a v=1");
    assert_eq!(
        told("unable to parse 'z v=': m", &batch),
        [row(None, "z v=", "m")]
    );
    assert_eq!(told("unable to parse 'z", &batch), [row(None, "z", "")]);
}

#[test]
fn only_lines_of_the_part_that_was_sent_are_meant() {
    let batch = batch("a v=\nb v=1\na v=");
    let lines = Lines::new(0..3).without(&[0]);
    let unit = Precision::Nanoseconds;
    let found = findings("unable to parse 'a v=': m", &batch, &lines, unit);
    assert_eq!(found.report.rejected[0].index, Some(102));
    assert_eq!(found.lines, [2]);
}

#[test]
fn a_type_conflict_gives_the_index_if_it_can_only_be_that_line() {
    let batch =
        batch("cpu value=\"text\" 1\ncpu value=3 2\nmem value=\"text\" 3\ncpu other=\"x\" 4");
    let message = "partial write: field type conflict: input field \"value\" on measurement \
                   \"cpu\" is type string, already exists as type float dropped=1";
    let report = report(message, &batch);
    assert_eq!(report.dropped, Some(1));
    assert_eq!(report.rejected.len(), 1);
    assert_eq!(report.rejected[0].index, Some(100));
    assert!(
        report.rejected[0]
            .reason
            .starts_with("field type conflict: ")
    );
    assert!(
        report.rejected[0]
            .reason
            .ends_with("already exists as type float")
    );
}

#[test]
fn a_type_conflict_that_could_be_several_lines_gives_no_index() {
    let batch = batch("cpu value=\"a\" 1\ncpu value=\"b\" 2");
    let message = "partial write: field type conflict: input field \"value\" on measurement \
                   \"cpu\" is type string, already exists as type float dropped=1";
    let report = report(message, &batch);
    assert_eq!((report.rejected.len(), report.dropped), (0, Some(1)));
}

#[test]
fn the_number_of_dropped_points_is_that_at_the_end() {
    for (message, dropped) in [
        ("x dropped=1", Some(1)),
        (
            "x dropped=2 for database: dropped=9 for retention policy: p",
            Some(2),
        ),
        ("a dropped=5 b", None),
        ("x dropped=", None),
        ("x dropped=99999999999999999999999", None),
    ] {
        assert_eq!(split_dropped(message).1, dropped, "{message}");
    }
}

#[test]
fn a_type_conflict_names_the_field_and_both_types() {
    let message = "partial write: field type conflict: input field \"a \" on\" on measurement \"m \" is \
        type x\" is type float, already exists as type integer dropped=1 for database: d";
    let conflict = FieldConflict::of(message).unwrap();
    assert_eq!(conflict.field, "a \" on");
    assert_eq!(conflict.measurement, "m \" is type x");
    assert_eq!(conflict.sent, "float");
    assert_eq!(conflict.stored, "integer");
    assert_eq!(
        FieldConflict::of("partial write: points beyond retention policy"),
        None
    );
}

#[test]
fn names_in_messages_of_2x_are_read_as_string_literals() {
    let batch = batch_for(
        Dialect::V2,
        "a\"b f=1 1\nm \\t\"\u{200b}=\"x\" 2\nm \\t\"\u{200b}=2 3",
    );
    let message = "failure writing points to database: partial write: field type conflict: input \
                   field \"\\\\t\\\"\\u200b\" on measurement \"m\" is type string, already exists as type \
                   float dropped=1";
    let report = report(message, &batch);
    assert_eq!(report.rejected.len(), 1, "{message}");
    assert_eq!(report.rejected[0].index, Some(101));
    assert!(
        report.rejected[0]
            .reason
            .starts_with("field type conflict: ")
    );
    let conflict = FieldConflict::of(message).unwrap();
    assert_eq!(conflict.field, "\\t\"\u{200b}");
}

#[test]
fn names_in_messages_of_1x_are_read_as_they_are() {
    let message = "partial write: field type conflict: input field \"a\\tb\" on measurement \"m\" is \
                   type string, already exists as type float dropped=1";
    assert_eq!(FieldConflict::of(message).unwrap().field, "a\\tb");
}

const OUTDATED: &str = "failure writing points to database: partial write: dropped 2 points \
    outside retention policy of duration 1h0m0s - oldest point m,t=\\ at\\ 9 at \
    2001-09-09T01:46:40Z dropped because it violates a Retention Policy Lower Bound at \
    2026-11-23T07:33:43.788886378Z, newest point m at 2001-09-09T01:46:41.5Z dropped because it \
    violates a Retention Policy Lower Bound at 2026-11-23T07:33:43.788886378Z dropped=2 for \
    database: f6d506fda22be593 for retention policy: autogen";

#[test]
fn points_outside_the_retention_period_are_found_by_their_time() {
    let batch = batch_for(
        Dialect::V2,
        "m f=1 2000000000000000000\nm f=2 1000000001500000000\nm f=3\n\
         m,t=\\ at\\ 9 f=4 1000000000000000000\nm f=5 1000000001500000001",
    );
    let report = report(OUTDATED, &batch);
    let indexes: Vec<_> = report.rejected.iter().map(|one| one.index).collect();
    assert_eq!(indexes, [Some(101), Some(103)]);
    assert_eq!(
        report.rejected[0].reason,
        "dropped 2 points outside retention policy of duration 1h0m0s"
    );
    assert_eq!(report.dropped, Some(2));
}

#[test]
fn times_of_encoded_lines_are_compared_in_their_unit() {
    let batch = batch_for(
        Dialect::V2,
        "m f=1 1000000000\nm f=2 1000000001\nm f=3 1000000002",
    );
    let lines = Lines::new(0..3);
    let found = findings(OUTDATED, &batch, &lines, Precision::Seconds);
    assert_eq!(found.lines, [0, 1]);
    let found = findings(OUTDATED, &batch, &lines, Precision::Nanoseconds);
    assert_eq!(
        found.lines, [0; 0],
        "three times are older than the newest dropped one"
    );
}

#[test]
fn points_that_may_have_been_kept_are_not_named() {
    let batch = batch_for(
        Dialect::V2,
        "m f=1 1000000000000000000\nm f=2 1000000001500000000",
    );
    for (from, to) in [
        ("dropped=2", "dropped=1"),
        ("newest point m at 2001", "newest point m at 2000"),
        (
            "Lower Bound at 2026-11-23T07:33:43.788886378Z,",
            "Upper Bound at 2026-11-23T07:33:43Z,",
        ),
        (", newest point", ""),
    ] {
        assert!(OUTDATED.contains(from), "{from}");
        let report = report(&OUTDATED.replace(from, to), &batch);
        assert!(report.rejected.is_empty(), "{from}: {:?}", report.rejected);
        assert!(report.dropped.is_some());
    }
}
