//! Compares the fast paths of the decoders with the reference decoder. The bodies have long runs of
//! usual rows, and every unusual cell in every position.

use std::fmt::Write as _;

use aioinflux::decode::{DecodeErrorKind, Decoder, End, Format};
use proptest::prelude::*;

use super::model::{Cell, msgpack_cell};
use super::reference;
use super::support::{batches, decode, decode_whole, rows, to_seen, to_seen_without_views};
use super::tree::{Tree, json_documents};

const HEAD: &str = concat!(
    r#"{"results":[{"statement_id":0,"series":[{"name":"m","columns":"#,
    r#"["time","f","i","s","b","u"],"values":["#
);
const TAIL: &str = "]}]}]}";
const WIDTH: usize = 6;

/// Cells that are unusual, and need a closer check than the cells around them. Some of the unusual
/// cells are valid in all columns, and some are valid in no column.
const OTHERS: [&str; 36] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "0.0",
    "7",
    "-7",
    "4.0",
    "0.1",
    "1e3",
    "1E-3",
    "2.5e+10",
    "1e22",
    "123456789012345",
    "9007199254740993",
    "999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "36893488147419103232000",
    "0.30000000000000004",
    "0.000012345678901234567",
    "12345678901234567890.5",
    "5e-324",
    r#""""#,
    r#""seven b""#,
    r#""sixteen bytes ..""#,
    r#""a \"quote\" \\ \u00e9 \n and more of it""#,
    "\"été 🦀\"",
    r#""a text of more than thirty-two bytes, without escapes""#,
    r#""\ud83e\udd80""#,
];

fn usual(row: usize, column: usize) -> String {
    match column {
        0 => format!("17000000000000000{row:02}"),
        1 => format!("{}.{}3456789012345", row * 3, row % 10),
        2 => format!("{}", row * 977),
        3 => format!("\"state-{row}\""),
        4 => row.is_multiple_of(2).to_string(),
        _ => format!("{}", 9_223_372_036_854_775_800 + row as u64),
    }
}

