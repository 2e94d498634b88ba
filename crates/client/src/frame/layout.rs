//! Defines the roles of a table's columns, and the options for splitting the table's rows into
//! batches.

use aioinflux_line::Options;

use crate::config::Precision;

/// Says which column of a table is the measurement, which is the time, and which columns are tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// The measurement of all rows. If there is a measurement column, only rows with a null or
    /// empty cell in that column use this measurement.
    pub measurement: Option<String>,
    /// The position of the measurement column, which contains strings or a dictionary of strings.
    pub measurement_column: Option<usize>,
    /// The position of the time column, which contains integers, text, or any timestamp or date
    /// type. If the position is `None`, the lines have no timestamp.
    pub time: Option<usize>,
    /// The unit of a time column of integers, which count from 1970 in UTC.
    pub time_unit: Precision,
    /// The positions of the tag columns. A column without another role is a field.
    pub tags: Vec<usize>,
    /// Tags that are added to the points of all rows. An extra tag takes precedence over a tag
    /// column of the same name.
    pub extra_tags: Vec<(String, String)>,
}

/// Options for splitting the rows of a table into batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameOptions {
    pub(super) line: Options,
    pub(super) batch_lines: usize,
    pub(super) batch_bytes: usize,
    pub(super) threads: Option<usize>,
}

impl FrameOptions {
    /// The default maximum number of rows in a batch, which is the number that the documentation of
    /// InfluxDB recommends.
    pub const BATCH_LINES: usize = 10_000;
    /// The default maximum number of bytes in a batch, which is one sixth of the default limit of
    /// servers.
    pub const BATCH_BYTES: usize = 4 << 20;

    /// Returns the default options for splitting a table. The argument is a dialect, or the options
    /// of an encoder.
    pub fn new(line: impl Into<Options>) -> Self {
        Self {
            line: line.into(),
            batch_lines: Self::BATCH_LINES,
            batch_bytes: Self::BATCH_BYTES,
            threads: None,
        }
    }

    /// Sets the maximum number of rows in a batch, which is at least 1. A row without fields has no
    /// line, but counts as a row.
    #[must_use]
    pub fn batch_lines(mut self, rows: usize) -> Self {
        self.batch_lines = rows.max(1);
        self
    }

    /// Sets the maximum number of bytes in a batch. A batch is larger than this maximum only if a
    /// single line is.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Sets the number of threads that make batches. If the number is 1, only the caller's thread
    /// makes batches. By default, as many threads are used as the process can run at once.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Returns the options that the line encoders use.
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
