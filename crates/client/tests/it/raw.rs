//! Hostile text, sent to a real server: what is accepted is stored line by line, as the decoder reads
//! it.

use std::collections::BTreeSet;

use aioinflux::line::Decoder;
use aioinflux::{Dialect, Encoder, ErrorKind, Point, WriteOptions};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::roundtrip::{read_back, sorted};
use crate::with_database;

const TEXTS: usize = 3000;
/// Statements of one query.
const STATEMENTS: usize = 200;

/// Pieces of lines. An empty one begins a line: with a measurement of its own, so that what is
/// stored can be told apart.
fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let quoted = vec![
        "",
        " s=\"a\" 2\n",
        " s=\"a\nb\",v=1i 3\n",
        " s=\"a\"b\" 4\n",
        ",t=a s=\"x\\\"\n\",w=true 5\n",
    ];
    let part = vec![
        "", ",t=a", ",u=b", " v=1i", ",w=true", " s=\"", ",s2=\"", "\"", "\" 5\n", "\n", "\n",
        "\r\n", "\\", "\\\\", "\\\"", "\\ ", "\\,", "\\=", "\\\n", "=", ",", " ", " 6", "\t", "\0",
        "é", "#", " f=1.5", "#!~#", "time=1", "\r", "# =\"\n",
    ];
    let part = prop_oneof![2 => prop::sample::select(quoted), 3 => prop::sample::select(part)];
    prop::collection::vec(part, 1..16)
}

fn text(pieces: &[&str], number: usize) -> String {
    let mut lines = 0;
    let mut text = format!("m{number}_before v=1i 1\nm{number}_0_");
    for piece in pieces {
        if piece.is_empty() {
            lines += 1;
            text += &format!("\nm{number}_{lines}_");
        }
        text += piece;
    }
    text + &format!("\nm{number}_after v=1i 1\n")
}

#[tokio::test]
async fn accepted_text_is_stored_line_by_line() {
    let client = with_database("raw").await;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut wanted) = (0, Vec::new());
    for number in 0..TEXTS {
        let text = text(&pieces().new_tree(&mut runner).unwrap().current(), number);
        let mut encoder = Encoder::new(Dialect::V1);
        if encoder.push_text(text.as_bytes()).is_err() {
            continue;
        }
        accepted += 1;
        let batch = encoder.take();
        for line in batch.lines() {
            // What the decoder does not read, the server refuses or stores as something else.
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
    assert!(accepted > TEXTS / 4, "{accepted}");
    let names: BTreeSet<&str> = wanted.iter().map(Point::measurement).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut stored = Vec::new();
    for names in names.chunks(STATEMENTS) {
        let statements: Vec<_> = names.iter().map(|name| select(name)).collect();
        let answer = client.query(statements.join(";").as_str()).await.unwrap();
        let series = answer.statements.iter().flat_map(|one| &one.series);
        stored.extend(series.flat_map(read_back));
    }
    for point in wanted {
        let same = stored.iter().filter(|other| **other == point).count();
        assert_eq!(same, 1, "{point:?}");
    }
}

/// By a pattern: no identifier holds all that a measurement does.
fn select(name: &str) -> String {
    let end = name.rfind('_').map_or(name.len(), |at| at + 1);
    format!(
        "SELECT * FROM /^{}/ WHERE time < 1000 GROUP BY *",
        &name[..end]
    )
}
