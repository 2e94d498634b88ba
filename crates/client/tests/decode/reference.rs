//! Decodes answers in a slow and simple way. The reference decoder builds a tree of the whole body,
//! and applies every rule to this tree.

use arrow_schema::DataType;

use super::support::Seen;
use super::tree::{Tree, json_documents, msgpack_documents};
use aioinflux::decode::Format;

/// The events that the reference decoder finds in a body.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) seen: Vec<Seen>,
    /// Whether the body is complete, which means that it consists of whole documents, and that none
    /// is missing.
    pub(crate) complete: bool,
}

pub(crate) fn decode(format: Format, body: &[u8], batch_rows: usize) -> Reference {
    let (documents, clean) = match format {
        Format::Json => json_documents(body),
        _ => msgpack_documents(body),
    };
    let mut state = State {
        format,
        batch_rows,
        last: -1,
        open: false,
        series: None,
        seen: vec![],
    };
    for document in &documents {
        if document.get("error").is_some() {
            return Reference {
                seen: state.seen,
                complete: false,
            };
        }
        for result in document.list("results") {
            state.result(result);
        }
    }
    let complete = clean && !documents.is_empty() && !state.open;
    Reference {
        seen: state.seen,
        complete,
    }
}

struct State {
    format: Format,
    batch_rows: usize,
    last: i64,
    /// Whether the last result of the previous document was partial.
    open: bool,
    /// The series that was partial at the end of the last result, with the types of its columns.
    series: Option<(Header, Vec<DataType>)>,
    seen: Vec<Seen>,
}

#[derive(Debug, Clone, PartialEq)]
struct Header {
    name: Option<String>,
    tags: Vec<(String, String)>,
    columns: Vec<String>,
}

impl State {
    fn result(&mut self, result: &Tree) {
        let id = match result.get("statement_id") {
            Some(Tree::Integer(id)) => i64::try_from(*id).expect("a small id"),
            _ if self.open => self.last,
            _ => self.last + 1,
        };
        self.last = id;
        let statement = u32::try_from(id).expect("a small id");
        if self.format == Format::Msgpack {
            self.messages(statement, result);
        }
        for series in result.list("series") {
            self.series(statement, series);
        }
        if self.format == Format::Json {
            self.messages(statement, result);
        }
        self.open = result.is_true("partial") || self.series.is_some();
        if let Some(message) = result.text("error") {
            self.seen.push(Seen::Error { statement, message });
            self.open = false;
            self.series = None;
        }
        if !self.open {
            self.seen.push(Seen::End { statement });
        }
    }

    fn messages(&mut self, statement: u32, result: &Tree) {
        for message in result.list("messages") {
            let level = message.text("level").unwrap_or_default();
            let text = message.text("text").unwrap_or_default();
            self.seen.push(Seen::Message {
                statement,
                level,
                text,
            });
        }
    }

    fn series(&mut self, statement: u32, series: &Tree) {
        let header = header(series);
        let mut before = match self.series.take() {
            Some((cut, types)) if cut == header => Some(types),
            _ => None,
        };
        let rows = series.list("values");
        let mut start = 0;
        while start < rows.len() || before.is_none() {
            let carried = before
                .clone()
                .unwrap_or_else(|| vec![DataType::Null; header.columns.len()]);
            let (count, types) = self.longest_batch(&header, &rows[start..], &carried);
            if before.as_ref() != Some(&types) {
                let Header {
                    name,
                    tags,
                    columns,
                } = header.clone();
                let columns = columns.into_iter().zip(types.clone()).collect();
                self.seen.push(Seen::Series {
                    statement,
                    name,
                    tags,
                    columns,
                });
            }
            let batch = rows[start..start + count]
                .iter()
                .map(|row| typed(row, &types))
                .collect();
            self.seen.push(Seen::Batch(batch));
            before = Some(types);
            start += count;
        }
        if series.is_true("partial") {
            self.series = before.map(|types| (header, types));
        }
    }

