//! Defines the error for tables that cannot be written.

use arrow_schema::{ArrowError, DataType};

use crate::error::{Error, ErrorKind};

/// The reason why a frame cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// A column has a type that line protocol cannot represent in the column's role.
    Type {
        /// The name of the column.
        column: String,
        /// The Arrow type of the column.
        data_type: DataType,
        /// The types that are possible in the role of the column.
        expected: &'static str,
    },
    /// The layout refers to a column that the table does not have.
    Position {
        /// The position of the column, counted from 0.
        position: usize,
        /// The number of columns in the table.
        columns: usize,
    },
    /// The time of a row is missing.
    Time {
        /// The index of the row.
        row: u64,
    },
    /// The time of a row is outside the range of 64-bit nanoseconds.
    TimeRange {
        /// The index of the row.
        row: u64,
        /// The time as a number, with its unit.
        time: String,
    },
    /// The time of a row is text that is not a valid time, or is outside the range of 64-bit
    /// nanoseconds.
    TimeText {
        /// The index of the row.
        row: u64,
        /// The text of the time, cut if it is long.
        text: String,
    },
    /// The table cannot be read any further.
    Arrow(ArrowError),
    /// A row cannot be represented in line protocol.
    Line(aioinflux_line::Error),
}

impl FrameError {
    /// The possible types of the time column. Floats are refused: they cannot represent current
    /// times in nanoseconds, and their unit is unknown.
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
