//! Tests the decoder for annotated CSV, the format of answers to Flux queries, with answers that
//! were recorded from InfluxDB 2.9, and with answers that must be refused.

use std::path::Path;

use aioinflux::decode::{DecodeErrorKind, Decoder, End, Event, Format};
use base64::Engine as _;
use serde_json::Value;

use super::support::{Seen, decode, decode_whole, seen, to_seen, to_seen_without_views};
use super::tree::Tree;

struct Answer {
    name: String,
    body: Vec<u8>,
}

fn chunk(chunk: &Value) -> Vec<u8> {
    match chunk.as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::engine::general_purpose::STANDARD
            .decode(chunk["base64"].as_str().expect("text or base64"))
            .expect("base64 in a capture"),
    }
}

/// Returns all recorded answers in CSV that were not compressed.
fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for server in ["2.9", "2.9-more"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../tests/captures/influxdb-{server}.jsonl"));
        let text = std::fs::read_to_string(path).expect("the captures are in the tree");
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let headers = &line["response"]["headers"];
            let is_csv = headers["Content-Type"]
                .as_str()
                .is_some_and(|media| media.starts_with("text/csv"));
            let path = line["request"]["path"].as_str().expect("a path");
            let is_flux = path.starts_with("/api/v2/query");
            if !is_csv || !is_flux || headers["Content-Encoding"] == "gzip" {
                continue;
            }
            let chunks = line["response"]["chunks"].as_array().expect("chunks");
            answers.push(Answer {
                name: line["name"].as_str().expect("a name").to_owned(),
                body: chunks.iter().flat_map(chunk).collect(),
            });
        }
    }
    assert!(answers.len() > 60, "{} answers", answers.len());
    answers
}

/// Returns whether the answer ends with an error from the server.
fn has_error(answer: &Answer) -> bool {
    String::from_utf8_lossy(&answer.body).contains(",error,reference\r\n")
}

fn find(name: &str) -> Vec<u8> {
    let found = answers().into_iter().find(|answer| answer.name == name);
    found.expect("a recorded answer").body
}

fn rows_of(seen: &[Seen]) -> Vec<Vec<Tree>> {
    let batches = seen.iter().filter_map(|seen| match seen {
        Seen::Batch(rows) => Some(rows.clone()),
        _ => None,
    });
    batches.flatten().collect()
}

/// Every position in a short body, and every few positions in a long body.
fn cuts(body: &[u8]) -> impl Iterator<Item = usize> {
    (0..=body.len()).step_by(1 + body.len() / 4000)
}

fn refused(body: &str) -> (DecodeErrorKind, String) {
    let (_, result) = decode_whole(Format::FluxCsv, body.as_bytes());
    let error = result.expect_err(body);
    (error.kind(), error.to_string())
}

#[test]
fn recorded_answers_are_decoded() {
    let mut errors = 0;
    for answer in answers() {
        let (events, result) = decode_whole(Format::FluxCsv, &answer.body);
        if has_error(&answer) {
            let error = result.expect_err(&answer.name);
            assert_eq!(error.kind(), DecodeErrorKind::Server, "{}", answer.name);
            assert!(
                error
                    .server_message()
                    .is_some_and(|text| text.starts_with("runtime error"))
            );
            errors += 1;
            continue;
        }
        match answer.name.as_str() {
            // The decoder reads the first row as the header.
            "flux no header" => continue,
            "flux semicolon delimiter" | "flux dialect delimiter tab" => {
                let error = result.expect_err(&answer.name);
                assert_eq!(error.kind(), DecodeErrorKind::Malformed, "{}", answer.name);
                continue;
            }
            _ => {}
        }
        assert_eq!(result, Ok(()), "{}", answer.name);
        let decoder = Decoder::new(Format::FluxCsv).text_views();
        let (views, result) = decode(decoder, [&answer.body[..]], End::Proven);
        assert_eq!(result, Ok(()), "{}", answer.name);
        let plain: Vec<_> = events.iter().map(to_seen).collect();
        let views: Vec<_> = views.iter().map(to_seen_without_views).collect();
        // As text, because NaN is not equal to itself.
        assert_eq!(
            format!("{views:?}"),
            format!("{plain:?}"),
            "{}",
            answer.name
        );
    }
    assert!(errors >= 2, "{errors}");
}

#[test]
fn recorded_answers_cut_anywhere_into_two_pieces_give_the_same() {
    for Answer { name, body } in answers() {
        let (whole, expected) = decode_whole(Format::FluxCsv, &body);
        for cut in cuts(&body) {
            let (head, tail) = body.split_at(cut);
            let decoder = Decoder::new(Format::FluxCsv);
            let (events, result) = decode(decoder, [head, tail], End::Proven);
            assert_eq!(result, expected, "{name} cut at {cut}");
            assert_eq!(events, whole, "{name} cut at {cut}");
        }
        let (events, result) = decode(Decoder::new(Format::FluxCsv), body.chunks(1), End::Proven);
        assert_eq!((events, result), (whole, expected), "{name} byte by byte");
    }
}