    /// Returns how many rows from the start of `rows` fit into one batch, and the types of their
    /// columns.
    fn longest_batch(
        &self,
        header: &Header,
        rows: &[Tree],
        carried: &[DataType],
    ) -> (usize, Vec<DataType>) {
        let mut best = (0, carried.to_vec());
        for count in 1..=rows.len().min(self.batch_rows) {
            let types: Option<Vec<DataType>> = (0..header.columns.len())
                .map(|column| {
                    let values = rows[..count].iter().map(|row| cells(row)[column].clone());
                    let is_time = column == 0 && header.columns[0] == "time";
                    let promotes = self.format == Format::Json && !is_time;
                    column_type(values, carried[column].clone(), is_time, promotes)
                })
                .collect();
            match types {
                Some(types) => best = (count, types),
                None => break,
            }
        }
        best
    }
}

fn header(series: &Tree) -> Header {
    let mut tags = Vec::new();
    if let Some(Tree::Map(members)) = series.get("tags") {
        for (key, value) in members {
            let Tree::Text(value) = value else {
                panic!("a tag is text")
            };
            tags.push((key.clone(), value.clone()));
        }
    }
    tags.sort();
    let columns = series.list("columns").iter().map(|column| match column {
        Tree::Text(column) => column.clone(),
        other => panic!("{other:?} is no column"),
    });
    Header {
        name: series.text("name"),
        tags,
        columns: columns.collect(),
    }
}

fn cells(row: &Tree) -> &[Tree] {
    let Tree::List(cells) = row else {
        panic!("{row:?} is no row")
    };
    cells
}

/// Returns the type of a column with these values, if the rows before them had the type `carried`.
/// If the types of the values do not fit together, returns `None`.
fn column_type(
    values: impl Iterator<Item = Tree>,
    carried: DataType,
    is_time: bool,
    promotes: bool,
) -> Option<DataType> {
    let mut kind = carried;
    let mut seen: Vec<Tree> = Vec::new();
    for value in values.filter(|value| *value != Tree::Null) {
        let own = own_type(&value, is_time);
        let integers = |wanted: fn(&i128) -> bool| {
            seen.iter().chain([&value]).all(|value| match value {
                Tree::Integer(n) => wanted(n),
                _ => true,
            })
        };
        let both = [&kind, &own];
        let has = |kind| both.contains(&&kind);
        let whole = has(DataType::Int64) || has(DataType::UInt64);
        kind = if kind == own {
            own
        } else if promotes && whole && has(DataType::Float64) && integers(is_float) {
            DataType::Float64
        } else if has(DataType::Int64) && has(DataType::UInt64) && integers(|n| *n >= 0) {
            DataType::UInt64
        } else if seen.is_empty() {
            own
        } else {
            return None;
        };
        seen.push(value);
    }
    Some(kind)
}

fn own_type(value: &Tree, is_time: bool) -> DataType {
    match value {
        Tree::Boolean(_) => DataType::Boolean,
        Tree::Integer(n) if i64::try_from(*n).is_err() => DataType::UInt64,
        Tree::Integer(_) if is_time => super::support::time_type(),
        Tree::Integer(_) => DataType::Int64,
        Tree::Float(_) => DataType::Float64,
        Tree::Time(_) => super::support::time_type(),
        Tree::Text(_) => DataType::Utf8,
        other => panic!("{other:?} in a row"),
    }
}

/// Returns whether the server could have written this integer for a float. A server may write a
/// float as its exact value, or as its shortest digits followed by zeros.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the question"
)]
fn is_float(n: &i128) -> bool {
    let float = *n as f64;
    float as i128 == *n || format!("{float}") == format!("{n}")
}

#[expect(clippy::cast_precision_loss, reason = "only where `is_float`")]
fn typed(row: &Tree, types: &[DataType]) -> Vec<Tree> {
    let cast = |(cell, kind): (&Tree, &DataType)| match (cell, kind) {
        (Tree::Integer(n), DataType::Float64) => Tree::Float(*n as f64),
        (Tree::Integer(n), DataType::Timestamp(..)) => {
            Tree::Time(i64::try_from(*n).expect("a time fits"))
        }
        (cell, _) => cell.clone(),
    };
    cells(row).iter().zip(types).map(cast).collect()
}
