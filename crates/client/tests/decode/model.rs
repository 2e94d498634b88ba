//! Creates answers of random shape, and encodes them as a server would: in JSON or `MessagePack`,
//! whole or chunked.

use std::fmt::Write as _;

use aioinflux::decode::Format;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) series: Vec<Series>,
    pub(crate) messages: Vec<(String, String)>,
    pub(crate) error: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) name: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Text(String),
}

pub(crate) fn answer() -> impl Strategy<Value = Vec<Statement>> {
    vec(statement(), 1..4)
}

fn statement() -> impl Strategy<Value = Statement> {
    let remarks = vec((text(), text()), 0..2);
    (vec(series(), 0..4), remarks, option::weighted(0.2, text())).prop_map(
        |(mut series, messages, error)| {
            // Two series of a statement never have the same name and tags.
            for (index, series) in series.iter_mut().enumerate() {
                series.tags.push(("~index".to_owned(), index.to_string()));
            }
            Statement {
                series,
                messages,
                error,
            }
        },
    )
}

fn series() -> impl Strategy<Value = Series> {
    (1..5_usize, any::<bool>(), 0..12_usize).prop_flat_map(|(width, timed, height)| {
        let columns = vec(text(), width).prop_map(move |mut columns| {
            if timed {
                "time".clone_into(&mut columns[0]);
            }
            columns
        });
        let kinds = vec(0..7_u8, width);
        let rows = kinds.prop_flat_map(move |kinds| {
            let cells: Vec<_> = kinds.into_iter().map(mostly).collect();
            vec(cells, height)
        });
        let tags = btree_map(text(), text(), 0..3);
        (option::of(text()), tags, columns, rows).prop_map(|(name, tags, columns, rows)| Series {
            name,
            tags: tags.into_iter().collect(),
            columns,
            rows,
        })
    })
}

/// Generates cells that are mostly of one kind, such as floats.
fn mostly(kind: u8) -> impl Strategy<Value = Cell> + use<> {
    prop_oneof![
        2 => Just(Cell::Null),
        12 => of_kind(kind),
        1 => (0..7_u8).prop_flat_map(of_kind),
    ]
}

fn of_kind(kind: u8) -> BoxedStrategy<Cell> {
    match kind {
        0 => any::<i64>().prop_map(Cell::Integer).boxed(),
        1 => (-100..100_i64).prop_map(Cell::Integer).boxed(),
        2 => prop_oneof![
            any::<u64>().prop_map(Cell::unsigned),
            (0..100_u64).prop_map(Cell::unsigned)
        ]
        .boxed(),
        3 => prop::num::f64::NORMAL.prop_map(Cell::Float).boxed(),
        4 => prop_oneof![
            (-1000..1000_i32).prop_map(|n| Cell::Float(f64::from(n) / 4.0)),
            Just(Cell::Float(-0.0)),
            Just(Cell::Float(9_223_372_036_854_775_808.0)),
            Just(Cell::Float(1e20)),
            Just(Cell::Float(5e-324)),
        ]
        .boxed(),
        5 => any::<bool>().prop_map(Cell::Boolean).boxed(),
        _ => text().prop_map(Cell::Text).boxed(),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        "\\PC{0,4}",
        vec(any::<char>(), 0..4).prop_map(String::from_iter)
    ]
}

impl Cell {
    fn unsigned(n: u64) -> Self {
        i64::try_from(n).map_or(Self::Unsigned(n), Self::Integer)
    }
}

/// One result in a document of an answer, which contains a part of a statement.
struct Part<'a> {
    id: usize,
    series: Vec<(&'a Series, &'a [Vec<Cell>], bool)>,
    messages: &'a [(String, String)],
    error: Option<&'a String>,
    partial: bool,
}

/// Returns the documents of an answer that is not chunked, each as a list of results.
fn whole(answer: &[Statement]) -> Vec<Vec<Part<'_>>> {
    vec![
        answer
            .iter()
            .enumerate()
            .map(|(id, statement)| Part {
                id,
                series: statement
                    .series
                    .iter()
                    .map(|s| (s, &s.rows[..], false))
                    .collect(),
                messages: &statement.messages,
                error: statement.error.as_ref(),
                partial: false,
            })
            .collect(),
    ]
}

