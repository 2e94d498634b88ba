use std::sync::Arc;

use aioinflux_line::{Dialect, Encoder, FieldValue};
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampMillisecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{Field, Schema};

use super::cells::column_of_cells;
use super::times::parse_time;
use super::*;
use crate::config::Precision;

fn lines(columns: Vec<(&str, ArrayRef)>, tags: &[usize]) -> Result<String, FrameError> {
    let schema = Schema::new(
        columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect::<Vec<_>>(),
    );
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let frame = RecordBatch::try_new(Arc::new(schema), arrays).expect("a valid batch");
    let layout = FrameLayout {
        measurement: Some("m m".to_owned()),
        time: Some(0),
        tags: tags.to_vec(),
        extra_tags: vec![("zone".to_owned(), "eu".to_owned())],
        ..FrameLayout::default()
    };
    let mut encoder = Encoder::new(Dialect::V1);
    encode_frame(&frame, &layout, &mut encoder)?;
    Ok(String::from_utf8_lossy(encoder.batch().bytes()).into_owned())
}

fn times(values: [Option<i64>; 3]) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(values.to_vec()))
}

#[test]
fn every_type_is_written_and_nulls_are_left_out() {
    let mixed = column_of_cells(&[
        Some(FieldValue::Integer(1)),
        Some(FieldValue::String("x".into())),
        None,
    ]);
    let codes: DictionaryArray<Int8Type> = [Some("b c"), None, Some("")].into_iter().collect();
    let text = lines(
        vec![
            ("time", times([Some(1), Some(-1), Some(0)])),
            ("tag", Arc::new(codes)),
            (
                "f",
                Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None])),
            ),
            ("mixed", mixed),
            (
                "on",
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            ),
        ],
        &[1],
    );
    assert_eq!(
        text.expect("writable"),
        "m\\ m,tag=b\\ c,zone=eu f=0.5,mixed=1i,on=true 1000000\n\
         m\\ m,zone=eu mixed=\"x\" -1000000\n\
         m\\ m,zone=eu on=false 0\n"
    );
}

/// Returns short and long tag values for more than one block of rows. Some values are missing, some
/// need escapes, and some can only be written by `PointEncoder`.
fn tag_texts() -> Vec<Option<String>> {
    let text = |at: usize| match at % 7 {
        0 => None,
        1 => Some(String::new()),
        2 => Some(format!("a b,{at}")),
        3 => Some(format!("c:\\{at}")),
        _ => Some("\u{e9}x".repeat(at % 25)),
    };
    (0..200).map(text).collect()
}

/// Returns an array of the given strings and nulls. The bytes under each null also contain text.
fn over_nulls(texts: &[Option<String>]) -> StringArray {
    let nulls = texts.iter().map(Option::is_some).collect::<Vec<_>>();
    let filled = texts.iter().map(|text| text.as_deref().unwrap_or("null"));
    let (offsets, values, _) = StringArray::from_iter_values(filled).into_parts();
    StringArray::new(offsets, values, Some(nulls.into()))
}

#[test]
fn tags_of_every_type_of_text_are_what_the_plain_encoder_writes() {
    let texts = tag_texts();
    let columns: [ArrayRef; 5] = [
        Arc::new(StringArray::from(texts.clone())),
        Arc::new(LargeStringArray::from(texts.clone())),
        Arc::new(StringViewArray::from_iter(texts.clone())),
        Arc::new(over_nulls(&texts)),
        // This array omits the nulls, so it has no null bitmap.
        Arc::new(StringArray::from_iter_values(texts.iter().flatten())),
    ];
    for column in columns {
        for (key, start) in [("host", 0), (&*"k".repeat(31), 3), (&*"k".repeat(70), 40)] {
            let values: ArrayRef = Arc::new((0..200_i64).collect::<Int64Array>());
            let rows = column.len() - start;
            let array = column.slice(start, rows);
            let kept: Vec<Option<String>> = match array.as_string_opt::<i32>() {
                Some(strings) => strings.iter().map(|text| text.map(Into::into)).collect(),
                None => texts[start..].to_vec(),
            };
            let values = values.slice(0, rows);
            let columns = vec![("time", Arc::clone(&values)), (key, array), ("v", values)];
            let mut plain = Encoder::new(Dialect::V1);
            for (index, text) in (0..).zip(&kept) {
                let mut line = plain.point(index);
                line.measurement("m m").expect("a name");
                if let Some(text) = text {
                    line.tag(key, text).expect("a tag");
                }
                line.tag("zone", "eu").expect("a tag");
                line.field("v", FieldValue::Integer(index.cast_signed()))
                    .expect("a field");
                line.finish(Some(index.cast_signed())).expect("a time");
            }
            let text = lines(columns, &[1]).expect("writable");
            assert!(
                text.as_bytes() == plain.batch().bytes(),
                "{key} from {start}:\n{text}"
            );
        }
    }
}

