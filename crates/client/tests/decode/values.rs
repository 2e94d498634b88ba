//! Tests which values and types are decoded, and where batches end, case by case.

use aioinflux::decode::{Decoder, End, Event, Format};
use arrow_array::RecordBatch;
use arrow_schema::DataType;

use super::support::{Seen, batches, decode, decode_whole, rows, seen, time_type};
use super::tree::Tree;

/// Decodes a JSON answer with one column of these cells. Returns the type and the cells of each
/// batch.
fn json_column(name: &str, cells: &[&str]) -> Vec<(DataType, Vec<Tree>)> {
    let values: Vec<String> = cells.iter().map(|cell| format!("[{cell}]")).collect();
    let body = format!(
        r#"{{"results":[{{"statement_id":0,"series":[{{"columns":["{name}"],"values":[{}]}}]}}]}}"#,
        values.join(",")
    );
    column(seen(Format::Json, body.as_bytes()))
}

/// Decodes a `MessagePack` answer with one column of these cells, which are given as bytes. Returns
/// the type and the cells of each batch.
fn msgpack_column(name: &str, cells: &[&[u8]]) -> Vec<(DataType, Vec<Tree>)> {
    column(seen(Format::Msgpack, &msgpack_body(name, cells)))
}

fn msgpack_body(name: &str, cells: &[&[u8]]) -> Vec<u8> {
    let mut body =
        b"\x81\xa7results\x91\x82\xacstatement_id\x00\xa6series\x91\x82\xa7columns\x91".to_vec();
    body.push(0xa0 | u8::try_from(name.len()).expect("a short name"));
    body.extend(name.bytes());
    body.extend(b"\xa6values");
    body.push(0x90 | u8::try_from(cells.len()).expect("few cells"));
    for cell in cells {
        body.push(0x91);
        body.extend(*cell);
    }
    body
}

fn column(seen: Vec<Seen>) -> Vec<(DataType, Vec<Tree>)> {
    let mut kind = DataType::Null;
    let mut batches = Vec::new();
    for event in seen {
        match event {
            Seen::Series { columns, .. } => kind = columns[0].1.clone(),
            Seen::Batch(rows) => {
                batches.push((
                    kind.clone(),
                    rows.into_iter().map(|mut row| row.remove(0)).collect(),
                ));
            }
            _ => {}
        }
    }
    batches
}

fn integers(values: &[i128]) -> Vec<Tree> {
    values.iter().copied().map(Tree::Integer).collect()
}

fn floats(values: &[f64]) -> Vec<Tree> {
    values.iter().copied().map(Tree::Float).collect()
}

#[test]
fn integers_are_exact_to_the_last_digit() {
    let cells = [
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "0",
    ];
    let expected = integers(&[9_007_199_254_740_993, i64::MAX.into(), i64::MIN.into(), 0]);
    assert_eq!(json_column("v", &cells), [(DataType::Int64, expected)]);
}

