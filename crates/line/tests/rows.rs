//! Tests that rows of a shape either have exactly the bytes that `PointEncoder` writes, or are left
//! to `PointEncoder`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{
    Dialect, Encoder, FieldValue, Numbers, Options, Outcome, Point, Row, Rows, Shape, TagCells,
    TagCodes, Unusual,
};
use common::{DIALECTS, any_value, hostile};
use proptest::collection::vec;
use proptest::prelude::*;

/// The cells of one row. Each tag and each field of the row may be missing.
#[derive(Debug, Clone)]
struct Cells {
    tags: Vec<Option<String>>,
    fields: Vec<Option<FieldValue<'static>>>,
    time: Option<i64>,
}

#[derive(Debug, Clone)]
struct Frame {
    measurement: String,
    tags: Vec<String>,
    fields: Vec<String>,
    rows: Vec<Cells>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé]{0,40}",
        "[a-z ,=]{0,20}",
        r#"[a-z"\\]{0,40}"#,
        hostile(),
        Just("x".repeat(1000)),
    ]
}

fn frames() -> impl Strategy<Value = Frame> {
    let names = |count| {
        vec(
            prop_oneof![4 => "[a-z ]{1,25}", 1 => "[a-z ]{25,40}", 1 => hostile()],
            count,
        )
    };
    (text(), names(0..5), names(0..5)).prop_flat_map(|(measurement, tags, fields)| {
        let row = (
            vec(prop::option::weighted(0.8, text()), tags.len()),
            vec(prop::option::weighted(0.8, any_value()), fields.len()),
            prop::option::weighted(0.9, any::<i64>()),
        );
        let row = row.prop_map(|(tags, fields, time)| Cells { tags, fields, time });
        vec(row, 0..8).prop_map(move |rows| Frame {
            measurement: measurement.clone(),
            tags: tags.clone(),
            fields: fields.clone(),
            rows,
        })
    })
}

fn point(frame: &Frame, row: &Cells) -> Point {
    let mut point = Point::new(frame.measurement.clone());
    for (key, value) in frame.tags.iter().zip(&row.tags) {
        if let Some(value) = value {
            point = point.tag(key.clone(), value.clone());
        }
    }
    for (key, value) in frame.fields.iter().zip(&row.fields) {
        if let Some(value) = value {
            point = point.field(key.clone(), value.clone());
        }
    }
    match row.time {
        Some(time) => point.at(time),
        None => point,
    }
}

/// Writes the fields of the row with lists of numbers. In each list of numbers, the row's value is
/// the third number.
fn write_numbers(line: &mut Row<'_>, shape: &Shape, row: &Cells) -> Result<(), Unusual> {
    for (field, value) in row.fields.iter().enumerate() {
        let mut numbers = Numbers::new(shape, field);
        match value {
            None => {
                numbers.floats(&[1.5; 3]);
                numbers.leave_out(2);
            }
            Some(FieldValue::Float(value)) => numbers.floats(&[0.0, -1.5, *value]),
            Some(FieldValue::Integer(value)) => numbers.integers(&[i64::MIN, 0, *value]),
            Some(FieldValue::Unsigned(value)) => numbers.unsigned(&[u64::MAX, 0, *value]),
            Some(FieldValue::Boolean(value)) => {
                line.boolean(field, *value)?;
                continue;
            }
            Some(FieldValue::String(value)) => {
                line.string(field, value)?;
                continue;
            }
        }
        line.number(&numbers, 2)?;
    }
    Ok(())
}

fn write_fields(line: &mut Row<'_>, row: &Cells) -> Result<(), Unusual> {
    for (field, value) in row.fields.iter().enumerate() {
        match value {
            None => {}
            Some(FieldValue::Float(value)) => line.float(field, *value)?,
            Some(FieldValue::Integer(value)) => line.integer(field, *value)?,
            Some(FieldValue::Unsigned(value)) => line.unsigned(field, *value)?,
            Some(FieldValue::Boolean(value)) => line.boolean(field, *value)?,
            Some(FieldValue::String(value)) => line.string(field, value)?,
        }
    }
    Ok(())
}

fn write(
    rows: &mut Rows<'_>,
    shape: &Shape,
    row: &Cells,
    index: u64,
    way: Way,
) -> Result<Outcome, Unusual> {
    let mut line = rows.begin();
    // A null in the list of tag values means that the tag has no value in this row.
    let values = |tag: usize| shape.tag_values(tag, [Some("other"), row.tags[tag].as_deref()]);
    match way {
        Way::Texts => {
            for &tag in shape.tag_order() {
                if let Some(value) = &row.tags[tag] {
                    line.tag(tag, value)?;
                }
            }
        }
        Way::Values => {
            for &tag in shape.tag_order() {
                line.tag_value(tag, &values(tag), 1)?;
            }
        }
        Way::Codes => {
            let order = shape.tag_order();
            let values: Vec<_> = order.iter().map(|tag| values(*tag)).collect();
            let mut tags = TagCodes::default();
            for (tag, values) in order.iter().zip(&values) {
                tags.push(shape, *tag, values, &[0, 0, 1])?;
            }
            line.tag_codes(&tags, 2)?;
        }
        Way::Cells => {
            for &tag in shape.tag_order() {
                let value = row.tags[tag].as_deref().unwrap_or_default();
                let mut cells = TagCells::new(shape, tag);
                // `cells` is first filled with values that are longer and shorter than the final
                // ones.
                cells.fill(["before", "", "longer than what follows it"].into_iter());
                cells.fill(["other", "", value].into_iter());
                if !line.tag_cell(&cells, 2)? {
                    line.tag(tag, value)?;
                }
            }
        }
    }
    if matches!(way, Way::Texts) {
        write_fields(&mut line, row)?;
    } else {
        write_numbers(&mut line, shape, row)?;
    }
    line.end(index, row.time)
}

