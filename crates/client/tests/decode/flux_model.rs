//! Creates random answers to Flux queries with a slow and simple writer, and decodes them in random
//! pieces.

use aioinflux::decode::{Decoder, End, Format};
use arrow_schema::DataType;
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::{Seen, decode, time_type, to_seen, to_seen_without_views};
use super::tree::Tree;

/// A cell of a table: its text without quotes, and its value.
type Cell = (String, Tree);

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: usize,
    default: Option<Cell>,
}

#[derive(Debug, Clone)]
struct Block {
    result: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    order: Vec<&'static str>,
}

const KINDS: [&str; 6] = [
    "long",
    "unsignedLong",
    "double",
    "boolean",
    "dateTime:RFC3339",
    "string",
];

fn data_type(kind: usize) -> DataType {
    match kind {
        0 => DataType::Int64,
        1 => DataType::UInt64,
        2 => DataType::Float64,
        3 => DataType::Boolean,
        4 => time_type(),
        _ => DataType::Utf8,
    }
}

fn value(kind: usize) -> BoxedStrategy<Cell> {
    match kind {
        0 => any::<i64>()
            .prop_map(|n| (n.to_string(), Tree::Integer(n.into())))
            .boxed(),
        1 => any::<u64>()
            .prop_map(|n| (n.to_string(), Tree::Integer(n.into())))
            .boxed(),
        2 => prop_oneof![
            any::<f64>().prop_filter("finite", |n| n.is_finite()),
            (-1000..1000).prop_map(f64::from),
        ]
        .prop_map(|n| (n.to_string(), Tree::Float(n)))
        .boxed(),
        3 => any::<bool>()
            .prop_map(|flag| (flag.to_string(), Tree::Boolean(flag)))
            .boxed(),
        4 => any::<i64>()
            .prop_map(|n| {
                let time = jiff::Timestamp::from_nanosecond(n.into()).expect("in range");
                (time.to_string(), Tree::Time(n))
            })
            .boxed(),
        _ => "([ -~é日]|[,\"#\r\n]){1,12}"
            .prop_map(|text: String| (text.clone(), Tree::Text(text)))
            .boxed(),
    }
}

fn cell(kind: usize) -> impl Strategy<Value = Cell> {
    prop_oneof![3 => value(kind), 1 => Just((String::new(), Tree::Null))]
}

fn column() -> impl Strategy<Value = Column> {
    (0..KINDS.len()).prop_flat_map(|kind| {
        let name = "[a-z_]{1,6}|[,\"\n #]{1,3}";
        (name, prop::option::weighted(0.3, value(kind))).prop_map(move |(name, default)| Column {
            name,
            kind,
            default,
        })
    })
}

fn block() -> impl Strategy<Value = Block> {
    let order = Just(vec!["datatype", "group", "default"]).prop_shuffle();
    (vec(column(), 1..5), "[ab,\"]{1,2}", order).prop_flat_map(|(columns, result, order)| {
        let row: Vec<_> = columns.iter().map(|column| cell(column.kind)).collect();
        vec(row, 0..6).prop_map(move |rows| Block {
            result: result.clone(),
            columns: columns.clone(),
            rows,
            order: order.clone(),
        })
    })
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn line(first: &str, cells: impl Iterator<Item = String>, end: &str) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    format!("{first},{}{end}", cells.join(","))
}

fn write(block: &Block, end: &str) -> String {
    let mut text = String::new();
    let columns = || block.columns.iter();
    for annotation in &block.order {
        let first = format!("#{annotation}");
        let cells: Vec<String> = match *annotation {
            "datatype" => ["string".to_owned()]
                .into_iter()
                .chain(columns().map(|column| KINDS[column.kind].to_owned()))
                .collect(),
            "group" => columns()
                .map(|_| "false".to_owned())
                .chain(["true".to_owned()])
                .collect(),
            _ => [block.result.clone()]
                .into_iter()
                .chain(columns().map(|column| match &column.default {
                    Some((text, _)) => text.clone(),
                    None => String::new(),
                }))
                .collect(),
        };
        text += &line(&first, cells.into_iter(), end);
    }
    let names = ["result".to_owned()].into_iter();
    text += &line(
        "",
        names.chain(columns().map(|column| column.name.clone())),
        end,
    );
    for row in &block.rows {
        let cells = [String::new()].into_iter();
        text += &line(
            "",
            cells.chain(row.iter().map(|(text, _)| text.clone())),
            end,
        );
    }
    text + end
}

fn expected(blocks: &[Block]) -> Vec<Seen> {
    let (mut seen, mut results, mut open) = (Vec::new(), Vec::new(), None);
    for block in blocks {
        let known = results.iter().position(|name| *name == block.result);
        let number = known.unwrap_or_else(|| {
            results.push(block.result.clone());
            results.len() - 1
        });
        let statement = u32::try_from(number).expect("few results");
        if let Some(before) = open
            .replace(statement)
            .filter(|before| *before != statement)
        {
            seen.push(Seen::End { statement: before });
        }
        let mut columns = vec![("result".to_owned(), DataType::Utf8)];
        columns.extend(
            block
                .columns
                .iter()
                .map(|column| (column.name.clone(), data_type(column.kind))),
        );
        seen.push(Seen::Series {
            statement,
            name: Some(block.result.clone()),
            tags: Vec::new(),
            columns,
        });
        let row = |row: &Vec<Cell>| {
            let cells = row
                .iter()
                .zip(&block.columns)
                .map(|((text, value), column)| match &column.default {
                    Some((_, default)) if text.is_empty() => default.clone(),
                    _ => value.clone(),
                });
            [Tree::Text(block.result.clone())]
                .into_iter()
                .chain(cells)
                .collect()
        };
        seen.push(Seen::Batch(block.rows.iter().map(row).collect()));
    }
    if let Some(statement) = open {
        seen.push(Seen::End { statement });
    }
    seen
}

proptest! {
    #[test]
    fn random_answers_are_decoded(
        blocks in vec(block(), 1..4),
        piece in 1usize..40,
        end in prop_oneof![Just("\r\n"), Just("\n")],
    ) {
        let body: String = blocks.iter().map(|block| write(block, end)).collect();
        let pieces = body.as_bytes().chunks(piece);
        let (events, result) = decode(Decoder::new(Format::FluxCsv), pieces, End::Proven);
        prop_assert_eq!(result, Ok(()));
        let seen: Vec<_> = events.iter().map(to_seen).collect();
        prop_assert_eq!(&seen, &expected(&blocks));
        let decoder = Decoder::new(Format::FluxCsv).text_views();
        let (events, result) = decode(decoder, [body.as_bytes()], End::Proven);
        prop_assert_eq!(result, Ok(()));
        let views: Vec<_> = events.iter().map(to_seen_without_views).collect();
        prop_assert_eq!(views, seen);
    }
}