#[test]
fn integers_beyond_i64_are_unsigned() {
    let expected = integers(&[u64::MAX.into()]);
    assert_eq!(
        json_column("v", &["18446744073709551615"]),
        [(DataType::UInt64, expected.clone())]
    );
    assert_eq!(
        msgpack_column("v", &[b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"]),
        [(DataType::UInt64, expected)]
    );
}

#[test]
fn small_and_large_unsigned_integers_share_a_column() {
    let expected = integers(&[7, u64::MAX.into(), 8]);
    assert_eq!(
        json_column("v", &["7", "18446744073709551615", "8"]),
        [(DataType::UInt64, expected)]
    );
    assert_eq!(
        json_column("v", &["-7", "18446744073709551615"]),
        [
            (DataType::Int64, integers(&[-7])),
            (DataType::UInt64, integers(&[u64::MAX.into()]))
        ]
    );
}

#[test]
fn whole_floats_become_floats_with_the_first_fraction() {
    assert_eq!(
        json_column("v", &["4", "null", "0.5", "4"]),
        [(
            DataType::Float64,
            vec![
                Tree::Float(4.0),
                Tree::Null,
                Tree::Float(0.5),
                Tree::Float(4.0)
            ]
        )]
    );
    assert_eq!(
        json_column("v", &["4", "1e300"]),
        [(DataType::Float64, floats(&[4.0, 1e300]))]
    );
    assert_eq!(
        json_column("v", &["4", "4E0"]),
        [(DataType::Float64, floats(&[4.0, 4.0]))]
    );
}

#[test]
fn integers_that_are_no_floats_end_the_batch() {
    assert_eq!(
        json_column("v", &["9007199254740993", "0.5"]),
        [
            (DataType::Int64, integers(&[9_007_199_254_740_993])),
            (DataType::Float64, floats(&[0.5]))
        ]
    );
    assert_eq!(
        json_column("v", &["0.5", "9007199254740993"]),
        [
            (DataType::Float64, floats(&[0.5])),
            (DataType::Int64, integers(&[9_007_199_254_740_993]))
        ]
    );
}

#[test]
fn floats_that_go_wrote_without_an_exponent_stay_floats() {
    // Go writes the float 2^63 with its shortest digits, which are not its exact value.
    let expected = floats(&[0.5, 9_223_372_036_854_775_808.0, 1e20]);
    assert_eq!(
        json_column(
            "v",
            &["0.5", "9223372036854776000", "100000000000000000000"]
        ),
        [(DataType::Float64, expected)]
    );
}

#[test]
fn large_integers_that_are_exact_floats_may_stand_for_them() {
    // The second value is 2^63 with all its digits, and the third value is 2^53 + 2.
    let expected = floats(&[0.5, 9_223_372_036_854_775_808.0, 9_007_199_254_740_994.0]);
    assert_eq!(
        json_column("v", &["0.5", "9223372036854775808", "9007199254740994"]),
        [(DataType::Float64, expected)]
    );
}

#[test]
fn floats_are_correctly_rounded() {
    let cells = [
        "1.7976931348623157e+308",
        "5e-324",
        "0.1",
        "2.2250738585072011e-308",
    ];
    let expected = floats(&[f64::MAX, 5e-324, 0.1, 2.225_073_858_507_201e-308]);
    assert_eq!(json_column("v", &cells), [(DataType::Float64, expected)]);
}

#[test]
fn minus_zero_is_a_float() {
    let batches = json_column("v", &["-0"]);
    let Tree::Float(zero) = batches[0].1[0] else {
        panic!("{batches:?}")
    };
    assert_eq!(zero.to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn msgpack_never_mixes_integers_and_floats() {
    let four = b"\xcb\x40\x10\x00\x00\x00\x00\x00\x00";
    assert_eq!(
        msgpack_column("v", &[b"\x04", four, b"\xc0", b"\x04"]),
        [
            (DataType::Int64, integers(&[4])),
            (DataType::Float64, vec![Tree::Float(4.0), Tree::Null]),
            (DataType::Int64, integers(&[4])),
        ]
    );
}

#[test]
fn msgpack_reads_every_form_of_a_number() {
    let cells: [&[u8]; 10] = [
        b"\x7f",
        b"\xe0",
        b"\xcc\xff",
        b"\xcd\xff\xff",
        b"\xce\xff\xff\xff\xff",
        b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xd0\x80",
        b"\xd1\x80\x00",
        b"\xd2\x80\x00\x00\x00",
        b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
    ];
    let expected = integers(&[
        127,
        -32,
        255,
        65_535,
        4_294_967_295,
        i64::MAX.into(),
        -128,
        -32_768,
        -2_147_483_648,
        i64::MIN.into(),
    ]);
    assert_eq!(msgpack_column("v", &cells), [(DataType::Int64, expected)]);
    assert_eq!(
        msgpack_column("v", &[b"\xca\x3f\x00\x00\x00"]),
        [(DataType::Float64, floats(&[0.5]))]
    );
}

#[test]
fn msgpack_times_are_timestamps_in_any_column() {
    let time = b"\xc7\x0c\x05\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x01";
    for name in ["time", "started"] {
        assert_eq!(
            msgpack_column(name, &[time]),
            [(time_type(), vec![Tree::Time(-999_999_999)])]
        );
    }
}

#[test]
fn msgpack_times_that_do_not_fit_are_refused() {
    let far = b"\xc7\x0c\x05\x00\x00\x00\x7f\xff\xff\xff\xff\x00\x00\x00\x01";
    let odd = b"\xc7\x0c\x05\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff\xff\xff";
    for time in [far, odd] {
        let (_, result) = decode_whole(Format::Msgpack, &msgpack_body("time", &[time]));
        assert!(result.is_err());
    }
}

#[test]
fn integers_in_the_first_column_are_times_if_it_is_named_so() {
    let expected = [(time_type(), vec![Tree::Time(1), Tree::Null])];
    assert_eq!(json_column("time", &["1", "null"]), expected);
    assert_eq!(msgpack_column("time", &[b"\x01", b"\xc0"]), expected);
    assert_eq!(
        json_column("Time", &["1"]),
        [(DataType::Int64, integers(&[1]))]
    );
    let second = br#"{"results":[{"series":[{"columns":["a","time"],"values":[[1,2]]}]}]}"#;
    let Seen::Series { columns, .. } = &seen(Format::Json, second)[0] else {
        panic!()
    };
    assert_eq!(columns[1].1, DataType::Int64);
}

#[test]
fn text_in_the_time_column_stays_text() {
    let time = "2023-11-14T22:13:20.123456789Z";
    assert_eq!(
        json_column("time", &[&format!("\"{time}\"")]),
        [(DataType::Utf8, vec![Tree::Text(time.to_owned())])]
    );
}

#[test]
fn a_float_in_the_time_column_is_another_type() {
    assert_eq!(
        json_column("time", &["1", "1.5"]),
        [
            (time_type(), vec![Tree::Time(1)]),
            (DataType::Float64, floats(&[1.5]))
        ]
    );
}

#[test]
fn columns_of_nulls_take_the_type_of_the_first_value() {
    assert_eq!(
        json_column("v", &["null"]),
        [(DataType::Null, vec![Tree::Null])]
    );
    assert_eq!(
        json_column("v", &["null", "true"]),
        [(DataType::Boolean, vec![Tree::Null, Tree::Boolean(true)])]
    );
}

#[test]
fn a_change_of_type_takes_its_whole_row_along() {
    let body = br#"{"results":[{"series":[{"columns":["a","b","c"],
        "values":[["x",1,true],["y","two",null],["z",3,false]]}]}]}"#;
    let batches: Vec<_> = seen(Format::Json, body)
        .into_iter()
        .filter_map(|event| match event {
            Seen::Batch(rows) => Some(rows),
            _ => None,
        })
        .collect();
    let text = |text: &str| Tree::Text(text.to_owned());
    assert_eq!(
        batches,
        [
            [[text("x"), Tree::Integer(1), Tree::Boolean(true)]],
            [[text("y"), text("two"), Tree::Null]],
            [[text("z"), Tree::Integer(3), Tree::Boolean(false)]],
        ]
    );
}

