//! Tests answers that are not a success: broken, truncated, partial and hostile answers, and
//! answers that contain errors.

use aioinflux::decode::{DecodeErrorKind, Decoder, End, Event, Format};

use super::support::{Seen, collect, decode, decode_whole, seen, to_seen};
use super::tree::Tree;

fn json_error(body: &str) -> (DecodeErrorKind, String) {
    let (_, result) = decode_whole(Format::Json, body.as_bytes());
    let error = result.expect_err(body);
    (error.kind(), error.to_string())
}

#[test]
fn an_empty_body_is_incomplete() {
    for format in [Format::Json, Format::Msgpack] {
        let (_, result) = decode_whole(format, b"");
        assert_eq!(
            result.map_err(|error| error.kind()),
            Err(DecodeErrorKind::Incomplete)
        );
    }
    assert_eq!(json_error(" \n").0, DecodeErrorKind::Incomplete);
}

#[test]
fn an_answer_of_no_results_is_complete() {
    // If a query has no statements (such as the query `;`), 1.x omits `results` from the JSON.
    for body in [
        "{}",
        "{\"results\":[]}\n",
        "{\"error\":null,\"results\":[]}",
    ] {
        assert_eq!(seen(Format::Json, body.as_bytes()), []);
    }
    assert_eq!(seen(Format::Msgpack, b"\x81\xa7results\x90"), []);
}

