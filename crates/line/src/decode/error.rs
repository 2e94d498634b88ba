//! Defines the error for a line that could not be read.

use alloc::string::String;
use core::fmt;

/// The error for a line that could not be read. The error contains a position in the text, and what
/// the decoder expected at that position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) expected: String,
}

impl DecodeError {
    /// Returns the number of the line that contains the error. Line numbers start at 1, and every
    /// line feed of the text is counted.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column of the error in its line. Columns are counted in characters from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns what the decoder expected at the position of the error.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}:{}: expected {}",
            self.line, self.column, self.expected
        )
    }
}

impl core::error::Error for DecodeError {}