/// Returns the documents that 1.x sends with `chunked=true`. Each document has one result, and each
/// result has at most one series.
fn chunked(answer: &[Statement], chunk_size: usize) -> Vec<Vec<Part<'_>>> {
    let mut documents = Vec::new();
    for (id, statement) in answer.iter().enumerate() {
        let mut parts = Vec::new();
        for series in &statement.series {
            let chunks: Vec<&[Vec<Cell>]> = match series.rows.len() {
                0 => vec![&[]],
                _ => series.rows.chunks(chunk_size).collect(),
            };
            let last = chunks.len() - 1;
            parts.extend(
                chunks
                    .into_iter()
                    .enumerate()
                    .map(|(n, rows)| (series, rows, n < last)),
            );
        }
        let mut results: Vec<Part<'_>> = parts
            .into_iter()
            .map(|part| Part {
                id,
                series: vec![part],
                messages: &[],
                error: None,
                partial: true,
            })
            .collect();
        let empty = |error| Part {
            id,
            series: vec![],
            messages: &[],
            error,
            partial: true,
        };
        if results.is_empty() {
            // In `MessagePack`, the server sends an error in a separate result, which has no
            // messages.
            results.push(empty(None));
        }
        if statement.error.is_some() {
            results.push(empty(statement.error.as_ref()));
        }
        if let Some(last) = results.last_mut() {
            last.partial = false;
        }
        results[0].messages = &statement.messages;
        documents.extend(results.into_iter().map(|result| vec![result]));
    }
    documents
}

/// Encodes the answer, and divides it into chunks if there is a chunk size.
pub(crate) fn write(format: Format, answer: &[Statement], chunk_size: Option<usize>) -> Vec<u8> {
    let documents = match chunk_size {
        Some(size) => chunked(answer, size),
        None => whole(answer),
    };
    let mut out = Vec::new();
    for results in documents {
        if format == Format::Json {
            let results: Vec<String> = results.iter().map(json_result).collect();
            out.extend(format!("{{\"results\":[{}]}}\n", results.join(",")).into_bytes());
        } else {
            map_head(&mut out, 1);
            msgpack_text(&mut out, "results");
            array_head(&mut out, results.len());
            for result in &results {
                msgpack_result(&mut out, result);
            }
        }
    }
    out
}

fn json_text(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

fn json_list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(","))
}

fn json_result(part: &Part<'_>) -> String {
    let mut out = format!("{{\"statement_id\":{}", part.id);
    if !part.series.is_empty() {
        write!(out, ",\"series\":{}", json_list(&part.series, json_series)).expect("a String");
    }
    if !part.messages.is_empty() {
        let message = |(level, text): &(String, String)| {
            format!(
                "{{\"level\":{},\"text\":{}}}",
                json_text(level),
                json_text(text)
            )
        };
        write!(out, ",\"messages\":{}", json_list(part.messages, message)).expect("a String");
    }
    if part.partial {
        out += ",\"partial\":true";
    }
    if let Some(error) = part.error {
        write!(out, ",\"error\":{}", json_text(error)).expect("a String");
    }
    out + "}"
}

fn json_series((series, rows, partial): &(&Series, &[Vec<Cell>], bool)) -> String {
    let mut members = Vec::new();
    if let Some(name) = &series.name {
        members.push(format!("\"name\":{}", json_text(name)));
    }
    let tag = |(key, value): &(String, String)| format!("{}:{}", json_text(key), json_text(value));
    let tags: Vec<String> = series.tags.iter().map(tag).collect();
    members.push(format!("\"tags\":{{{}}}", tags.join(",")));
    members.push(format!(
        "\"columns\":{}",
        json_list(&series.columns, |name| json_text(name))
    ));
    if !rows.is_empty() {
        members.push(format!(
            "\"values\":{}",
            json_list(rows, |row| json_list(row, json_cell))
        ));
    }
    if *partial {
        members.push("\"partial\":true".to_owned());
    }
    format!("{{{}}}", members.join(","))
}