#[test]
fn a_missing_time_is_refused_by_row() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let error = lines(
        vec![("time", times([Some(1), None, Some(0)])), ("v", column)],
        &[],
    );
    assert!(matches!(error, Err(FrameError::Time { row: 1 })));
}

#[test]
fn integers_are_times_of_the_unit() {
    let columns: [ArrayRef; 8] = [
        Arc::new(Int8Array::from(vec![5, 100])),
        Arc::new(Int16Array::from(vec![5, 100])),
        Arc::new(Int32Array::from(vec![5, 100])),
        Arc::new(Int64Array::from(vec![5, 100])),
        Arc::new(UInt8Array::from(vec![5, 100])),
        Arc::new(UInt16Array::from(vec![5, 100])),
        Arc::new(UInt32Array::from(vec![5, 100])),
        Arc::new(UInt64Array::from(vec![5, 100])),
    ];
    for times in columns {
        for (unit, expected) in [
            (Precision::Nanoseconds, "m f=1i 5\nm f=2i 100\n"),
            (
                Precision::Milliseconds,
                "m f=1i 5000000\nm f=2i 100000000\n",
            ),
        ] {
            let text = timed(Arc::clone(&times), unit).expect("writable");
            assert_eq!(text, expected);
        }
    }
}

#[test]
fn a_time_that_overflows_is_refused_by_row() {
    let cases: [(ArrayRef, Precision, &str); 6] = [
        (
            Arc::new(UInt64Array::from(vec![1, 1 << 63])),
            Precision::Nanoseconds,
            "9223372036854775808 ns",
        ),
        (
            // If `u64::MAX` hours were converted to a signed integer, the result would be a small
            // number.
            Arc::new(UInt64Array::from(vec![1, u64::MAX])),
            Precision::Hours,
            "18446744073709551615 h",
        ),
        (
            Arc::new(UInt64Array::from(vec![1, 1 << 62])),
            Precision::Seconds,
            "4611686018427387904 s",
        ),
        (
            Arc::new(Int64Array::from(vec![1, -(1 << 62)])),
            Precision::Microseconds,
            "-4611686018427387904 u",
        ),
        (
            Arc::new(Int32Array::from(vec![1, i32::MAX])),
            Precision::Hours,
            "2147483647 h",
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![1, 1 << 62])),
            Precision::Nanoseconds,
            "4611686018427387904 ms",
        ),
    ];
    for (times, unit, shown) in cases {
        let error = timed(times, unit).expect_err(shown);
        let expected = format!(
            "point 1: time `{shown}` is outside 64-bit nanoseconds, the years 1677 to 2262"
        );
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn floats_are_no_times() {
    let times: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let error = timed(times, Precision::Seconds).expect_err("floats");
    assert_eq!(
        error.to_string(),
        "column `time`: expected timestamps, dates, text, or integers in the unit that \
         `time_unit` names, got `Float64`"
    );
}

/// Encodes a table of two rows, whose time column is `times`.
fn timed(times: ArrayRef, unit: Precision) -> Result<String, FrameError> {
    let field: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let frame = RecordBatch::try_from_iter([("time", times), ("f", field)]).expect("a valid batch");
    let layout = FrameLayout {
        measurement: Some("m".to_owned()),
        time: Some(0),
        time_unit: unit,
        ..FrameLayout::default()
    };
    let mut encoder = Encoder::new(Dialect::V1);
    encode_frame(&frame, &layout, &mut encoder)?;
    Ok(String::from_utf8_lossy(encoder.batch().bytes()).into_owned())
}

#[test]
fn times_at_the_ends_of_the_calendar_are_out_of_range_and_not_unread() {
    for text in [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.5-02:00",
        "9999-12-31",
    ] {
        assert_eq!(parse_time(text), Some(i128::MAX), "{text}");
    }
    assert_eq!(parse_time("-009999-01-01T00:00:00Z"), Some(i128::MIN));
    assert_eq!(parse_time("9999-13-31"), None);
}

#[test]
fn texts_are_times() {
    let texts = [
        "2024-08-01 00:00:00.123456789",
        "2024-08-01T00:00:00+02:00",
        "1969-12-31T23:59:59.5Z",
    ];
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let columns: [ArrayRef; 3] = [
        Arc::new(StringArray::from(texts.to_vec())),
        Arc::new(LargeStringArray::from(texts.to_vec())),
        Arc::new(StringViewArray::from(texts.to_vec())),
    ];
    for times in columns {
        let text = lines(vec![("time", times), ("v", Arc::clone(&column))], &[]);
        assert_eq!(
            text.expect("writable"),
            "m\\ m,zone=eu v=1i 1722470400123456789\n\
             m\\ m,zone=eu v=2i 1722463200000000000\n\
             m\\ m,zone=eu v=3i -500000000\n"
        );
    }
}

#[test]
fn a_text_that_is_no_time_is_refused_by_row() {
    for text in [
        "",
        "soon",
        "2016-12-31T23:59:60Z",
        "2020-01-01T00:00:00[UTC]",
        "2300-01-01",
    ] {
        let times: ArrayRef = Arc::new(StringArray::from(vec!["2024-01-01", text]));
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let error = lines(vec![("time", times), ("v", column)], &[]).expect_err(text);
        let expected =
            format!("point 1: time `{text}`: expected ISO 8601 within 64-bit nanoseconds");
        assert_eq!(error.to_string(), expected);
    }
    let times: ArrayRef = Arc::new(StringArray::from(vec![Some("2024-01-01"), None]));
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let error = lines(vec![("time", times), ("v", column)], &[]);
    assert!(matches!(error, Err(FrameError::Time { row: 1 })));
}

#[test]
fn a_column_that_is_not_there_is_refused() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let error = lines(vec![("time", times([Some(1); 3])), ("v", column)], &[7]);
    assert!(matches!(
        error,
        Err(FrameError::Position {
            position: 7,
            columns: 2
        })
    ));
}

