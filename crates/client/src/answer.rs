//! Holds a complete answer to a query: the statements, their series, and the rows of the series as
//! Arrow record batches.
//!
//! [`Collector`] builds an [`Answer`] from the events of a
//! [`decode::Decoder`](crate::decode::Decoder). A [`Collector`] can return its [`Answer`] at any
//! time. If the server's answer ended early, this [`Answer`] contains the part that arrived.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::decode::{Event, SeriesHeader};

/// The answer to a query: the results of its statements, in the order of the statements.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The results; the list has one entry for each statement that the server answered.
    pub statements: Vec<Statement>,
}

/// The result of one statement of a query.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// The index of the statement in the query.
    pub id: u32,
    /// The series of the result, in the order in which the server sent them. If the statement fails
    /// later, the series that arrived before the failure are kept.
    pub series: Vec<Series>,
    /// Messages from the server, such as warnings.
    pub messages: Vec<Message>,
    /// The error text that the server sent for this statement, if the statement failed.
    pub error: Option<String>,
}

/// A series of an answer: rows that share a name, tags and columns.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The name of the series, which is the measurement for most kinds of statements.
    pub name: Option<String>,
    /// The tags that `GROUP BY` gave this series, sorted by key.
    pub tags: Vec<(String, String)>,
    /// The batches that contain the rows of the series, in the order in which the server sent them.
    /// All batches of a series have the same column names. If values changed type within the
    /// series, the column types differ between the batches.
    pub batches: Vec<RecordBatch>,
}

/// A message from the server, such as a warning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// E.g. `warning`.
    pub level: String,
    /// The text of the server's message.
    pub text: String,
}

impl Answer {
    /// Returns an answer that contains a single batch of a single series.
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

    /// Returns an answer that contains the result of one statement and no series.
    pub fn of_nothing(statement: u32) -> Self {
        let statement = Statement {
            id: statement,
            ..Statement::default()
        };
        Self {
            statements: vec![statement],
        }
    }

    /// Returns the index of the first statement that failed, and the error text that the server
    /// sent for it.
    pub fn first_error(&self) -> Option<(u32, &str)> {
        self.statements.iter().find_map(|statement| {
            let error = statement.error.as_deref()?;
            Some((statement.id, error))
        })
    }

    /// Returns the total number of rows in the results of all statements.
    pub fn rows(&self) -> usize {
        self.statements
            .iter()
            .flat_map(|statement| &statement.series)
            .map(Series::rows)
            .sum()
    }
}

impl Series {
    /// Returns the number of rows in all batches of the series.
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

/// Collects the events of an answer into an [`Answer`].
#[derive(Debug, Default)]
pub struct Collector {
    answer: Answer,
    /// Whether more results may follow for the last statement of `answer`.
    is_open: bool,
}

impl Collector {
    /// Returns a collector for one answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next event to the answer.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Series(header) => {
                // For some statements (such as `SHOW TAG KEYS`), 1.x sends one result for each
                // series.
                let last = self.answer.statements.last();
                self.is_open |=
                    last.is_some_and(|last| last.id == header.statement && last.error.is_none());
                self.series(header);
            }
            Event::Batch(batch) => {
                // A decoder always announces a series before it returns a batch of the series.
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

    /// Returns the answer that was collected so far.
    pub fn finish(self) -> Answer {
        self.answer
    }

    /// Returns the statement that an event with this `id` belongs to. A statement that has
    /// already ended is resumed only when another of its series is announced. Any other event with
    /// the id of an ended statement begins a new statement. The reason is that 1.x sends the id 0
    /// with some errors of later statements.
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
