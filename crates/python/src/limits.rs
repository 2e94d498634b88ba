//! Defines the limits at which batches end, and the number of threads that encode batches.

use aioinflux::frame::FrameOptions;
use aioinflux::{Batch, Encoder, Options};

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) lines: usize,
    pub(crate) bytes: usize,
    /// The number of threads that encode a table. If the number is `None`, each processor gets one
    /// thread.
    pub(crate) threads: Option<usize>,
}

impl Limits {
    /// The default limits for the batches of a write.
    pub(crate) const OF_WRITES: Self = Self {
        lines: FrameOptions::BATCH_LINES,
        bytes: FrameOptions::BATCH_BYTES,
        threads: None,
    };

    /// Returns whether the encoder contains enough lines for a batch. Points that produced no line
    /// also count toward the limit.
    pub(crate) fn reached(self, encoder: &Encoder) -> bool {
        let batch = encoder.batch();
        let points = batch.len() as u64 + batch.skipped();
        points >= self.lines as u64 || encoder.len_bytes() > self.bytes
    }

    /// Returns the number of lines that fit into a batch, beginning with line `start`. The number
    /// is at least 1, unless no lines are left.
    pub(crate) fn fitting(self, batch: &Batch, start: usize) -> usize {
        let ends = &batch.ends()[start..];
        let from = if start == 0 {
            0
        } else {
            batch.ends()[start - 1]
        };
        let lines = ends.partition_point(|end| end - from <= self.bytes);
        lines.max(1).min(self.lines).min(ends.len())
    }

    /// Returns these limits as options of the engine, which makes the batches of tables.
    pub(crate) fn of_tables(self, options: Options) -> FrameOptions {
        let options = FrameOptions::new(options)
            .batch_lines(self.lines)
            .batch_bytes(self.bytes);
        match self.threads {
            Some(threads) => options.threads(threads),
            None => options,
        }
    }
}
