//! Why a line could not be read.

use alloc::string::String;
use core::fmt;

/// A line that could not be read: the position, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) expected: String,
}

impl DecodeError {
    /// Returns the line number. It counts from 1 and counts every line feed of the text.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns what was expected there.
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
