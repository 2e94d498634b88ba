//! Defines the error for tables that cannot be written.

use arrow_schema::{ArrowError, DataType};

use crate::error::{Error, ErrorKind};

/// The reason why a table cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// Line protocol cannot represent the type of a column in the column's role (such as tag or
    /// time).
    Type {
        /// The name of the column.
        column: String,
        /// The Arrow type of the column.
        data_type: DataType,
        /// The types that a column with this role can have.
        expected: &'static str,
    },
    /// The layout refers to a column that the table does not have.
    Position {
        /// The position that the layout refers to, counted from 0.
        position: usize,
        /// The number of columns in the table.
        columns: usize,
    },
    /// The time of a row is missing.
    Time {
        /// The index of the row whose time is missing.
        row: u64,
    },
    /// The time of a row is outside the range of 64-bit nanoseconds.
    TimeRange {
        /// The index of the row with the invalid time.
        row: u64,
        /// The time of the row as a number with its unit.
        time: String,
    },
    /// The time of a row is text, and this text is not a valid time or is outside the range of
    /// 64-bit nanoseconds.
    TimeText {
        /// The index of the row with the invalid time.
        row: u64,
        /// The text of the time, which is shortened if it is long.
        text: String,
    },
    /// Reading the next part of the table failed.
    Arrow(ArrowError),
    /// A row cannot be represented in line protocol.
    Line(aioinflux_line::Error),
}

impl FrameError {
    /// The types that a time column can have. A time column of floats is refused, because floats
    /// cannot represent current times in nanoseconds and their unit is unknown.
    pub const TIMES: &str =
        "timestamps, dates, text, or integers in the unit that `time_unit` names";
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Type {
                column,
                data_type,
                expected,
            } => {
                write!(
                    f,
                    "column `{column}`: expected {expected}, got `{data_type}`"
                )
            }
            Self::Position { position, columns } => {
                write!(
                    f,
                    "layout: no column {position}; the frame has {columns} columns"
                )
            }
            Self::Time { row } => {
                write!(f, "point {row}: the time is missing")
            }
            Self::TimeRange { row, time } => {
                write!(
                    f,
                    "point {row}: time `{time}` is outside 64-bit nanoseconds, the years 1677 to \
                     2262"
                )
            }
            Self::TimeText { row, text } => {
                write!(
                    f,
                    "point {row}: time `{text}`: expected ISO 8601 within 64-bit nanoseconds"
                )
            }
            Self::Arrow(error) => error.fmt(f),
            Self::Line(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Line(error) => std::error::Error::source(error),
            Self::Arrow(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<aioinflux_line::Error> for FrameError {
    fn from(error: aioinflux_line::Error) -> Self {
        Self::Line(error)
    }
}

impl From<ArrowError> for FrameError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Line(error) => error.into(),
            other => Self::new(ErrorKind::Input, false, other.to_string()),
        }
    }
}