#[test]
fn strings_have_all_escapes() {
    let cell = r#""\"\\\/\b\f\n\r\t\u00e9\u65e5\ud83d\ude00x""#;
    let expected = "\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{65e5}\u{1f600}x";
    assert_eq!(
        json_column("v", &[cell]),
        [(DataType::Utf8, vec![Tree::Text(expected.to_owned())])]
    );
}

#[test]
fn half_a_surrogate_pair_is_replaced_as_in_go() {
    let cells = [
        r#""a\ud800b""#,
        r#""\udc00""#,
        r#""\ud800\ud83d\ude00""#,
        r#""\ud800\u0041""#,
    ];
    let texts = ["a\u{fffd}b", "\u{fffd}", "\u{fffd}\u{1f600}", "\u{fffd}A"];
    let expected = texts.map(|text| Tree::Text(text.to_owned())).to_vec();
    assert_eq!(json_column("v", &cells), [(DataType::Utf8, expected)]);
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_one_by_one_as_in_go() {
    let expected = vec![
        Tree::Text("good".to_owned()),
        Tree::Text("a\u{fffd}\u{fffd}b".to_owned()),
        // The two halves of one surrogate pair are in separate cells.
        Tree::Text("\u{fffd}".to_owned()),
        Tree::Text("\u{fffd}".to_owned()),
    ];
    assert_eq!(
        msgpack_column(
            "v",
            &[b"\xa4good", b"\xa4a\xe6\x97b", b"\xa1\xc3", b"\xa1\xa9"]
        ),
        [(DataType::Utf8, expected)]
    );
}

#[test]
fn names_and_tags_are_unescaped_too() {
    let body = br#"{"results":[{"series":[{"name":"a\"b","tags":{"k\n":"\u00e9"},
        "columns":["c\\d"],"values":[]}]}]}"#;
    let Seen::Series {
        name,
        tags,
        columns,
        ..
    } = &seen(Format::Json, body)[0]
    else {
        panic!()
    };
    assert_eq!(name.as_deref(), Some("a\"b"));
    assert_eq!(*tags, [("k\n".to_owned(), "\u{e9}".to_owned())]);
    assert_eq!(columns[0].0, "c\\d");
}

