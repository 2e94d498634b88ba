//! Runs the decoder, and converts its events to a form that can be compared.

use aioinflux::answer::{Answer, Collector};
use aioinflux::decode::{DecodeError, Decoder, End, Event, Format};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};

use super::tree::Tree;

/// An event of the decoder, in a form without Arrow types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Series {
        statement: u32,
        name: Option<String>,
        tags: Vec<(String, String)>,
        columns: Vec<(String, DataType)>,
    },
    Batch(Vec<Vec<Tree>>),
    Message {
        statement: u32,
        level: String,
        text: String,
    },
    Error {
        statement: u32,
        message: String,
    },
    End {
        statement: u32,
    },
}

pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
}

pub(crate) fn drain(decoder: &mut Decoder) -> Vec<Event> {
    std::iter::from_fn(|| decoder.next_event()).collect()
}

/// Decodes pieces. Returns the events that the decoder produced, even if decoding fails.
pub(crate) fn decode<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    end: End,
) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut events = Vec::new();
    for piece in pieces {
        let fed = decoder.feed(piece);
        events.extend(drain(&mut decoder));
        if fed.is_err() {
            assert_eq!(decoder.finish(End::Proven), fed, "an error stays");
            return (events, fed);
        }
    }
    let finished = decoder.finish(end);
    events.extend(drain(&mut decoder));
    (events, finished)
}

pub(crate) fn decode_whole(format: Format, body: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
    decode(Decoder::new(format), [body], End::Proven)
}

pub(crate) fn collect(events: Vec<Event>) -> Answer {
    let mut collector = Collector::new();
    for event in events {
        collector.push(event);
    }
    collector.finish()
}

/// Decodes a body, and panics if the body is invalid.
pub(crate) fn seen(format: Format, body: &[u8]) -> Vec<Seen> {
    let (events, result) = decode_whole(format, body);
    assert_eq!(result, Ok(()), "{}", String::from_utf8_lossy(body));
    events.iter().map(to_seen).collect()
}

pub(crate) fn to_seen(event: &Event) -> Seen {
    match event.clone() {
        Event::Series(header) => Seen::Series {
            statement: header.statement,
            name: header.name,
            tags: header.tags,
            columns: header
                .schema
                .fields()
                .iter()
                .map(|field| (field.name().clone(), field.data_type().clone()))
                .collect(),
        },
        Event::Batch(batch) => Seen::Batch(rows(&batch)),
        Event::Message {
            statement,
            level,
            text,
        } => Seen::Message {
            statement,
            level,
            text,
        },
        Event::StatementError { statement, message } => Seen::Error { statement, message },
        Event::StatementEnd { statement } => Seen::End { statement },
        other => panic!("unknown event {other:?}"),
    }
}

/// Converts an event of a decoder with string views. Returns the event that a decoder without
/// string views would produce.
pub(crate) fn to_seen_without_views(event: &Event) -> Seen {
    let mut seen = to_seen(event);
    if let Seen::Series { columns, .. } = &mut seen {
        for (name, kind) in columns {
            assert_ne!(*kind, DataType::Utf8, "column {name} is none of views");
            if *kind == DataType::Utf8View {
                *kind = DataType::Utf8;
            }
        }
    }
    seen
}

pub(crate) fn rows(batch: &RecordBatch) -> Vec<Vec<Tree>> {
    let row = |row| {
        batch
            .columns()
            .iter()
            .map(|column| cell(column.as_ref(), row))
            .collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn cell(column: &dyn Array, row: usize) -> Tree {
    if column.is_null(row) || *column.data_type() == DataType::Null {
        return Tree::Null;
    }
    match column.data_type() {
        DataType::Int64 => Tree::Integer(column.as_primitive::<Int64Type>().value(row).into()),
        DataType::UInt64 => Tree::Integer(column.as_primitive::<UInt64Type>().value(row).into()),
        DataType::Float64 => Tree::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Tree::Boolean(column.as_boolean().value(row)),
        DataType::Utf8 => Tree::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::Utf8View => Tree::Text(column.as_string_view().value(row).to_owned()),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Tree::Time(column.as_primitive::<TimestampNanosecondType>().value(row))
        }
        other => panic!("a column of type {other}"),
    }
}

pub(crate) fn batches(events: &[Event]) -> impl Iterator<Item = &RecordBatch> {
    events.iter().filter_map(|event| match event {
        Event::Batch(batch) => Some(batch),
        _ => None,
    })
}
