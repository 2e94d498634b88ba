//! Defines the options for reading the answer to a query.

use crate::config::Precision;

/// Options for reading an answer. These options do not depend on the query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The unit of the times in a raw answer. If the unit is `None`, the server returns times as
    /// text (RFC 3339). The default is nanoseconds, and all answers except raw answers require
    /// nanoseconds.
    pub epoch: Option<Precision>,
    /// The number of rows that the server puts into one chunk. Server default: 10,000.
    pub chunk_size: Option<u32>,
    /// Whether text columns are decoded as `Utf8View` (see
    /// [`Decoder::text_views`](crate::decode::Decoder::text_views)).
    pub text_views: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            epoch: Some(Precision::Nanoseconds),
            chunk_size: None,
            text_views: false,
        }
    }
}

impl ReadOptions {
    /// Returns the default options for reading an answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the unit of the times in a raw answer. If the unit is `None`, the server returns times
    /// as text (RFC 3339).
    #[must_use]
    pub fn epoch(mut self, unit: impl Into<Option<Precision>>) -> Self {
        self.epoch = unit.into();
        self
    }

    /// Sets the number of rows that the server puts into one chunk.
    #[must_use]
    pub fn chunk_size(mut self, rows: u32) -> Self {
        self.chunk_size = Some(rows);
        self
    }

    /// Decodes the text columns of the answer as `Utf8View`.
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.text_views = true;
        self
    }
}