/// The ways in which a test can write the tags of a row.
#[derive(Debug, Clone, Copy)]
enum Way {
    Texts,
    Values,
    Codes,
    Cells,
}

fn ways() -> impl Strategy<Value = Way> {
    prop::sample::select(vec![Way::Texts, Way::Values, Way::Codes, Way::Cells])
}

fn options() -> impl Strategy<Value = Options> {
    (
        prop::sample::select(DIALECTS.to_vec()),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(dialect, newlines, nan, infinities)| {
            Options::new(dialect)
                .remove_newlines(newlines)
                .refuse_nan(nan)
                .skip_infinities(infinities)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn rows_are_what_the_plain_encoder_writes(
        frame in frames(), options in options(), way in ways()
    ) {
        let names = |names: &'_ [String]| names.iter().map(String::clone).collect::<Vec<_>>();
        let (tags, fields) = (names(&frame.tags), names(&frame.fields));
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let Some(shape) = Shape::new(options, &frame.measurement, &tags, &fields) else {
            return Ok(());
        };
        let (mut plain, mut fast) = (Encoder::new(options), Encoder::new(options));
        for (index, row) in frame.rows.iter().enumerate() {
            let wanted = plain.push(&point(&frame, row));
            let got = write(&mut fast.rows(&shape), &shape, row, index as u64, way);
            let got = got.or_else(|Unusual| {
                // `PointEncoder` then writes the row to the same batch.
                fast.set_next_index(index as u64);
                fast.push(&point(&frame, row))
            });
            prop_assert_eq!(got, wanted);
            fast.set_next_index(index as u64 + 1);
        }
        let (plain, fast) = (plain.take(), fast.take());
        prop_assert_eq!(plain.bytes(), fast.bytes());
        prop_assert_eq!(plain.ends(), fast.ends());
        prop_assert_eq!(plain.indexes(), fast.indexes());
        prop_assert_eq!(plain.skipped(), fast.skipped());
        prop_assert_eq!(plain.is_stamped(), fast.is_stamped());
    }
}

/// Tests that simple rows take the fast path. The property test above would also pass if every row
/// were unusual.
#[test]
fn simple_rows_are_not_unusual() {
    for dialect in DIALECTS {
        let shape = Shape::new(dialect, "m 1", &["b", "a"], &["f", "g,h", "i", "s", "u"]).unwrap();
        let mut encoder = Encoder::new(dialect);
        let mut rows = encoder.rows(&shape);
        for (index, tag) in ["x", "y z", "äöü, and more than a word of eight"]
            .iter()
            .enumerate()
        {
            let mut line = rows.begin();
            line.tag(1, tag).unwrap();
            line.tag(0, "").unwrap();
            line.float(0, 0.1).unwrap();
            line.float(1, f64::NAN).unwrap();
            line.integer(2, i64::MIN).unwrap();
            line.string(3, r#"say "no" to C:\temp and all of it"#)
                .unwrap();
            line.unsigned(4, 7).unwrap();
            assert_eq!(line.end(index as u64, Some(-5)), Ok(Outcome::Written));
        }
        assert_eq!(encoder.batch().len(), 3);
        assert!(
            encoder
                .batch()
                .line(1)
                .starts_with(br"m\ 1,a=y\ z f=0.1,i=-9223372036854775808i,")
        );
    }
}

#[test]
fn names_that_need_a_look_have_no_shape() {
    let shape = |measurement, tags: &[&str], fields: &[&str]| {
        Shape::new(Dialect::V3, measurement, tags, fields).is_some()
    };
    assert!(shape("m", &["a"], &["b"]));
    assert!(!shape("", &["a"], &["b"]));
    assert!(!shape("m", &["a", "a"], &["b"]));
    assert!(!shape("m", &["a"], &["b", "c", "b"]));
    assert!(!shape("m", &["a"], &["a"]));
    assert!(!shape("m", &["time"], &["b"]));
    assert!(!shape("m", &["a"], &["b\n"]));
    assert!(!shape("a\\b", &["a"], &["b"]));
}

#[test]
fn calls_out_of_order_are_unusual() {
    let shape = Shape::new(Dialect::V1, "m", &["b", "a"], &["f", "g"]).unwrap();
    let mut encoder = Encoder::new(Dialect::V1);
    let mut rows = encoder.rows(&shape);
    let mut line = rows.begin();
    line.tag(0, "x").unwrap();
    assert_eq!(line.tag(1, "x"), Err(Unusual));
    assert_eq!(line.tag(0, "x"), Err(Unusual));
    line.float(1, 1.0).unwrap();
    assert_eq!(line.float(0, 1.0), Err(Unusual));
    assert_eq!(line.tag(1, "x"), Err(Unusual));
    let values = [0, 1].map(|tag| shape.tag_values(tag, [Some("x")]));
    let mut tags = TagCodes::default();
    tags.push(&shape, 0, &values[0], &[0]).unwrap();
    assert_eq!(tags.push(&shape, 1, &values[1], &[0]), Err(Unusual));
    assert_eq!(line.tag_codes(&tags, 0), Err(Unusual));
    let mut cells = TagCells::new(&shape, 1);
    cells.fill(["x"].into_iter());
    assert_eq!(line.tag_cell(&cells, 0), Err(Unusual));
    let mut line = rows.begin();
    line.float(1, 1.0).unwrap();
    line.end(3, None).unwrap();
    assert_eq!(encoder.take().bytes(), b"m g=1.0\n");
}

/// Tests strings of up to 17 bytes, which fill two machine words and a part of a third word.
#[test]
fn quotes_and_backslashes_are_escaped_wherever_they_stand() {
    let shape = Shape::new(Dialect::V1, "m", &[], &["f"]).unwrap();
    let mut encoder = Encoder::new(Dialect::V1);
    for length in 0..=17 {
        for places in (0_u32..1 << length).step_by(if length < 12 { 1 } else { 61 }) {
            let text: String = (0..length)
                .map(|place| match places >> place & 1 {
                    0 => ['!', '#', '[', ']'][place % 4],
                    _ => ['"', '\\'][place % 2],
                })
                .collect();
            let mut rows = encoder.rows(&shape);
            let mut line = rows.begin();
            line.string(0, &text).unwrap();
            line.end(0, None).unwrap();
            let escaped = text.replace('\\', r"\\").replace('"', "\\\"");
            let wanted = format!("m f=\"{escaped}\"\n");
            assert_eq!(encoder.take().bytes(), wanted.as_bytes());
        }
    }
}

/// Tests that only the first rows with long strings are left to `PointEncoder`. After these first
/// rows, there is enough memory for long strings.
#[test]
fn room_for_texts_is_learned() {
    let shape = Shape::new(Dialect::V1, "m", &["t"], &["f"]).unwrap();
    let text = "x".repeat(100_000);
    let mut encoder = Encoder::new(Dialect::V1);
    let mut write = |index| {
        let mut rows = encoder.rows(&shape);
        let mut line = rows.begin();
        line.tag(0, &text[..30_000])?;
        line.string(0, &text)?;
        line.end(index, None)
    };
    let outcomes: Vec<_> = (0..4).map(&mut write).collect();
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_err()).count(),
        2
    );
    assert_eq!(outcomes[3], Ok(Outcome::Written));
}

#[test]
fn a_row_that_is_not_ended_leaves_the_batch_as_it_was() {
    let shape = Shape::new(Dialect::V1, "m", &["t"], &["f"]).unwrap();
    let mut encoder = Encoder::new(Dialect::V1);
    let mut rows = encoder.rows(&shape);
    for _ in 0..2 {
        let mut line = rows.begin();
        line.tag(0, "a").unwrap();
        line.float(0, 1.0).unwrap();
    }
    assert!(encoder.batch().is_empty());
    assert_eq!(encoder.take().bytes(), b"");
}

/// Writes lines of many lengths, so that one of them ends exactly where the batch's memory ends.
#[test]
fn tag_values_never_take_the_room_of_the_numbers_behind_them() {
    for (tags, size) in [(229, 26), (237, 25)] {
        let keys: Vec<String> = (0..tags).map(|tag| format!("t{tag:03}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let shape = Shape::new(Dialect::V1, "m", &keys, &["f", "g"]).unwrap();
        let value = "x".repeat(size);
        let values: Vec<_> = (0..tags)
            .map(|tag| shape.tag_values(tag, [Some(&*value)]))
            .collect();
        let cells: Vec<_> = (0..tags)
            .map(|tag| {
                let mut cells = TagCells::new(&shape, tag);
                cells.fill([&*value].into_iter());
                cells
            })
            .collect();
        for in_cells in [false, true] {
            let mut encoder = Encoder::new(Dialect::V1);
            for n in 0..60_i32 {
                let mut rows = encoder.rows(&shape);
                let mut row = rows.begin();
                let tag_value = |tag| {
                    if in_cells {
                        row.tag_cell(&cells[tag], 0).map(|found| assert!(found))
                    } else {
                        row.tag_value(tag, &values[tag], 0)
                    }
                };
                let written = (0..tags)
                    .try_for_each(tag_value)
                    .and_then(|()| row.float(0, 0.1 + f64::from(n) / 7.0))
                    .and_then(|()| row.integer(1, n.into()))
                    .and_then(|()| row.end(0, None));
                assert!(matches!(written, Ok(Outcome::Written) | Err(Unusual)));
            }
            assert!(encoder.batch().len() > 50);
        }
    }
}
