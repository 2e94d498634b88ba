//! Defines the roles of a table's columns, and the options for splitting the table's rows into
//! batches.

use aioinflux_line::Options;

use crate::config::Precision;

/// The roles of the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// The measurement of every row, or only of rows whose measurement column is null or empty.
    pub measurement: Option<String>,
    /// The position of the measurement column (strings or a dictionary of strings).
    pub measurement_column: Option<usize>,
    /// The position of the time column: integers, any timestamp or date type, or text. With `None`,
    /// rows have no timestamp.
    pub time: Option<usize>,
    /// The unit of integer times, which count from 1970 in UTC.
    pub time_unit: Precision,
    /// The positions of the tag columns. All other columns are fields.
    pub tags: Vec<usize>,
    /// Tags that are added to every row. These tags take precedence over a tag column of the same
    /// name.
    pub extra_tags: Vec<(String, String)>,
}

/// Options for how the rows of a table become batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameOptions {
    pub(super) line: Options,
    pub(super) batch_lines: usize,
    pub(super) batch_bytes: usize,
    pub(super) threads: Option<usize>,
}

impl FrameOptions {
    /// The default number of rows in a batch, as the documentation of InfluxDB recommends.
    pub const BATCH_LINES: usize = 10_000;
    /// The default number of bytes in a batch: one sixth of the default limit of servers.
    pub const BATCH_BYTES: usize = 4 << 20;

    /// Returns the default options for a dialect or for the options of an encoder.
    pub fn new(line: impl Into<Options>) -> Self {
        Self {
            line: line.into(),
            batch_lines: Self::BATCH_LINES,
            batch_bytes: Self::BATCH_BYTES,
            threads: None,
        }
    }

    /// Sets the maximum number of rows in a batch, at least 1. Rows that produce no line are
    /// counted, too.
    #[must_use]
    pub fn batch_lines(mut self, rows: usize) -> Self {
        self.batch_lines = rows.max(1);
        self
    }

    /// Sets the maximum number of bytes in a batch. A batch exceeds this maximum only if a single
    /// line is longer than the maximum.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Sets the number of threads; with 1, only the caller's thread is used. Default: as many
    /// threads as the process can run at once.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Returns the options that the encoders use.
    pub fn line(&self) -> Options {
        self.line
    }

    /// Returns how many threads make batches, including the caller's thread.
    pub fn thread_count(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
    }
}