#[test]
fn a_document_of_something_else_is_malformed() {
    let (kind, text) = json_error(r#"{"version":"1.2.3"}"#);
    assert_eq!(kind, DecodeErrorKind::Malformed);
    assert!(text.contains("expected `results` or `error`"), "{text}");
}

#[test]
fn null_is_neither_results_nor_an_error() {
    for body in [
        r#"{"results":null}"#,
        r#"{"error":null}"#,
        r#"{"results":null,"error":null}"#,
    ] {
        assert_eq!(json_error(body).0, DecodeErrorKind::Malformed, "{body}");
    }
    let (_, text) = json_error(r#"{"results":null,"error":"no"}"#);
    assert_eq!(text, "no");
    for body in [&b"\x80"[..], b"\x81\xa7results\xc0", b"\x81\xa5error\xc0"] {
        let (_, result) = decode_whole(Format::Msgpack, body);
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind, Err(DecodeErrorKind::Malformed), "{body:?}");
    }
}

#[test]
fn go_error_text_after_a_body_is_the_error() {
    let first = r#"{"results":[{"statement_id":0}]}"#;
    let junk =
        "json: error calling MarshalJSON for type httpd.Response: json: unsupported value: +Inf";
    let (kind, text) = json_error(&format!("{first}\n{junk}"));
    assert_eq!(kind, DecodeErrorKind::Malformed);
    assert!(
        text.ends_with(&format!("expected a JSON document, got `{junk}`")),
        "{text}"
    );
    assert!(text.starts_with("answer, byte 33: "), "{text}");
    // Between chunks.
    let (kind, between) = json_error(&format!("{first}\n{junk}{}", first.repeat(9)));
    assert_eq!(kind, DecodeErrorKind::Malformed);
    assert!(between.contains(junk), "{between}");
}

#[test]
fn a_page_of_another_server_is_malformed() {
    let (kind, text) = json_error(&"<!DOCTYPE html>\n".repeat(100));
    assert_eq!(kind, DecodeErrorKind::Malformed);
    assert!(text.contains("got `<!DOCTYPE html>\\n"), "{text}");
    let (_, result) = decode_whole(Format::Msgpack, b"{\"results\":[]}");
    let text = result.expect_err("JSON is no MessagePack").to_string();
    assert!(
        text.contains("expected a MessagePack document, got `{"),
        "{text}"
    );
}

#[test]
fn a_top_level_error_is_the_servers() {
    let (events, result) = decode_whole(
        Format::Json,
        b"{\"results\":[{\"statement_id\":0}]}\n{\"error\":\"timeout\"}\n",
    );
    let error = result.expect_err("an error");
    assert_eq!(error.server_message(), Some("timeout"));
    assert_eq!(error.to_string(), "timeout");
    assert_eq!(events, [Event::StatementEnd { statement: 0 }]);
    let (_, result) = decode_whole(Format::Msgpack, b"\x81\xa5error\xa7timeout");
    assert_eq!(
        result.expect_err("an error").server_message(),
        Some("timeout")
    );
}

fn chunk(statement: u32, name: &str, values: &str, series: bool, result: bool) -> String {
    let series = if series { r#","partial":true"# } else { "" };
    let result = if result { r#","partial":true"# } else { "" };
    format!(
        "{{\"results\":[{{\"statement_id\":{statement},\"series\":[{{\"name\":\"{name}\",\
         \"columns\":[\"time\",\"v\"],\"values\":[{values}]{series}}}]{result}}}]}}\n"
    )
}

#[test]
fn chunks_of_a_series_go_on_without_a_new_header() {
    let body = chunk(0, "a", "[1,1]", true, true)
        + &chunk(0, "a", "[2,2]", false, true)
        + &chunk(0, "b", "[3,3]", false, false);
    let headers: Vec<_> = seen(Format::Json, body.as_bytes())
        .into_iter()
        .filter_map(|event| match event {
            Seen::Series { name, .. } => name,
            _ => None,
        })
        .collect();
    assert_eq!(headers, ["a", "b"]);
}

#[test]
fn a_chunk_that_never_comes_is_partial() {
    let cut_series = chunk(0, "a", "[1,1]", true, true);
    let cut_statement = chunk(0, "a", "[1,1]", false, true);
    let row_limit = chunk(0, "a", "[1,1]", true, false);
    let bodies = [
        (cut_series.clone(), "series `a` is partial"),
        (cut_statement.clone(), "statement 0 is partial"),
        (row_limit.clone(), "series `a` is partial"),
        (
            cut_series + &chunk(0, "b", "[2,2]", false, false),
            "series `a` is partial",
        ),
        (
            cut_statement + &chunk(1, "b", "[2,2]", false, false),
            "statement 0 is partial",
        ),
        (
            row_limit + &chunk(1, "a", "[2,2]", false, false),
            "series `a` is partial",
        ),
    ];
    for (body, expected) in bodies {
        let (kind, text) = json_error(&body);
        assert_eq!(kind, DecodeErrorKind::Partial, "{body}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn statement_errors_are_events_and_what_came_before_stays() {
    let body = chunk(0, "a", "[1,1]", true, true)
        + r#"{"results":[{"statement_id":0,"error":"query interrupted"}]}"#
        + &chunk(1, "b", "[2,2]", false, false);
    let (events, result) = decode_whole(Format::Json, body.as_bytes());
    assert_eq!(result, Ok(()));
    let answer = collect(events);
    assert_eq!(answer.first_error(), Some((0, "query interrupted")));
    assert_eq!((answer.statements.len(), answer.rows()), (2, 2));
}

#[test]
fn msgpack_errors_belong_to_the_statement_at_their_place() {
    let error = |text: &str| {
        let mut result = b"\x81\xa5error".to_vec();
        result.push(0xa0 | u8::try_from(text.len()).expect("a short text"));
        result.extend(text.bytes());
        result
    };
    let good = b"\x82\xacstatement_id\x01\xa6series\x90".to_vec();
    let whole = [
        b"\x81\xa7results\x93".to_vec(),
        error("a"),
        good.clone(),
        error("b"),
    ]
    .concat();
    let head = b"\x81\xa7results\x91".to_vec();
    let chunked = [
        head.clone(),
        error("a"),
        head.clone(),
        good,
        head,
        error("b"),
    ]
    .concat();
    for body in [whole, chunked] {
        let expected = [
            Seen::Error {
                statement: 0,
                message: "a".to_owned(),
            },
            Seen::End { statement: 0 },
            Seen::End { statement: 1 },
            Seen::Error {
                statement: 2,
                message: "b".to_owned(),
            },
            Seen::End { statement: 2 },
        ];
        assert_eq!(seen(Format::Msgpack, &body), expected);
    }
}

#[test]
fn a_msgpack_error_within_a_statement_belongs_to_it() {
    let body = b"\x81\xa7results\x91\x83\xacstatement_id\x00\xa6series\x90\xa7partial\xc3\
        \x81\xa7results\x91\x81\xa5error\xa1a";
    let expected = [
        Seen::Error {
            statement: 0,
            message: "a".to_owned(),
        },
        Seen::End { statement: 0 },
    ];
    assert_eq!(seen(Format::Msgpack, body), expected);
}

#[test]
fn rows_before_an_early_end_can_be_taken() {
    let body = chunk(0, "a", "[1,1],[2,2],[3", false, false);
    let cut = body.find("[3").expect("a row") + 2;
    for end in [End::Proven, End::Unproven] {
        let (events, result) = decode(Decoder::new(Format::Json), [&body.as_bytes()[..cut]], end);
        assert!(result.is_err());
        let seen: Vec<_> = events.iter().map(to_seen).collect();
        let row = |n| vec![Tree::Time(n), Tree::Integer(n.into())];
        assert_eq!(seen[1..], [Seen::Batch(vec![row(1), row(2)])]);
    }
}

#[test]
fn rows_before_what_describes_them_are_malformed() {
    for (series, expected) in [
        (
            r#""values":[[1]],"columns":["v"]"#,
            "expected `columns` before `values`",
        ),
        (
            r#""columns":["v"],"values":[[1]],"name":"m""#,
            "expected `name` before `values`",
        ),
        (
            r#""columns":["v"],"values":[[1]],"tags":{}"#,
            "expected `tags` before `values`",
        ),
        (
            r#""columns":["v"],"values":[],"values":[]"#,
            "expected `values` once",
        ),
    ] {
        let body = format!(r#"{{"results":[{{"series":[{{{series}}}]}}]}}"#);
        let (kind, text) = json_error(&body);
        assert_eq!(kind, DecodeErrorKind::Malformed);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn rows_that_break_the_grammar_are_malformed() {
    for (row, expected) in [
        ("[1]", "expected `,` in a row of 2 columns, got `]`"),
        ("[1,2,3]", "expected `]` in a row of 2 columns, got `,`"),
        ("[1,]", "expected a value of a row, got `]`"),
        ("[1 2]", "expected `,` in a row of 2 columns, got `2`"),
        ("[01,2]", "expected no digit after a leading 0, got `1`"),
        ("[+1,2]", "expected a value of a row, got `+`"),
        ("[1.,2]", "expected a digit, got `,`"),
        ("[1e,2]", "expected a digit, got `,`"),
        ("[-,2]", "expected a digit, got `,`"),
        ("[1e999,2]", "expected a number within the range of a float"),
        ("[nul,2]", "expected `null`, `true` or `false`"),
        ("[[1],2]", "expected a value of a row, got `[`"),
        ("[{},2]", "expected a value of a row, got `{`"),
        ("[\"\\x\",2]", "expected an escape, got `x`"),
        ("[\"\\u12g4\",2]", "expected a hex digit, got `g`"),
        (
            "[\"a\nb\",2]",
            "expected a string without control characters, got byte 0x0a",
        ),
        ("{}", "expected a row, got `{`"),
        ("[1,2]]", "expected `,` or `}`, got `]`"),
    ] {
        let (kind, text) = json_error(&chunk(0, "m", row, false, false));
        assert_eq!(kind, DecodeErrorKind::Malformed, "{row}");
        assert!(text.ends_with(expected), "{row}: {text}");
    }
}

#[test]
fn structures_that_break_the_grammar_are_malformed() {
    for body in [
        r#"{"results":[{"statement_id":0},]}"#,
        r#"{"results":[{"statement_id":0,}]}"#,
        r#"{"results":[{"statement_id":-1}]}"#,
        r#"{"results":[{"statement_id":0.5}]}"#,
        r#"{"results":[{"partial":1}]}"#,
        r#"{"results":[1]}"#,
        r#"{"results":[{"series":[1]}]}"#,
        r#"{"results":{}}"#,
        r#"{"results" []}"#,
        r"{results:[]}",
        r#"{"results":[],"new":[1}}"#,
        r#"{"results":[],"new":nul}"#,
        r#"{"results":[]]"#,
        r#"{"results":[{"series":[{"columns":[1]}]}]}"#,
        r#"{"results":[{"series":[{"tags":["a"],"columns":["v"]}]}]}"#,
        r#"{"results":[{"messages":[{"level":1}]}]}"#,
        r#"{"results":[{"series":[],"statement_id":1}]}[]"#,
    ] {
        assert_eq!(json_error(body).0, DecodeErrorKind::Malformed, "{body}");
    }
}

#[test]
fn a_statement_id_that_contradicts_its_rows_is_malformed() {
    let body = r#"{"results":[{"series":[{"columns":["v"]}],"statement_id":1}]}"#;
    assert_eq!(json_error(body).0, DecodeErrorKind::Malformed);
}

#[test]
fn an_error_stays() {
    let mut decoder = Decoder::new(Format::Json);
    let error = decoder.feed(b"{]").expect_err("no JSON");
    assert_eq!(decoder.feed(b"{}"), Err(error.clone()));
    assert_eq!(decoder.finish(End::Proven), Err(error));
}

#[test]
fn hostile_lengths_cost_nothing() {
    let head = b"\x81\xa7results\x91\x81\xa6series\x91\x82\xa7columns\x91\xa1v\xa6values";
    for values in [
        &b"\xdd\xff\xff\xff\xff\x91\x01"[..],
        b"\x91\xdd\xff\xff\xff\xff",
        b"\x91\x91\xdb\xff\xff\xff\xff",
        b"\x91\x91\xdd\xff\xff\xff\xff",
    ] {
        let body = [head, values].concat();
        let (events, result) = decode_whole(Format::Msgpack, &body);
        assert!(result.is_err());
        assert!(events.len() <= 2);
    }
    for body in [
        &b"\xdf\xff\xff\xff\xff"[..],
        b"\x81\xa7results\xdd\xff\xff\xff\xff",
        b"\x81\xa7results\x91\x81\xa6series\x91\x81\xa7columns\xdd\xff\xff\xff\xff",
        b"\x81\xa7results\x91\x81\xa8messages\xdd\xff\xff\xff\xff\x80",
    ] {
        let (_, result) = decode_whole(Format::Msgpack, body);
        assert_eq!(
            result.map_err(|error| error.kind()),
            Err(DecodeErrorKind::Incomplete)
        );
    }
}

#[test]
fn deep_nesting_is_no_recursion() {
    let deep = "[".repeat(1_000_000);
    let closed = format!(r#"{{"results":[],"new":{deep}{}}}"#, "]".repeat(1_000_000));
    assert_eq!(seen(Format::Json, closed.as_bytes()), []);
    for body in [
        format!(r#"{{"results":[],"new":{deep}"#),
        format!(r#"{{"results":{deep}"#),
        format!(r#"{{"results":[{{"series":[{{"columns":{deep}"#),
        format!(r#"{{"results":[{{"messages":{deep}"#),
        deep,
    ] {
        assert!(decode_whole(Format::Json, body.as_bytes()).1.is_err());
    }
    let mut body = b"\x82\xa3new".to_vec();
    body.extend(vec![0x91; 1_000_000]);
    body.extend(b"\xc0\xa7results\x90");
    assert_eq!(seen(Format::Msgpack, &body), []);
}

#[test]
fn a_long_row_in_small_pieces_is_looked_at_once() {
    let text = "x".repeat(8 << 20);
    let body = chunk(0, "m", &format!("[1,\"{text}\"]"), false, false);
    let (events, result) = decode(
        Decoder::new(Format::Json),
        body.as_bytes().chunks(512),
        End::Proven,
    );
    assert_eq!(result, Ok(()));
    assert_eq!(events.len(), 3);
}
