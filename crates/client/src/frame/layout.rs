//! What the columns of a table are, and how its rows become batches.

use aioinflux_line::Options;

use crate::config::Precision;

/// What the columns of a table are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// Measurement of every row, or of those whose measurement column is null or empty.
    pub measurement: Option<String>,
    /// Position of the column of measurements (strings or a dictionary of strings).
    pub measurement_column: Option<usize>,
    /// Position of the time column: integers, any timestamp or date type, or text. `None` leaves
    /// rows undated.
    pub time: Option<usize>,
    /// The unit of times that are integers: they count it since 1970 in UTC.
    pub time_unit: Precision,
    /// Positions of the columns that are tags; all others are fields.
    pub tags: Vec<usize>,
    /// Tags of every row. They beat a tag column of the same name.
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
    /// Rows in a batch unless it is said otherwise; what the documentation of InfluxDB advises.
    pub const BATCH_LINES: usize = 10_000;
    /// Bytes in a batch unless it is said otherwise: a sixth of what servers take by default.
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

    /// Ends a batch after so many rows, those without a line counted too (at least 1).
    #[must_use]
    pub fn batch_lines(mut self, rows: usize) -> Self {
        self.batch_lines = rows.max(1);
        self
    }

    /// Ends a batch before it has more bytes than these; only a line that is longer by itself
    /// makes a longer batch.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Encodes on so many threads; 1 is the caller's own. Unless it is said, as many as the process
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

    /// Returns how many threads make batches, the caller included.
    pub fn thread_count(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
    }
}
