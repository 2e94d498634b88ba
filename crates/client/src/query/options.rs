//! The options for reading an answer.

use crate::config::Precision;

/// How an answer is read, which is independent of the query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The unit of the times in a raw answer. `None` requests text (RFC 3339). Default:
    /// nanoseconds, which all answers except raw ones require.
    pub epoch: Option<Precision>,
    /// How many rows the server puts into one chunk. Server default: 10,000.
    pub chunk_size: Option<u32>,
    /// Whether columns of text are `Utf8View`: see
    /// [`Decoder::text_views`](crate::decode::Decoder::text_views).
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
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the unit of the times in a raw answer. `None` requests text (RFC 3339).
    #[must_use]
    pub fn epoch(mut self, unit: impl Into<Option<Precision>>) -> Self {
        self.epoch = unit.into();
        self
    }

    /// Sets how many rows the server puts into one chunk.
    #[must_use]
    pub fn chunk_size(mut self, rows: u32) -> Self {
        self.chunk_size = Some(rows);
        self
    }

    /// Decodes columns of text as `Utf8View`.
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.text_views = true;
        self
    }
}
