//! Defines the events of an answer, and [`End`], which says whether the body is known to be
//! complete.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// The format of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `application/json`. JSON does not distinguish whole floats from integers.
    Json,
    /// `MessagePack` (`application/x-msgpack`), as 1.x and 2.x write it.
    Msgpack,
    /// Annotated CSV, which is the format of the answer to a Flux query.
    FluxCsv,
}

/// Whether the caller knows that a body is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The length, the last chunk or the trailer proves that the body is complete.
    Proven,
    /// The connection ended, and nothing proves that the body is complete.
    Unproven,
}

/// One step in decoding an answer, such as the start of a series or the end of a statement. A
/// decoder returns the events in the order of the answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A series begins, or a series continues with different columns or column types. After this
    /// event, at least one batch of the series follows.
    Series(SeriesHeader),
    /// The next rows of the series that began most recently. The batch is empty if the server sent
    /// column names but no values for the series.
    Batch(RecordBatch),
    /// A message that the server sent with a result, such as a warning.
    Message {
        /// The index of the statement in the query.
        statement: u32,
        /// E.g. `warning`.
        level: String,
        /// The text of the server's message.
        text: String,
    },
    /// A statement failed. Rows of the failed statement may have been returned in earlier events.
    StatementError {
        /// The index of the statement in the query.
        statement: u32,
        /// The error text that the server sent for the statement.
        message: String,
    },
    /// All events of a statement have been returned, whether or not the statement failed.
    StatementEnd {
        /// The index of the statement in the query.
        statement: u32,
    },
}

/// The name, tags and columns that all rows of the batches after this header share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesHeader {
    /// The index of the statement in the query.
    pub statement: u32,
    /// The name of the series, which is the measurement for most kinds of statements.
    pub name: Option<String>,
    /// The tags that `GROUP BY` gave this series, sorted by key.
    pub tags: Vec<(String, String)>,
    /// The names and types of the columns in the batches.
    pub schema: SchemaRef,
}
