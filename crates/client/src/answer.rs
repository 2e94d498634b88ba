//! A whole answer in memory.

use arrow_array::RecordBatch;

use crate::decode::Event;

/// Everything that a query answered.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The statements in the order of the query.
    pub statements: Vec<Statement>,
}

/// What one statement answered.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// Index of the statement in the query.
    pub id: u32,
    /// Its series.
    pub series: Vec<Series>,
    /// The server's remarks: level and text.
    pub messages: Vec<(String, String)>,
    /// Why it failed.
    pub error: Option<String>,
}

/// One series.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The measurement.
    pub name: Option<String>,
    /// The tags of `GROUP BY`.
    pub tags: Vec<(String, String)>,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl Answer {
    /// Adds what a decoder gives next.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Series(header) => {
                let series = &mut self.statement(header.statement).series;
                if series
                    .last()
                    .is_none_or(|s| s.name != header.name || s.tags != header.tags)
                {
                    series.push(Series {
                        name: header.name,
                        tags: header.tags,
                        batches: Vec::new(),
                    });
                }
            }
            Event::Batch(batch) => {
                let series = self.statements.last_mut().and_then(|s| s.series.last_mut());
                if let Some(series) = series {
                    series.batches.push(batch);
                }
            }
            Event::Message {
                statement,
                level,
                text,
            } => {
                self.statement(statement).messages.push((level, text));
            }
            Event::StatementError { statement, message } => {
                self.statement(statement).error = Some(message);
            }
            Event::StatementEnd { statement } => {
                self.statement(statement);
            }
        }
    }

    fn statement(&mut self, id: u32) -> &mut Statement {
        if self.statements.last().is_none_or(|last| last.id != id) {
            self.statements.push(Statement {
                id,
                ..Statement::default()
            });
        }
        self.statements.last_mut().expect("one was pushed")
    }
}