#[test]
fn a_series_without_rows_gives_an_empty_batch() {
    let body = br#"{"results":[{"statement_id":0,"series":[{"columns":["user","admin"]}]}]}"#;
    let columns = ["user", "admin"]
        .map(|name| (name.to_owned(), DataType::Null))
        .to_vec();
    assert_eq!(
        seen(Format::Json, body),
        [
            Seen::Series {
                statement: 0,
                name: None,
                tags: vec![],
                columns
            },
            Seen::Batch(vec![]),
            Seen::End { statement: 0 }
        ]
    );
}

#[test]
fn keys_may_come_in_another_order_and_unknown_ones_are_skipped() {
    let body = br#" {"new":{"a":[1,{"b":"]}"}]}, "results" : [ {"series":[ {"columns":["v"],
        "tags":{"t":"u"},"more":null,"name":"m","values":[ [ 1 ] ],"last":1.5} ],
        "messages":[{"text":"t","level":"l","n":[1]}],"statement_id":0} ] } "#;
    let columns = vec![("v".to_owned(), DataType::Int64)];
    let tags = vec![("t".to_owned(), "u".to_owned())];
    assert_eq!(
        seen(Format::Json, body),
        [
            Seen::Series {
                statement: 0,
                name: Some("m".to_owned()),
                tags,
                columns
            },
            Seen::Batch(vec![vec![Tree::Integer(1)]]),
            Seen::Message {
                statement: 0,
                level: "l".to_owned(),
                text: "t".to_owned()
            },
            Seen::End { statement: 0 }
        ]
    );
}

#[test]
fn batches_end_at_8192_rows_and_the_series_goes_on() {
    let values = vec!["[1,\"x\"]"; 20_000].join(",");
    let body =
        format!(r#"{{"results":[{{"series":[{{"columns":["time","v"],"values":[{values}]}}]}}]}}"#);
    let (events, result) = decode_whole(Format::Json, body.as_bytes());
    assert_eq!(result, Ok(()));
    let headers = events
        .iter()
        .filter(|event| matches!(event, Event::Series(_)))
        .count();
    let sizes: Vec<usize> = batches(&events).map(RecordBatch::num_rows).collect();
    assert_eq!((headers, sizes), (1, vec![8192, 8192, 3616]));
}

#[test]
fn batches_of_long_text_end_early() {
    let text = "x".repeat(1 << 20);
    let values = vec![format!("[\"{text}\"]"); 20].join(",");
    let body = format!(r#"{{"results":[{{"series":[{{"columns":["v"],"values":[{values}]}}]}}]}}"#);
    let pieces = body.as_bytes().chunks(64 << 10);
    let (events, result) = decode(Decoder::new(Format::Json), pieces, End::Proven);
    assert_eq!(result, Ok(()));
    let sizes: Vec<usize> = batches(&events).map(RecordBatch::num_rows).collect();
    assert_eq!(sizes, [8, 8, 4]);
}

#[test]
fn a_batch_of_nulls_keeps_the_type_of_the_batch_before() {
    let body = br#"{"results":[{"series":[{"columns":["v"],"values":[[1],[null],[2.5]]}]}]}"#;
    let decoder = Decoder::new(Format::Json).batch_rows(1);
    let (events, result) = decode(decoder, [&body[..]], End::Proven);
    assert_eq!(result, Ok(()));
    let headers = events
        .iter()
        .filter(|event| matches!(event, Event::Series(_)))
        .count();
    assert_eq!(headers, 2);
    let cells: Vec<_> = batches(&events).flat_map(rows).flatten().collect();
    assert_eq!(cells, [Tree::Integer(1), Tree::Null, Tree::Float(2.5)]);
}
