//! Sends hostile text to a real server, and tests that the server stores accepted text line by
//! line, as the decoder reads it.

use aioinflux::line::Decoder;
use aioinflux::{Dialect, Encoder, ErrorKind, FieldValue, WriteOptions};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::live::with_database;
use crate::roundtrip::{read_back, sorted};

const TEXTS: usize = 1000;
/// The number of statements in one query.
const STATEMENTS: usize = 200;

/// Generates pieces of lines. An empty piece begins a line with a measurement of its own, so that
/// the stored lines can be distinguished. The character `$` is replaced with the position of the
/// piece.
fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let quoted = vec![
        "",
        " s=\"a\" 2\n",
        " s=\"a\nb\",v=1i 3\n",
        " s=\"a\"b\" 4\n",
        ",t$=a s=\"x\\\"\n\",w$=true 5\n",
    ];
    let part = vec![
        "", ",t$=a", ",u$=b", " v=1i", ",w$=true", " s=\"", ",s$=\"", "\"", "\" 5\n", "\n", "\n",
        "\r\n", "\\", "\\\\", "\\\"", "\\ ", "\\,", "\\=", "\\\n", "=", ",", " ", " 6", "\t", "é",
        "#", " f=1.5", "\r", "# =\"\n",
    ];
    let part = prop_oneof![2 => prop::sample::select(quoted), 3 => prop::sample::select(part)];
    prop::collection::vec(part, 1..16)
}

fn text(pieces: &[&str], number: usize) -> String {
    let mut lines = 0;
    let mut text = format!("m{number}_before_ v=1i 1\nm{number}_0_");
    for (position, piece) in pieces.iter().enumerate() {
        if piece.is_empty() {
            lines += 1;
            let start = format!("\nm{number}_{lines}_");
            text.push_str(&start);
        }
        // The key contains the position of the piece, so that no key appears twice in a line.
        text += &piece.replace('$', &position.to_string());
    }
    text + &format!("\nm{number}_after_ v=1i 1\n")
}

#[tokio::test]
async fn accepted_text_is_stored_line_by_line() {
    let client = with_database("raw").await;
    let mut runner = TestRunner::deterministic();
    let (mut wanted, mut statements) = (Vec::new(), Vec::new());
    for number in 0..TEXTS {
        let text = text(&pieces().new_tree(&mut runner).unwrap().current(), number);
        let mut encoder = Encoder::new(Dialect::V1);
        if encoder.push_text(text.as_bytes()).is_err() {
            continue;
        }
        let batch = encoder.take();
        let own = format!("m{number}_");
        for line in batch
            .lines()
            .filter(|line| line.starts_with(own.as_bytes()))
        {
            statements.push(select(&String::from_utf8_lossy(line)));
            // If the decoder cannot read a line, the server refuses the line or stores something
            // else.
            if let Some(Ok(line)) = Decoder::new(Dialect::V1, line).next()
                && line.timestamp().is_some()
            {
                wanted.push(sorted(&line.to_point()));
            }
        }
        if let Err(error) = client.write_batch(batch, &WriteOptions::new()).await {
            let kind = error.kind();
            assert_eq!(kind, ErrorKind::PartialWrite, "{error}: {text:?}");
        }
    }
    assert!(wanted.len() > TEXTS / 2, "{}", wanted.len());
    let mut stored = Vec::new();
    for statements in statements.chunks(STATEMENTS) {
        let answer = client.query(statements.join(";").as_str()).await.unwrap();
        let series = answer.statements.iter().flat_map(|one| &one.series);
        stored.extend(series.flat_map(read_back));
    }
    for point in &wanted {
        let same = stored.iter().filter(|other| *other == point).count();
        assert_eq!(same, 1, "{point:?}");
    }
    // No line has become part of a string in another line, except if the line was already inside
    // the quotes of that string.
    let joined = |(_, value): &(String, FieldValue<'_>)| match value {
        FieldValue::String(text) => text.contains("\nm"),
        _ => false,
    };
    for point in stored
        .iter()
        .filter(|point| point.fields().iter().any(joined))
    {
        assert!(wanted.contains(point), "{point:?}");
    }
}

/// Returns the statement that selects the points of a line. The statement uses a regular
/// expression, because an identifier cannot contain all characters of a measurement.
fn select(line: &str) -> String {
    let own = line
        .match_indices('_')
        .nth(1)
        .map_or(line.len(), |end| end.0 + 1);
    format!(
        "SELECT * FROM /^{}/ WHERE time < 1000 GROUP BY *",
        &line[..own]
    )
}
