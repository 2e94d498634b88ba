//! Tests that the decoder returns the same error for an invalid answer, however the answer is
//! divided into pieces.

use aioinflux::decode::{DecodeError, DecodeErrorKind, Decoder, End, Format};

use super::support::{decode, decode_whole};

/// Returns the error of an invalid body. The decoder must return the same error if the body is fed
/// whole, in any two pieces, or byte by byte.
fn error_of(format: Format, body: &[u8]) -> DecodeError {
    let shown = String::from_utf8_lossy(body);
    let (events, result) = decode_whole(format, body);
    for cut in 0..=body.len() {
        let pieces = [&body[..cut], &body[cut..]];
        let second = decode(Decoder::new(format), pieces, End::Proven);
        assert_eq!(
            second,
            (events.clone(), result.clone()),
            "{shown} cut at {cut}"
        );
    }
    let second = decode(Decoder::new(format), body.chunks(1), End::Proven);
    assert_eq!(second, (events, result.clone()), "{shown} byte by byte");
    result.expect_err("a wrong answer")
}

#[test]
fn long_values_are_the_same_in_pieces_of_any_size() {
    let texts: Vec<String> = [3, 4090, 4096, 4100, 9000, 1, 30_000, 20]
        .iter()
        .map(|size| "abcdefg".chars().cycle().take(*size).collect())
        .collect();
    let values: Vec<String> = texts.iter().map(|text| format!("[\"{text}\"]")).collect();
    let json = format!(
        r#"{{"results":[{{"series":[{{"columns":["v"],"values":[{}]}}]}}]}}"#,
        values.join(",")
    );
    let mut msgpack = b"\x81\xa7results\x91\x81\xa6series\x91\x82\xa7columns\x91\xa1v".to_vec();
    msgpack.extend(b"\xa6values\x98");
    for text in &texts {
        msgpack.extend(b"\x91\xda");
        msgpack.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
        msgpack.extend(text.bytes());
    }
    for (format, good) in [(Format::Json, json.as_bytes()), (Format::Msgpack, &msgpack)] {
        let (_, result) = decode_whole(format, good);
        assert_eq!(result, Ok(()));
        // Each body is complete, truncated, or followed by bytes that do not belong to an answer.
        let junk = [good, b"json: error calling MarshalJSON\n"].concat();
        for body in [good, &good[..good.len() - 5], &good[..40_000], &junk] {
            let whole = decode_whole(format, body);
            for size in [700, 4095, 4096, 4097, 5000, 9001, 20_000] {
                let pieced = decode(Decoder::new(format), body.chunks(size), End::Proven);
                assert_eq!(pieced, whole, "{format:?} in pieces of {size}");
            }
        }
    }
}

#[test]
fn a_wrong_row_is_malformed_wherever_it_is_cut() {
    let head = r#"{"results":[{"series":[{"columns":["time","v"],"values":[[0,0],"#;
    for (row, fault) in [
        (r#"[1,x"],[2,"a"],[3,"b"]"#, 3),
        (r#"[1,2"],[2,"a"],[3,"b"]"#, 4),
        (r#"["a"",2],[2,"a"],[3,"b"]"#, 4),
        (r#"[1,"a\u12g4"#, 9),
        ("[1,\"a\n", 5),
        (r"[1,[[[[[[[", 3),
        (r#"[1,{"a":[1,2"#, 3),
        ("[1,2,3,4,5,6,7", 4),
        ("[1 2,", 3),
        ("[1,nulll", 7),
    ] {
        let body = format!("{head}{row}");
        let error = error_of(Format::Json, body.as_bytes());
        assert_eq!(error.kind(), DecodeErrorKind::Malformed, "{row}");
        assert_eq!(error.offset(), (head.len() + fault) as u64, "{row}");
    }
}

#[test]
fn a_quote_out_of_place_does_not_swallow_the_rest() {
    for head in [
        r#"{"results":[{"series":[{"name":x""#,
        r#"{"results":[{"series":[{"columns":["time"",""#,
        r#"{"results":[{"series":[{"tags":{"a":"b"""#,
        r#"{"results":[{"messages":[{"level":"a" "b"#,
        r#"{"results":[],"new":[1"a"#,
        r#"{"results":[],"new":{"a":?"#,
        "{\"results\":[],\"n\new",
    ] {
        let mut decoder = Decoder::new(Format::Json);
        let fed = decoder.feed(format!("{head} and so on").as_bytes());
        let kind = fed.map_err(|error| error.kind());
        assert_eq!(kind, Err(DecodeErrorKind::Malformed), "{head}");
        error_of(Format::Json, head.as_bytes());
    }
}

#[test]
fn a_wrong_row_is_no_longer_buffered_than_it_is_long() {
    let mut decoder = Decoder::new(Format::Json);
    let head = br#"{"results":[{"series":[{"columns":["time","v"],"values":[[1,"#;
    decoder.feed(head).expect("a good start");
    let error = decoder.feed(br#"x"],[2,"a"],[3,"b"]"#);
    assert_eq!(
        error.map_err(|error| error.kind()),
        Err(DecodeErrorKind::Malformed)
    );
}

#[test]
fn offsets_in_msgpack_count_from_the_start_of_the_answer() {
    let head = b"\x81\xa7results\x91\x81\xa6series\x91\x82\xa7columns";
    let rows = [&head[..], b"\x92\xa1t\xa1v\xa6values\x92\x92\x01\x02"].concat();
    let head_at = |start: &[u8], bytes: &[u8]| ([start, bytes].concat(), start.len() as u64);
    for ((body, start), fault) in [
        (head_at(head, b"\x92\xa1v\xc1"), 3),
        (head_at(head, b"\x91\xdb\xff\xff\xff\xff"), 1),
        (head_at(&rows, b"\x92\x01\xc1"), 2),
        (head_at(&rows, b"\x92\x01\xdb\xff\xff\xff\xff"), 2),
        (head_at(&rows, b"\x92\x01\x91\xc1"), 2),
        (head_at(&rows, b"\x92\x01\xdd\xff\xff\xff\xff"), 2),
        (head_at(b"\x82\xa7results\x90", b"\xc1"), 0),
        (head_at(b"\x82\xa7results\x90\xa1x", b"\x91\x91\xc1"), 2),
    ] {
        let error = error_of(Format::Msgpack, &body);
        assert_eq!(error.offset(), start + fault, "{body:?}: {error}");
    }
}