#[test]
fn a_type_without_meaning_is_refused_by_column() {
    let column = times([Some(1); 3]);
    let error = lines(vec![("time", times([Some(1); 3])), ("when", column)], &[]);
    assert!(matches!(error, Err(FrameError::Type { column, .. }) if column == "when"));
}

/// Returns a table in pieces of the given lengths. Its rows contain nulls, strings that need
/// escapes, and strings of many lengths.
fn pieces(lengths: &[usize]) -> Vec<RecordBatch> {
    let rows: usize = lengths.iter().sum();
    let row = |at: usize| i64::try_from(at).expect("small");
    let time: ArrayRef = Arc::new((0..rows).map(row).collect::<Int64Array>());
    let texts = (0..rows).map(|at| (at % 5 > 0).then(|| "a, ".repeat(at % 40)));
    let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
    let tags: DictionaryArray<Int8Type> =
        (0..rows).map(|at| ["x y", "back\\z", ""][at % 3]).collect();
    let columns: [(&str, ArrayRef); 3] = [("time", time), ("tag", Arc::new(tags)), ("f", texts)];
    let table = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true)))
        .expect("a valid batch");
    let mut start = 0;
    let piece = |length: &usize| {
        start += length;
        table.slice(start - length, *length)
    };
    lengths.iter().map(piece).collect()
}

#[test]
fn batches_depend_neither_on_threads_nor_on_pieces() {
    let layout = FrameLayout {
        measurement: Some("m".to_owned()),
        time: Some(0),
        tags: vec![1],
        ..FrameLayout::default()
    };
    let mut encoder = Encoder::new(Dialect::V1);
    encode_frame(&pieces(&[5000])[0], &layout, &mut encoder).expect("writable");
    let whole = encoder.take();
    let batches = |lengths: &[usize], threads: usize| {
        let options = FrameOptions::new(Dialect::V1)
            .batch_lines(700)
            .batch_bytes(20_000);
        let table = pieces(lengths).into_iter().map(Ok);
        let mut batches = FrameBatches::new(table, layout.clone(), options.threads(threads));
        let mut bodies = Vec::new();
        while let Some(batch) = batches.next() {
            let batch = batch.expect("writable");
            bodies.push((
                batch.bytes().to_vec(),
                batch.indexes().to_vec(),
                batch.skipped(),
            ));
            batches.recycle(batch);
        }
        bodies
    };
    let alone = batches(&[5000], 1);
    assert!(alone.len() > 8, "{} batches", alone.len());
    assert_eq!(
        alone
            .iter()
            .flat_map(|(body, ..)| body.clone())
            .collect::<Vec<_>>(),
        whole.bytes()
    );
    assert_eq!(
        alone.iter().map(|(.., skipped)| skipped).sum::<u64>(),
        whole.skipped()
    );
    for threads in 1..=3 {
        for lengths in [&[5000][..], &[1, 699, 0, 2300, 2000], &[2500, 2500]] {
            assert!(
                batches(lengths, threads) == alone,
                "{threads} threads, {lengths:?}"
            );
        }
    }
}
