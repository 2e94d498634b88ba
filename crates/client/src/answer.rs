//! A query's answer as a whole: statements, their series, their rows as record batches.
//!
//! [`Collector`] makes it of the events of a [`decode::Decoder`](crate::decode::Decoder), at
//! any time: an answer that ended early is collected as far as it came.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::decode::{Event, SeriesHeader};

/// What the statements of a query gave, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// One entry per statement that the server answered.
    pub statements: Vec<Statement>,
}

/// What one statement gave.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// Index of the statement in the query.
    pub id: u32,
    /// Its series, in the server's order. They stay when the statement fails later.
    pub series: Vec<Series>,
    /// The server's remarks.
    pub messages: Vec<Message>,
    /// The server's text, if the statement failed.
    pub error: Option<String>,
}

/// Rows that share a name, tags and columns.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The measurement, for most statements.
    pub name: Option<String>,
    /// The tags of `GROUP BY`, sorted by key.
    pub tags: Vec<(String, String)>,
    /// The rows, in the server's order. All batches have columns of the same names; their types
    /// differ where the values changed type in the middle.
    pub batches: Vec<RecordBatch>,
}

/// A remark of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// E.g. `warning`.
    pub level: String,
    /// The remark itself.
    pub text: String,
}

impl Answer {
    /// Returns the answer that one batch of a series is.
    pub fn of_batch(header: &SeriesHeader, batch: RecordBatch) -> Self {
        let series = Series {
            name: header.name.clone(),
            tags: header.tags.clone(),
            batches: vec![batch],
        };
        let statement = Statement {
            id: header.statement,
            series: vec![series],
            ..Statement::default()
        };
        Self {
            statements: vec![statement],
        }
    }

    /// Returns the answer of one statement that gave no series.
    pub fn of_nothing(statement: u32) -> Self {
        let statement = Statement {
            id: statement,
            ..Statement::default()
        };
        Self {
            statements: vec![statement],
        }
    }

    /// Returns the first statement that failed, and the server's text.
    pub fn first_error(&self) -> Option<(u32, &str)> {
        self.statements.iter().find_map(|statement| {
            let error = statement.error.as_deref()?;
            Some((statement.id, error))
        })
    }

    /// Returns the number of rows of all statements.
    pub fn rows(&self) -> usize {
        self.statements
            .iter()
            .flat_map(|statement| &statement.series)
            .map(Series::rows)
            .sum()
    }
}

impl Series {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn has_columns_of(&self, schema: &Schema) -> bool {
        self.batches.last().is_some_and(|batch| {
            let before = batch.schema();
            let names = before.fields().iter().map(|field| field.name());
            names.eq(schema.fields().iter().map(|field| field.name()))
        })
    }
}

/// Collects events to an [`Answer`].
#[derive(Debug, Default)]
pub struct Collector {
    answer: Answer,
    /// Whether the statement that came last may still get more.
    is_open: bool,
}

impl Collector {
    /// Returns a collector of one answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next event.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Series(header) => {
                // 1.x gives some statements (`SHOW TAG KEYS`) as a result for each series.
                let last = self.answer.statements.last();
                self.is_open |=
                    last.is_some_and(|last| last.id == header.statement && last.error.is_none());
                self.series(header);
            }
            Event::Batch(batch) => {
                // A decoder gives no batch before its series.
                let statement = self.answer.statements.last_mut();
                if let Some(series) = statement.and_then(|statement| statement.series.last_mut()) {
                    series.batches.push(batch);
                }
            }
            Event::Message {
                statement,
                level,
                text,
            } => {
                self.statement(statement)
                    .messages
                    .push(Message { level, text });
            }
            Event::StatementError { statement, message } => {
                self.statement(statement).error = Some(message);
            }
            Event::StatementEnd { statement } => {
                self.statement(statement);
                self.is_open = false;
            }
        }
    }

    /// Returns what came so far.
    pub fn finish(self) -> Answer {
        self.answer
    }

    /// Returns the statement that the event is of. One that ended is gone back to for more series
    /// only: 1.x gives the id 0 to some errors of later statements.
    fn statement(&mut self, id: u32) -> &mut Statement {
        let statements = &mut self.answer.statements;
        let goes_on = self.is_open && statements.last().is_some_and(|last| last.id == id);
        if !goes_on {
            statements.push(Statement {
                id,
                ..Statement::default()
            });
            self.is_open = true;
        }
        let last = statements.len() - 1;
        &mut statements[last]
    }

    fn series(&mut self, header: SeriesHeader) {
        let SeriesHeader {
            statement,
            name,
            tags,
            schema,
        } = header;
        let series = &mut self.statement(statement).series;
        let goes_on = series.last().is_some_and(|last| {
            last.name == name && last.tags == tags && last.has_columns_of(&schema)
        });
        if !goes_on {
            series.push(Series {
                name,
                tags,
                batches: Vec::new(),
            });
        }
    }
}
