//! Defines the containers and keys that an answer consists of. JSON and `MessagePack` answers have
//! the same shape.

use crate::decode::error::{DecodeErrorKind, Fault};

/// The maximum length in bytes of a buffered value, such as a row or a list of columns.
pub(in crate::decode) const MAX_VALUE_BYTES: usize = 256 << 20;

/// The maximum number of columns, tags or messages in one list. The limit bounds memory use,
/// because an item of one or two bytes in the answer takes a hundred bytes in memory.
pub(in crate::decode) const MAX_ITEMS: u32 = 1 << 20;

pub(in crate::decode) fn too_many_items() -> Fault {
    Fault::new(
        DecodeErrorKind::Oversized,
        format!("expected a list of at most {MAX_ITEMS} items"),
    )
}

/// The container whose contents the parser is reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::decode) enum Level {
    /// The parser is between two documents.
    #[default]
    Outside,
    Document,
    Results,
    Result,
    SeriesList,
    Series,
    Values,
}

/// The object keys that the decoder interprets. Each key is valid only in certain containers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::decode) enum Key {
    Results,
    Error,
    StatementId,
    Series,
    Messages,
    Partial,
    Name,
    Tags,
    Columns,
    Values,
    #[default]
    Other,
}

impl Level {
    pub(in crate::decode) fn parent(self) -> Self {
        match self {
            Self::Outside | Self::Document => Self::Outside,
            Self::Results => Self::Document,
            Self::Result => Self::Results,
            Self::SeriesList => Self::Result,
            Self::Series => Self::SeriesList,
            Self::Values => Self::Series,
        }
    }

    pub(in crate::decode) fn is_object(self) -> bool {
        matches!(self, Self::Document | Self::Result | Self::Series)
    }
}

impl Key {
    pub(in crate::decode) fn of(level: Level, key: &str) -> Self {
        match (level, key) {
            (Level::Document, "results") => Self::Results,
            (Level::Document | Level::Result, "error") => Self::Error,
            (Level::Result, "statement_id") => Self::StatementId,
            (Level::Result, "series") => Self::Series,
            (Level::Result, "messages") => Self::Messages,
            (Level::Result | Level::Series, "partial") => Self::Partial,
            (Level::Series, "name") => Self::Name,
            (Level::Series, "tags") => Self::Tags,
            (Level::Series, "columns") => Self::Columns,
            (Level::Series, "values") => Self::Values,
            _ => Self::Other,
        }
    }
}
