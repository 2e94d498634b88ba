//! Encodes a table that arrives as record batches, and returns its lines in batches.

use aioinflux_line::{Batch, RemovedNewlines};
use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::ranges::Ranges;
use super::workers::{Spares, Workers};
use super::{FrameError, FrameLayout, FrameOptions};

/// An iterator that encodes the rows of a table as lines, batch by batch. The table is read only
/// when a batch is requested.
///
/// ```
/// use std::sync::Arc;
///
/// use aioinflux::arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
/// use aioinflux::frame::{FrameBatches, FrameLayout, FrameOptions};
/// use aioinflux::Dialect;
///
/// let time: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
/// let load: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.5), None, Some(0.75)]));
/// let table = RecordBatch::try_from_iter([("time", time), ("load", load)])?;
/// let layout = FrameLayout {
///     measurement: Some("cpu".into()),
///     time: Some(0),
///     ..FrameLayout::default()
/// };
/// let options = FrameOptions::new(Dialect::V1).batch_lines(2);
/// let batches = FrameBatches::new([Ok(table)], layout, options);
/// let bodies: Vec<_> = batches.map(|batch| batch.map(|batch| batch.into_bytes())).collect::<Result<_, _>>()?;
/// assert_eq!(bodies, [b"cpu load=0.5 1\n", b"cpu load=0.75 3\n" as &[u8]].map(Vec::from));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameBatches<I> {
    table: Option<I>,
    ranges: Ranges,
    workers: Workers,
    spares: Spares,
    index: u64,
    failed: Option<FrameError>,
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> FrameBatches<I> {
    /// Returns an iterator over the batches of `table`, whose rows are numbered from 0.
    pub fn new(
        table: impl IntoIterator<IntoIter = I>,
        layout: FrameLayout,
        options: FrameOptions,
    ) -> Self {
        let spares = Spares::default();
        Self {
            table: Some(table.into_iter()),
            ranges: Ranges::new(options.batch_lines),
            workers: Workers::new(layout, options, spares.clone()),
            spares,
            index: 0,
            failed: None,
        }
    }

    /// Gives the memory of a batch back, so that a later batch can use it.
    pub fn recycle(&mut self, batch: Batch) {
        self.spares.put(batch);
    }

    /// Returns the number of newlines that have been removed so far from names and tags, and the
    /// place of the first one.
    pub fn removed_newlines(&self) -> Option<&RemovedNewlines> {
        self.workers.removed_newlines()
    }

    /// Reads record batches until they contain a range of rows, and passes the range to the
    /// workers. Returns `false` at the end of the table.
    fn push_range(&mut self) -> bool {
        let range = loop {
            if let Some(range) = self.ranges.next_whole() {
                break Some(range);
            }
            match self.table.as_mut().and_then(Iterator::next) {
                Some(Ok(piece)) => self.ranges.push(piece),
                Some(Err(error)) => {
                    self.failed = Some(error.into());
                    self.table = None;
                }
                None => {
                    self.table = None;
                    break self.ranges.rest();
                }
            }
        };
        let Some(range) = range else { return false };
        let first = self.index;
        self.index += range
            .iter()
            .map(|piece| piece.num_rows() as u64)
            .sum::<u64>();
        self.workers.push(range, first, self.table.is_none());
        true
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for FrameBatches<I> {
    type Item = Result<Batch, FrameError>;

    /// Returns the next batch of lines. If a row is refused, rows before the refused row may also
    /// be missing from the returned batches. Only rows in returned batches count as encoded. After
    /// an error, `next` returns `None`.
    fn next(&mut self) -> Option<Self::Item> {
        let batch = loop {
            while self.workers.has_room() && self.push_range() {}
            match self.workers.next() {
                Some(batch) => break batch,
                // The workers have finished all ranges so far, but the table has more rows.
                None if self.table.is_some() || !self.ranges.is_empty() => {}
                None => break Err(self.failed.take()?),
            }
        };
        if batch.is_err() {
            (self.table, self.failed) = (None, None);
            self.ranges = Ranges::new(1);
        }
        Some(batch)
    }
}