/// Formats a cell in the same way as Go. Whole numbers are written without a fraction, and numbers
/// from 1e21 on with an exponent.
pub(crate) fn json_cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(n) => n.to_string(),
        Cell::Unsigned(n) => n.to_string(),
        Cell::Float(n) if *n != 0.0 && (n.abs() < 1e-6 || n.abs() >= 1e21) => format!("{n:e}"),
        Cell::Float(n) => format!("{n}"),
        Cell::Boolean(value) => value.to_string(),
        Cell::Text(text) => json_text(text),
    }
}

fn msgpack_result(out: &mut Vec<u8>, part: &Part<'_>) {
    if let Some(error) = part.error {
        map_head(out, 1);
        msgpack_text(out, "error");
        msgpack_text(out, error);
        return;
    }
    map_head(
        out,
        2 + usize::from(!part.messages.is_empty()) + usize::from(part.partial),
    );
    msgpack_text(out, "statement_id");
    msgpack_cell(
        out,
        &Cell::Integer(i64::try_from(part.id).expect("a small id")),
    );
    if !part.messages.is_empty() {
        msgpack_text(out, "messages");
        array_head(out, part.messages.len());
        for (level, text) in part.messages {
            map_head(out, 2);
            for text in ["level", level, "text", text] {
                msgpack_text(out, text);
            }
        }
    }
    msgpack_text(out, "series");
    array_head(out, part.series.len());
    for (series, rows, partial) in &part.series {
        msgpack_series(out, series, rows, *partial);
    }
    if part.partial {
        msgpack_text(out, "partial");
        out.push(0xc3);
    }
}

fn msgpack_series(out: &mut Vec<u8>, series: &Series, rows: &[Vec<Cell>], partial: bool) {
    map_head(
        out,
        3 + usize::from(series.name.is_some()) + usize::from(partial),
    );
    if let Some(name) = &series.name {
        msgpack_text(out, "name");
        msgpack_text(out, name);
    }
    msgpack_text(out, "tags");
    map_head(out, series.tags.len());
    // Maps in Go have no order, so a server may send the tags in any order.
    for (key, value) in series.tags.iter().rev() {
        msgpack_text(out, key);
        msgpack_text(out, value);
    }
    msgpack_text(out, "columns");
    array_head(out, series.columns.len());
    for column in &series.columns {
        msgpack_text(out, column);
    }
    msgpack_text(out, "values");
    array_head(out, rows.len());
    for row in rows {
        array_head(out, row.len());
        for cell in row {
            msgpack_cell(out, cell);
        }
    }
    if partial {
        msgpack_text(out, "partial");
        out.push(0xc3);
    }
}

fn map_head(out: &mut Vec<u8>, count: usize) {
    out.push(0x80 | u8::try_from(count).expect("a small map"));
}

fn array_head(out: &mut Vec<u8>, count: usize) {
    if let Ok(count @ 0..16) = u8::try_from(count) {
        out.push(0x90 | count);
    } else {
        out.push(0xdc);
        out.extend(u16::try_from(count).expect("a small array").to_be_bytes());
    }
}

fn msgpack_text(out: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()).expect("a short text") {
        size @ 0..32 => out.push(0xa0 | size),
        size => out.extend([0xd9, size]),
    }
    out.extend(text.bytes());
}

/// Encodes a cell in the same way as tinylib/msgp. Integers get the shortest signed encoding, and
/// floats always have 64 bits.
pub(crate) fn msgpack_cell(out: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Null => out.push(0xc0),
        Cell::Boolean(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Cell::Float(n) => {
            out.push(0xcb);
            out.extend(n.to_be_bytes());
        }
        Cell::Unsigned(n) => {
            out.push(0xcf);
            out.extend(n.to_be_bytes());
        }
        Cell::Text(text) => msgpack_text(out, text),
        Cell::Integer(n) => {
            let bytes = n.to_be_bytes();
            if let Ok(n) = i8::try_from(*n) {
                if n < -32 {
                    out.push(0xd0);
                }
                out.push(n.cast_unsigned());
            } else if i16::try_from(*n).is_ok() {
                out.push(0xd1);
                out.extend(&bytes[6..]);
            } else if i32::try_from(*n).is_ok() {
                out.push(0xd2);
                out.extend(&bytes[4..]);
            } else {
                out.push(0xd3);
                out.extend(bytes);
            }
        }
    }
}