#[test]
fn answers_that_end_early_are_refused() {
    for Answer { name, body } in answers() {
        for cut in cuts(&body).filter(|cut| *cut < body.len()) {
            let head = &body[..cut];
            let (_, result) = decode(Decoder::new(Format::FluxCsv), [head], End::Unproven);
            assert!(result.is_err(), "{name}, {cut} bytes");
            let (_, result) = decode(Decoder::new(Format::FluxCsv), [head], End::Proven);
            // If the body is cut between two tables, nothing shows that more tables would follow.
            let is_between = head.ends_with(b"\r\n\r\n") || head == b"\r\n";
            assert!(result.is_err() || is_between, "{name}, {cut} bytes");
        }
    }
}

#[test]
fn an_answer_without_tables_is_an_empty_line() {
    assert_eq!(seen(Format::FluxCsv, b"\r\n"), []);
    assert_eq!(
        refused(""),
        (
            DecodeErrorKind::Incomplete,
            "answer, byte 0: empty answer".into()
        )
    );
}

#[test]
fn results_are_numbered_and_named() {
    let body = find("flux three yields, the middle empty");
    let names: Vec<_> = seen(Format::FluxCsv, &body)
        .into_iter()
        .filter_map(|seen| match seen {
            Seen::Series {
                statement, name, ..
            } => Some((statement, name)),
            _ => None,
        })
        .collect();
    assert_eq!(
        names,
        [(0, Some("one".to_owned())), (1, Some("three".to_owned()))]
    );
}

#[test]
fn a_kept_empty_table_has_columns_and_no_row() {
    let body = find("flux empty from a bucket kept");
    let (events, result) = decode_whole(Format::FluxCsv, &body);
    assert_eq!(result, Ok(()));
    let Some(Event::Series(header)) = events.first() else {
        panic!("{events:?}")
    };
    assert!(matches!(&events[1], Event::Batch(batch) if batch.num_rows() == 0));
    let field = header.schema.field_with_name("_field").expect("a column");
    assert_eq!(field.metadata()["flux::default"], "i");
    assert_eq!(field.metadata()["flux::group"], "true");
    assert_eq!(field.metadata()["flux::datatype"], "string");
}

#[test]
fn annotations_may_come_in_any_order_and_again() {
    let body = "#default,_result,,7,\n#group,false,false,true,false\n\
        #datatype,string,long,long,double\n,result,table,a,b\n,,0,,+Inf\n,,0,1,-Inf\n\
        #datatype,string,long,string,boolean\n,result,table,a,b\n,x,1,,true\n\n";
    let text = |text: &str| Tree::Text(text.to_owned());
    assert_eq!(
        rows_of(&seen(Format::FluxCsv, body.as_bytes())),
        [
            vec![
                text("_result"),
                Tree::Integer(0),
                Tree::Integer(7),
                Tree::Float(f64::INFINITY)
            ],
            vec![
                text("_result"),
                Tree::Integer(0),
                Tree::Integer(1),
                Tree::Float(f64::NEG_INFINITY)
            ],
            vec![text("x"), Tree::Integer(1), Tree::Null, Tree::Boolean(true)],
        ]
    );
}

#[test]
fn without_annotations_every_column_is_text() {
    let body = ",result,table,a\r\n,_result,0,1\r\n,_result,0,\r\n\r\n";
    let text = |text: &str| Tree::Text(text.to_owned());
    assert_eq!(
        rows_of(&seen(Format::FluxCsv, body.as_bytes())),
        [
            vec![text("_result"), text("0"), text("1")],
            vec![text("_result"), text("0"), Tree::Null],
        ]
    );
}

#[test]
fn values_of_every_type_are_exact() {
    let body = "#datatype,long,unsignedLong,double,dateTime:RFC3339,string,duration,base64Binary\n\
        ,a,b,c,d,e,f,g\n\
        ,-9223372036854775808,18446744073709551615,0.1,2023-11-14T22:13:20.123456789Z,\"a,\"\"b\",1h,AA==\n\
        ,9223372036854775807,0,-0,1969-12-31T23:59:59.5-01:00,#datatype,,\n\n";
    let text = |text: &str| Tree::Text(text.to_owned());
    assert_eq!(
        rows_of(&seen(Format::FluxCsv, body.as_bytes())),
        [
            vec![
                Tree::Integer(i64::MIN.into()),
                Tree::Integer(u64::MAX.into()),
                Tree::Float(0.1),
                Tree::Time(1_700_000_000_123_456_789),
                text("a,\"b"),
                text("1h"),
                text("AA=="),
            ],
            vec![
                Tree::Integer(i64::MAX.into()),
                Tree::Integer(0),
                Tree::Float(-0.0),
                Tree::Time(3_599_500_000_000),
                text("#datatype"),
                Tree::Null,
                Tree::Null,
            ],
        ]
    );
}

