//! What comes out of an answer, and what is known about it.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `application/json`. Whole floats look like integers in it.
    Json,
    /// `application/x-msgpack`, as 1.x and 2.x write it.
    Msgpack,
}

/// What the caller knows about the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Its length, last chunk or trailer says that it is whole.
    Proven,
    /// The connection ended, no more is known.
    Unproven,
}

/// What comes out of an answer, in its order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A series begins, or goes on with other columns or types. At least one batch follows.
    Series(SeriesHeader),
    /// Rows of the series named last; none if the series has columns alone.
    Batch(RecordBatch),
    /// The server's remark, e.g. a warning.
    Message {
        /// Index of the statement in the query.
        statement: u32,
        /// E.g. `warning`.
        level: String,
        /// The remark itself.
        text: String,
    },
    /// A statement failed; rows of it may have come before.
    StatementError {
        /// Index of the statement in the query.
        statement: u32,
        /// The server's text.
        message: String,
    },
    /// Nothing more comes of a statement, whether it failed or not.
    StatementEnd {
        /// Index of the statement in the query.
        statement: u32,
    },
}

/// What the rows of the next batches have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesHeader {
    /// Index of the statement in the query.
    pub statement: u32,
    /// The measurement, for most statements.
    pub name: Option<String>,
    /// The tags of `GROUP BY`, sorted by key.
    pub tags: Vec<(String, String)>,
    /// Columns and types of the batches.
    pub schema: SchemaRef,
}
