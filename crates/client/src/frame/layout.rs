//! The roles of a table's columns, and the options for splitting its rows into batches.

use aioinflux_line::Options;

use crate::config::Precision;

/// The roles of the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// The measurement of every row, or of those whose measurement column is null or empty.
    pub measurement: Option<String>,
    /// Position of the measurement column (strings or a dictionary of strings).
    pub measurement_column: Option<usize>,
    /// Position of the time column: integers, any timestamp or date type, or text. With `None`,
    /// rows have no timestamp.
    pub time: Option<usize>,
    /// The unit of integer times, which count from 1970 in UTC.
    pub time_unit: Precision,
    /// Positions of the tag columns. All other columns are fields.
    pub tags: Vec<usize>,
    /// Tags of every row. They take precedence over a tag column of the same name.
    pub extra_tags: Vec<(String, String)>,
}

/// How the rows of a table become batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameOptions {
    pub(super) line: Options,
    pub(super) batch_lines: usize,
    pub(super) batch_bytes: usize,
    pub(super) threads: Option<usize>,
}

impl FrameOptions {
    /// Default number of rows in a batch, which the documentation of InfluxDB recommends.
    pub const BATCH_LINES: usize = 10_000;
    /// Default number of bytes in a batch: a sixth of the default limit of servers.
    pub const BATCH_BYTES: usize = 4 << 20;

    /// The defaults for a dialect, or for the options of an encoder.
    pub fn new(line: impl Into<Options>) -> Self {
        Self {
            line: line.into(),
            batch_lines: Self::BATCH_LINES,
            batch_bytes: Self::BATCH_BYTES,
            threads: None,
        }
    }

    /// Sets the maximum number of rows of a batch, at least 1. Rows without a line count too.
    #[must_use]
    pub fn batch_lines(mut self, rows: usize) -> Self {
        self.batch_lines = rows.max(1);
        self
    }

    /// Sets the maximum number of bytes of a batch. Only a single line that is longer makes a
    /// longer batch.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Sets the number of threads; 1 is the thread of the caller. Default: as many as the process
    /// may run at once.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Returns the options of the encoders.
    pub fn line(&self) -> Options {
        self.line
    }

    /// Returns how many threads make batches, including the caller's.
    pub fn thread_count(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
    }
}
