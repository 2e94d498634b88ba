//! Decodes answers that were recorded from InfluxDB 1.6.7 and 1.12.4, whole and in pieces.

use std::path::Path;

use aioinflux::decode::{DecodeErrorKind, Decoder, End, Format};
use base64::Engine as _;
use serde_json::Value;

use super::reference;
use super::support::{decode, decode_whole, to_seen, to_seen_without_views};
use super::tree::{json_documents, msgpack_documents};

struct Answer {
    name: String,
    status: u64,
    format: Format,
    body: Vec<u8>,
}

fn chunk(chunk: &Value) -> Vec<u8> {
    if let Some(text) = chunk.as_str() {
        return text.as_bytes().to_vec();
    }
    let text = chunk["base64"].as_str().expect("a chunk is text or base64");
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64 in a capture")
}

/// Returns all recorded answers of `/query` that were not compressed. Each different body appears
/// only once.
fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for server in ["1.6", "1.12"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../tests/captures/influxdb-{server}.jsonl"));
        let text = std::fs::read_to_string(path).expect("the captures are in the tree");
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let path = line["request"]["path"].as_str().expect("a path");
            let headers = &line["response"]["headers"];
            if !path.starts_with("/query") || headers["Content-Encoding"] == "gzip" {
                continue;
            }
            let format = match headers["Content-Type"].as_str() {
                Some("application/json") => Format::Json,
                Some("application/x-msgpack") => Format::Msgpack,
                // This answer is in CSV, because its request had a different `Accept` header.
                Some("application/csv" | "text/csv") => continue,
                other => panic!("{line}: content type {other:?}"),
            };
            let chunks = line["response"]["chunks"].as_array().expect("chunks");
            let body: Vec<u8> = chunks.iter().flat_map(chunk).collect();
            if answers.iter().any(|answer: &Answer| answer.body == body) {
                continue;
            }
            let name = line["name"].as_str().expect("a name");
            answers.push(Answer {
                name: format!("{name} on {server}"),
                status: line["response"]["status"].as_u64().expect("a status"),
                format,
                body,
            });
        }
    }
    assert!(answers.len() > 40, "{} answers", answers.len());
    answers
}

fn good_answers() -> impl Iterator<Item = Answer> {
    answers().into_iter().filter(|answer| answer.status == 200)
}

#[test]
fn captures_give_what_the_reference_decoder_gives() {
    for Answer {
        name, format, body, ..
    } in good_answers()
    {
        for batch_rows in [1, 3, 8192] {
            let decoder = Decoder::new(format).batch_rows(batch_rows);
            let (events, result) = decode(decoder, [&body[..]], End::Proven);
            assert_eq!(result, Ok(()), "{name}");
            let reference = reference::decode(format, &body, batch_rows);
            assert!(reference.complete, "{name}");
            let seen: Vec<_> = events.iter().map(to_seen).collect();
            assert_eq!(seen, reference.seen, "{name}");
            let decoder = Decoder::new(format).batch_rows(batch_rows).text_views();
            let (events, result) = decode(decoder, [&body[..]], End::Proven);
            assert_eq!(result, Ok(()), "{name}");
            let seen: Vec<_> = events.iter().map(to_seen_without_views).collect();
            assert_eq!(seen, reference.seen, "{name}");
        }
    }
}

#[test]
fn answers_with_another_status_are_top_level_errors() {
    let mut count = 0;
    for answer in answers().into_iter().filter(|answer| answer.status != 200) {
        let (events, result) = decode_whole(answer.format, &answer.body);
        let error = result.expect_err(&answer.name);
        assert_eq!(
            error.kind(),
            DecodeErrorKind::Server,
            "{}: {error}",
            answer.name
        );
        assert!(
            error.server_message().is_some_and(|text| !text.is_empty()),
            "{}",
            answer.name
        );
        assert!(events.is_empty());
        count += 1;
    }
    assert!(count >= 3, "{count} answers");
}

#[test]
fn captures_cut_anywhere_into_two_pieces_give_the_same() {
    for Answer {
        name, format, body, ..
    } in good_answers()
    {
        let (whole, _) = decode_whole(format, &body);
        for cut in 0..=body.len() {
            let (head, tail) = body.split_at(cut);
            let (events, result) = decode(Decoder::new(format), [head, tail], End::Proven);
            assert_eq!(result, Ok(()), "{name} cut at {cut}");
            assert_eq!(events, whole, "{name} cut at {cut}");
        }
    }
}

#[test]
fn captures_byte_by_byte_give_the_same() {
    for Answer {
        name, format, body, ..
    } in good_answers()
    {
        let (whole, _) = decode_whole(format, &body);
        let (events, result) = decode(Decoder::new(format), body.chunks(1), End::Proven);
        assert_eq!(result, Ok(()), "{name}");
        assert_eq!(events, whole, "{name}");
    }
}

#[test]
fn captures_with_an_unproven_end_are_refused_wherever_they_end() {
    for Answer {
        name, format, body, ..
    } in good_answers()
    {
        let (whole, _) = decode_whole(format, &body);
        for cut in 0..=body.len() {
            let (events, result) = decode(Decoder::new(format), [&body[..cut]], End::Unproven);
            let error = result.expect_err(&name);
            assert_eq!(
                error.kind(),
                DecodeErrorKind::Unproven,
                "{name} cut at {cut}: {error}"
            );
            assert!(events.len() <= whole.len() + 1, "{name} cut at {cut}");
        }
    }
}

/// Returns the positions in a body where its documents end.
fn document_ends(format: Format, body: &[u8]) -> Vec<usize> {
    let is_end = |end: &usize| match format {
        Format::Json => body[end - 1] == b'}' && json_documents(&body[..*end]).1,
        _ => msgpack_documents(&body[..*end]).1,
    };
    (1..=body.len()).filter(is_end).collect()
}

#[test]
fn captures_that_end_early_are_refused_unless_the_part_is_complete() {
    for Answer {
        name, format, body, ..
    } in good_answers()
    {
        let ends = document_ends(format, &body);
        for cut in 0..=body.len() {
            let head = &body[..cut];
            let (events, result) = decode_whole(format, head);
            let between = ends.contains(&head.trim_ascii_end().len()) || ends.contains(&cut);
            if !between {
                let error = result.expect_err(&name);
                assert_eq!(
                    error.kind(),
                    DecodeErrorKind::Incomplete,
                    "{name} cut at {cut}"
                );
                continue;
            }
            let reference = reference::decode(format, head, 8192);
            assert_eq!(
                result.is_ok(),
                reference.complete,
                "{name} cut at {cut}: {result:?}"
            );
            let seen: Vec<_> = events.iter().map(to_seen).collect();
            assert_eq!(seen, reference.seen, "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_compressed_body_is_refused() {
    let body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaaV*J-.\xcd))V\xb2\x8a\x8e\xad\x05";
    for format in [Format::Json, Format::Msgpack] {
        let (events, result) = decode_whole(format, body);
        assert_eq!(
            result.map_err(|error| error.kind()),
            Err(DecodeErrorKind::Malformed)
        );
        assert!(events.is_empty());
    }
}
