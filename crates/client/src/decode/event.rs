//! The events of an answer, and what the caller knows about the end of the answer.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `application/json`. It does not distinguish whole floats from integers.
    Json,
    /// `application/x-msgpack`, as 1.x and 2.x write it.
    Msgpack,
    /// Annotated CSV: the answer to a Flux query.
    FluxCsv,
}

/// What the caller knows about the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Its length, last chunk or trailer proves that it is complete.
    Proven,
    /// The connection ended; nothing else is known.
    Unproven,
}

/// The events of an answer, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A series begins, or continues with different columns or types. At least one batch follows.
    Series(SeriesHeader),
    /// Rows of the most recent series. There are none if the series has only columns.
    Batch(RecordBatch),
    /// A message of the server, such as a warning.
    Message {
        /// Index of the statement in the query.
        statement: u32,
        /// E.g. `warning`.
        level: String,
        /// The text of the message.
        text: String,
    },
    /// A statement failed. Rows of it may have come before.
    StatementError {
        /// Index of the statement in the query.
        statement: u32,
        /// The error text of the server.
        message: String,
    },
    /// A statement has ended, whether it failed or not.
    StatementEnd {
        /// Index of the statement in the query.
        statement: u32,
    },
}

/// What the rows of the next batches share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesHeader {
    /// Index of the statement in the query.
    pub statement: u32,
    /// The measurement, for most kinds of statements.
    pub name: Option<String>,
    /// The tags of `GROUP BY`, sorted by key.
    pub tags: Vec<(String, String)>,
    /// Columns and types of the batches.
    pub schema: SchemaRef,
}
