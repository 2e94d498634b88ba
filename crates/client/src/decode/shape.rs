//! The fixed shape of an answer, the same in every format: its containers and their keys.

use super::error::{DecodeErrorKind, Fault};

/// Most columns, tags or messages in one list: an item of a byte or two becomes a hundred.
pub(super) const MAX_ITEMS: u32 = 1 << 20;

pub(super) fn too_many_items() -> Fault {
    Fault::new(
        DecodeErrorKind::Oversized,
        format!("expected a list of {MAX_ITEMS} items at most"),
    )
}

/// The container that the machine is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Level {
    /// Between two documents.
    #[default]
    Outside,
    Document,
    Results,
    Result,
    SeriesList,
    Series,
    Values,
}

/// Keys that mean something, each in its containers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Key {
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
    pub(super) fn parent(self) -> Self {
        match self {
            Self::Outside | Self::Document => Self::Outside,
            Self::Results => Self::Document,
            Self::Result => Self::Results,
            Self::SeriesList => Self::Result,
            Self::Series => Self::SeriesList,
            Self::Values => Self::Series,
        }
    }

    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Document | Self::Result | Self::Series)
    }
}

impl Key {
    pub(super) fn of(level: Level, key: &str) -> Self {
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