#[test]
fn an_error_of_the_server_is_found_at_any_position() {
    let table =
        "#datatype,string,long\n#group,false,false\n#default,_result,\n,result,table\n,,0\n";
    let error =
        "\n#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,no,897\n";
    for body in [
        format!("{table}\n{error}"),
        error.to_owned(),
        format!("{table}{}", error.trim_start()),
        "error,reference\nno,897\n".to_owned(),
        ",error,reference\r\n,no,897\r\n\r\n".to_owned(),
    ] {
        let (kind, text) = refused(&body);
        assert_eq!(
            (kind, &*text),
            (DecodeErrorKind::Server, "no (reference 897)"),
            "{body}"
        );
    }
    for body in [",error,reference\n", ",error,reference\n,cut of"] {
        let (kind, text) = refused(body);
        assert_eq!(kind, DecodeErrorKind::Server);
        assert_eq!(
            text,
            "the server reports an error, and the answer ends before its text"
        );
    }
}

#[test]
fn the_rows_before_an_error_can_be_taken() {
    let body = find("flux error after rows of another yield");
    let (events, result) = decode_whole(Format::FluxCsv, &body);
    assert!(result.is_err());
    let seen: Vec<_> = events.iter().map(to_seen).collect();
    assert_eq!(rows_of(&seen).len(), 2);
}

#[test]
fn bodies_that_are_no_answer_of_flux_are_refused() {
    let malformed = |text: &str| (DecodeErrorKind::Malformed, text.to_owned());
    let expected = "expected an answer of Flux (annotated CSV), got";
    assert_eq!(
        refused("<!DOCTYPE html>"),
        malformed(&format!("answer, byte 0: {expected} `<`"))
    );
    assert_eq!(
        refused("{\"code\":\"x\"}"),
        malformed(&format!("answer, byte 0: {expected} `{{`"))
    );
    assert_eq!(
        refused("#datatype,long\n,a\n,1.5\n\n"),
        malformed("answer, byte 19: expected a `long`, got `1.5`")
    );
    assert_eq!(
        refused("#datatype,long\n,a,b\n"),
        malformed(
            "answer, byte 15: expected 1 column names, as many as `#datatype` has values, got 2"
        )
    );
    assert_eq!(
        refused(",a,b\n,1\n\n"),
        malformed("answer, byte 7: expected `,` in a row of 2 columns, got byte 0x0a")
    );
    assert_eq!(
        refused(",a\n,1,2\n\n"),
        malformed("answer, byte 5: expected the end of the row, got `,`")
    );
    assert_eq!(
        refused("#datatype,dateTime:RFC3339\n,t\n,0001-01-01T00:00:00Z\n\n"),
        malformed(
            "answer, byte 31: expected a time from the years 1677 to 2262, got \
             `0001-01-01T00:00:00Z`"
        )
    );
    assert_eq!(
        refused("#datatype,long\n\n"),
        malformed("answer, byte 16: expected the names of the columns after their annotations")
    );
    assert_eq!(
        refused("#types,long\n"),
        malformed("answer, byte 0: expected `#datatype`, `#group` or `#default`, got `#types`")
    );
    let incomplete = |text: &str| (DecodeErrorKind::Incomplete, text.to_owned());
    assert_eq!(
        refused(",a\n,1\n"),
        incomplete("answer, byte 6: the body ends without the empty line that ends a table")
    );
    assert_eq!(
        refused(",a\n,1"),
        incomplete("answer, byte 3: the body ends in the middle of a row")
    );
}

#[test]
fn a_long_text_in_small_pieces_is_read_a_few_times_only() {
    let text = "x\"\"\n".repeat(1 << 18);
    let body = format!("#datatype,string\n,a\n,\"{text}\"\n\n");
    let decoder = Decoder::new(Format::FluxCsv);
    let (events, result) = decode(decoder, body.as_bytes().chunks(4096), End::Proven);
    assert_eq!(result, Ok(()));
    let seen: Vec<_> = events.iter().map(to_seen).collect();
    assert_eq!(rows_of(&seen), [[Tree::Text(text.replace("\"\"", "\""))]]);
}

#[test]
fn two_threads_read_what_one_thread_reads() {
    // Cells that look like the start of rows must not change the result.
    let rows: String = (0..200_000)
        .map(|n| match n % 1000 {
            0 => format!(",,{n},\"a\n,,1,b,0.5\n,,2,c,\",\r\n"),
            _ => format!(",,{n},host {n},{}.25\r\n", n % 77),
        })
        .collect();
    let head = "#datatype,string,long,string,double\r\n#default,_result,,,\r\n,result,n,s,f\r\n";
    let body = format!("{head}{rows}\r\n");
    assert!(body.len() > 4 << 20);
    let decoder = Decoder::new(Format::FluxCsv).large_batches();
    let (events, result) = decode(decoder, [body.as_bytes()], End::Proven);
    assert_eq!(result, Ok(()));
    let whole: Vec<_> = events.iter().map(to_seen).collect();
    let decoder = Decoder::new(Format::FluxCsv);
    let (events, result) = decode(decoder, body.as_bytes().chunks(5000), End::Proven);
    assert_eq!(result, Ok(()));
    let streamed: Vec<_> = events.iter().map(to_seen).collect();
    assert_eq!(rows_of(&whole).len(), 200_000);
    assert!(rows_of(&whole) == rows_of(&streamed), "the rows differ");
}
