//! Defines the events of an answer, and [`End`], which says whether the body is known to be
//! complete.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// The formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `application/json`. JSON does not distinguish whole floats from integers.
    Json,
    /// `application/x-msgpack`, as written by 1.x and 2.x.
    Msgpack,
    /// Annotated CSV: the answer to a Flux query.
    FluxCsv,
}

/// What the caller knows about the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The length, the last chunk or the trailer proves that the body is complete.
    Proven,
    /// The connection ended, and nothing else is known.
    Unproven,
}

/// The events of an answer, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A series begins, or continues with different columns or types. At least one batch follows
    /// this event.
    Series(SeriesHeader),
    /// Rows of the most recent series. The batch has no rows if the series has only columns.
    Batch(RecordBatch),
    /// A message from the server, such as a warning.
    Message {
        /// The index of the statement in the query.
        statement: u32,
        /// E.g. `warning`.
        level: String,
        /// The text of the message.
        text: String,
    },
    /// A statement failed. Rows of the failed statement may have been returned before this event.
    StatementError {
        /// The index of the statement in the query.
        statement: u32,
        /// The error text from the server.
        message: String,
    },
    /// A statement has ended, whether it failed or not.
    StatementEnd {
        /// The index of the statement in the query.
        statement: u32,
    },
}

/// The properties that all rows of the next batches share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesHeader {
    /// The index of the statement in the query.
    pub statement: u32,
    /// The measurement, for most kinds of statements.
    pub name: Option<String>,
    /// The tags from `GROUP BY`, sorted by key.
    pub tags: Vec<(String, String)>,
    /// The columns of the batches, with their types.
    pub schema: SchemaRef,
}