/// Returns a JSON body of `rows` usual rows, in which the cell `other` is unusual.
fn body_with(rows: usize, other: (usize, usize, &str)) -> String {
    let row = |row| {
        let cell = |column| match other {
            (r, c, text) if (r, c) == (row, column) => text.to_owned(),
            _ => usual(row, column),
        };
        format!("[{}]", (0..WIDTH).map(cell).collect::<Vec<_>>().join(","))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{HEAD}{}{TAIL}", rows.join(","))
}

/// Decodes a body whole, in two pieces, and with batches of three rows. The results must equal
/// those of the reference decoder.
fn check(format: Format, body: &[u8], cuts: impl Iterator<Item = usize>) {
    let shown = || String::from_utf8_lossy(body).into_owned();
    for batch_rows in [3, 8192] {
        let expected = reference::decode(format, body, batch_rows);
        assert!(expected.complete, "{}", shown());
        let decoder = || Decoder::new(format).batch_rows(batch_rows);
        let (events, result) = decode(decoder(), [body], End::Proven);
        assert_eq!(result, Ok(()), "{}", shown());
        let seen: Vec<_> = events.iter().map(to_seen).collect();
        assert_eq!(seen, expected.seen, "{}", shown());
        let (events, result) = decode(decoder().text_views(), [body], End::Proven);
        assert_eq!(result, Ok(()), "{}", shown());
        let seen: Vec<_> = events.iter().map(to_seen_without_views).collect();
        assert_eq!(seen, expected.seen, "{}", shown());
    }
    let whole = decode_whole(format, body);
    let expected = (whole.0.iter().map(to_seen).collect(), whole.1.clone());
    for cut in cuts {
        let pieces = [&body[..cut], &body[cut..]];
        let result = decode(Decoder::new(format), pieces, End::Proven);
        assert_eq!(result, whole, "{} cut at {cut}", shown());
        let (events, result) = decode(Decoder::new(format).text_views(), pieces, End::Proven);
        let seen: Vec<_> = events.iter().map(to_seen_without_views).collect();
        assert_eq!((seen, result), expected, "{} cut at {cut}", shown());
    }
}

#[test]
fn every_other_cell_in_every_column_is_as_the_reference_has_it() {
    for text in OTHERS {
        for column in 0..WIDTH {
            for row in [0, 1, 4, 7] {
                let body = body_with(8, (row, column, text));
                check(Format::Json, body.as_bytes(), [].into_iter());
            }
        }
    }
}

#[test]
fn every_other_cell_is_the_same_wherever_the_body_is_cut() {
    for (index, text) in OTHERS.iter().enumerate() {
        let body = body_with(4, (2, 1 + index % (WIDTH - 1), text));
        check(Format::Json, body.as_bytes(), 0..=body.len());
    }
}

#[test]
fn spaces_between_all_tokens_change_nothing() {
    let body = body_with(6, (3, 1, "4"));
    let (expected, _) = decode_whole(Format::Json, body.as_bytes());
    let (head, rows) = body.split_at(HEAD.len());
    for space in [" ", "\n", "\t\r\n  "] {
        let mut spaced = rows.to_owned();
        for token in [",", "[", "]"] {
            spaced = spaced.replace(token, &format!("{space}{token}{space}"));
        }
        let (events, result) = decode_whole(Format::Json, format!("{head}{spaced}").as_bytes());
        assert_eq!((events, result), (expected.clone(), Ok(())));
    }
}

/// Returns whether, according to `serde_json`, a body is a valid answer with rows of simple values.
fn is_good(body: &[u8]) -> bool {
    let (documents, clean) = json_documents(body);
    let rows = documents.first().map(|document| {
        let result = document.list("results").first().cloned();
        let series = result.and_then(|result| result.list("series").first().cloned());
        series.map_or(vec![], |series| series.list("values").to_vec())
    });
    let is_flat = |row: &Tree| {
        matches!(row, Tree::List(cells) if cells.len() == WIDTH
            && !cells.iter().any(|cell| matches!(cell, Tree::List(_) | Tree::Map(_))))
    };
    clean && documents.len() == 1 && rows.is_some_and(|rows| rows.iter().all(is_flat))
}

#[test]
fn a_wrong_byte_anywhere_in_the_rows_is_found() {
    let good = body_with(3, (1, 3, r#""a text of more than sixteen bytes""#)).into_bytes();
    for at in HEAD.len()..good.len() - TAIL.len() {
        for byte in *b"\",[]x09-+.eE \\n\x00\x1f{" {
            let mut body = good.clone();
            body[at] = byte;
            let shown = String::from_utf8_lossy(&body);
            let (events, result) = decode_whole(Format::Json, &body);
            let pieced = decode(Decoder::new(Format::Json), body.chunks(1), End::Proven);
            assert_eq!(pieced, (events.clone(), result.clone()), "{shown}");
            assert_eq!(result.is_ok(), is_good(&body), "{shown}: {result:?}");
            if let Err(error) = result {
                let kind = error.kind();
                let kinds = [DecodeErrorKind::Malformed, DecodeErrorKind::Incomplete];
                assert!(kinds.contains(&kind), "{shown}: {error}");
            } else {
                let seen: Vec<_> = events.iter().map(to_seen).collect();
                assert_eq!(seen, reference::decode(Format::Json, &body, 8192).seen);
            }
        }
    }
}

/// Encodes rows as `MessagePack`, after a head that states the number of rows.
fn msgpack_body(rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut body = b"\x81\xa7results\x91\x82\xacstatement_id\x00\xa6series\x91\x82".to_vec();
    body.extend(b"\xa7columns\x96\xa4time\xa1f\xa1i\xa1s\xa1b\xa1u\xa6values\xdc");
    body.extend(u16::try_from(rows.len()).expect("some rows").to_be_bytes());
    for row in rows {
        body.push(0x96);
        for cell in row {
            msgpack_cell(&mut body, cell);
        }
    }
    body
}

fn msgpack_row(row: u32) -> Vec<Cell> {
    vec![
        Cell::Integer(1_700_000_000_000_000_000 + i64::from(row)),
        Cell::Float(f64::from(row) * 0.1),
        Cell::Integer([5, -5, 200, -200, 70_000, -70_000, 1 << 40, -(1 << 40)][row as usize % 8]),
        Cell::Text("a text, and more of it ... ".repeat(row as usize % 4)),
        Cell::Boolean(row.is_multiple_of(2)),
        Cell::Unsigned(u64::MAX - u64::from(row)),
    ]
}

#[test]
fn every_other_cell_in_msgpack_is_as_the_reference_has_it() {
    let others = [
        Cell::Null,
        Cell::Integer(-1),
        Cell::Integer(i64::MIN),
        Cell::Unsigned(1 << 63),
        Cell::Float(-0.0),
        Cell::Boolean(true),
        Cell::Text(String::new()),
        Cell::Text("é".repeat(120)),
    ];
    for other in &others {
        for column in 0..WIDTH {
            for row in [0, 1, 7, 19] {
                let mut rows: Vec<_> = (0..20).map(msgpack_row).collect();
                rows[row][column] = other.clone();
                let body = msgpack_body(&rows);
                check(Format::Msgpack, &body, (0..body.len()).step_by(97));
            }
        }
    }
}

/// InfluxDB writes all integers as signed. Other servers write integers that are not negative as
/// unsigned.
#[test]
fn unsigned_forms_in_msgpack_are_the_same_integers() {
    let forms: [(&[u8], i64); 7] = [
        (b"\xcc\x00", 0),
        (b"\xcc\xff", 255),
        (b"\xcd\xff\xff", 65_535),
        (b"\xce\xff\xff\xff\xff", (1 << 32) - 1),
        (b"\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 1 << 32),
        (b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", i64::MAX),
        (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xff", -1),
    ];
    let mut body =
        b"\x81\xa7results\x91\x81\xa6series\x91\x82\xa7columns\x92\xa4time\xa1i".to_vec();
    body.extend(b"\xa6values\x97");
    for (bytes, _) in forms {
        body.extend(b"\x92\xcf\x17\x97\x9c\xfe\x36\x2a\x00\x00");
        body.extend(bytes);
    }
    let (events, result) = decode_whole(Format::Msgpack, &body);
    assert_eq!(result, Ok(()));
    let cells: Vec<_> = batches(&events).flat_map(rows).collect();
    let time = Tree::Time(1_700_000_000_000_000_000);
    let wanted = forms.map(|(_, n)| vec![time.clone(), Tree::Integer(n.into())]);
    assert_eq!(cells, wanted);
}

#[test]
fn a_wrong_byte_in_msgpack_is_the_same_in_pieces() {
    let rows: Vec<_> = (0..5).map(msgpack_row).collect();
    let good = msgpack_body(&rows);
    for at in good.len() / 3..good.len() {
        for byte in [
            0x00, 0x96, 0xa1, 0xbf, 0xc0, 0xc1, 0xcb, 0xcf, 0xd3, 0xd9, 0xdd, 0xff,
        ] {
            let mut body = good.clone();
            body[at] = byte;
            let whole = decode_whole(Format::Msgpack, &body);
            let pieced = decode(Decoder::new(Format::Msgpack), body.chunks(1), End::Proven);
            assert_eq!(pieced, whole, "byte {at}: {byte:02x}");
        }
    }
}

#[test]
fn runs_longer_than_a_batch_are_the_same_in_large_batches() {
    let mut text = HEAD.to_owned();
    let mut rows = Vec::new();
    for row in 0..20_000 {
        let comma = if row > 0 { "," } else { "" };
        // The column has nulls and integers, and only a late row has the first fraction.
        let count = match row {
            15_000.. => format!("{row}.5"),
            _ if row % 3 == 0 => "null".to_owned(),
            _ => row.to_string(),
        };
        write!(text, "{comma}[{row},{row}.25,{count},\"t{row}\",true,null]").expect("a String");
        rows.push(row);
    }
    text += TAIL;
    for pieces in [text.len(), 1000] {
        let decoder = Decoder::new(Format::Json).large_batches();
        let (events, result) = decode(decoder, text.as_bytes().chunks(pieces), End::Proven);
        assert_eq!(result, Ok(()));
        let seen: Vec<_> = events.iter().map(to_seen).collect();
        let [series, super::support::Seen::Batch(batch), _] = &seen[..] else {
            panic!("one series, one batch: {series:?}", series = seen.len());
        };
        assert!(format!("{series:?}").contains(r#"("i", Float64)"#));
        assert_eq!(batch.len(), rows.len());
        for (row, cells) in rows.iter().zip(batch) {
            let float = f64::from(*row);
            let count = match row {
                15_000.. => Tree::Float(float + 0.5),
                _ if row % 3 == 0 => Tree::Null,
                _ => Tree::Float(float),
            };
            let expected = [
                Tree::Time(i64::from(*row)),
                Tree::Float(float + 0.25),
                count,
                Tree::Text(format!("t{row}")),
                Tree::Boolean(true),
                Tree::Null,
            ];
            assert_eq!(cells[..], expected);
        }
    }
}

proptest! {
    #[test]
    fn numbers_of_any_look_are_those_of_the_reference(
        numbers in prop::collection::vec(
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?", 1..30),
        kind in prop::sample::select(vec!["0", "0.5", "18446744073709551615"]),
    ) {
        let rows: Vec<String> = std::iter::once(kind)
            .chain(numbers.iter().map(String::as_str))
            .map(|n| format!("[0,{n},{n},\"\",true,0]"))
            .collect();
        let body = format!("{HEAD}{}{TAIL}", rows.join(","));
        check(Format::Json, body.as_bytes(), [].into_iter());
    }

    #[test]
    fn floats_come_back_bit_by_bit(
        floats in prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 1..50),
    ) {
        let floats: Vec<f64> = floats.into_iter().filter(|n| n.is_finite()).collect();
        let rows: Vec<String> = std::iter::once(&0.5)
            .chain(&floats)
            .map(|n| format!("[0,{n:?},0,\"\",true,0]"))
            .collect();
        let body = format!("{HEAD}{}{TAIL}", rows.join(","));
        check(Format::Json, body.as_bytes(), [].into_iter());
    }

    #[test]
    fn texts_of_any_length_are_those_of_the_reference(
        texts in prop::collection::vec("[a-zé🦀\"\\\\ \n]{0,40}", 1..30),
    ) {
        let rows: Vec<String> = texts
            .iter()
            .map(|text| serde_json::to_string(text).expect("JSON"))
            .map(|text| format!("[0,0.5,{text},{text},true,0]"))
            .collect();
        let body = format!("{HEAD}{}{TAIL}", rows.join(","));
        check(Format::Json, body.as_bytes(), [].into_iter());
    }
}
