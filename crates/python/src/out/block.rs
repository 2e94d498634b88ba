//! Creates Python objects for a few rows of a batch at a time, column by column, and returns them
//! row by row.
//!
//! If a loop handles only one column, it knows the type of the cells in advance, and its iterations
//! do not depend on each other.

use std::ops::Range;
use std::vec::Drain;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::cells::Cells;
use super::texts::Texts;

/// The number of rows that are created at a time. The objects of so few rows stay in the L1 cache
/// until they are dropped. The number is also below 700, the number of new objects after which
/// Python's garbage collector runs. If the caller drops the rows of each list before it requests
/// the next list, these rows never make the collector run.
pub(super) const ROWS_AT_A_TIME: usize = 64;

/// Returns the columns of a batch, followed by one column for each of the tag values in `tags`.
/// Times in the columns are converted to units of `divisor` nanoseconds.
pub(super) fn columns(
    py: Python<'_>,
    batch: &RecordBatch,
    divisor: i64,
    tags: &[Py<PyString>],
) -> Vec<Cells> {
    let arrays = batch.columns().iter();
    let arrays = arrays.map(|array| Cells::new(py, array.as_ref(), divisor));
    let tags = tags
        .iter()
        .map(|tag| Cells::same(tag.clone_ref(py).into_any()));
    arrays.chain(tags).collect()
}

/// Memory that is reused for the Python objects of a few rows.
#[derive(Default)]
pub(super) struct Block {
    /// The Python strings of each column are kept for the next batch, which usually contains the
    /// same strings.
    texts: Vec<Texts>,
    made: Vec<Vec<Py<PyAny>>>,
}

/// The rows of a block, which are returned one after another.
pub(super) struct Taken<'a>(Vec<Drain<'a, Py<PyAny>>>);

impl Block {
    /// Creates the Python objects for the cells in the rows `rows`.
    pub(super) fn rows(
        &mut self,
        py: Python<'_>,
        columns: &[Cells],
        rows: Range<usize>,
    ) -> Taken<'_> {
        self.texts.resize_with(columns.len(), Texts::default);
        self.made.resize_with(columns.len(), Vec::new);
        let columns = columns.iter().zip(&mut self.texts);
        let columns = columns.zip(&mut self.made);
        let filled = columns.map(|((column, texts), made)| {
            column.fill(py, rows.clone(), texts, made);
            made.drain(..)
        });
        Taken(filled.collect())
    }
}

impl Taken<'_> {
    /// Returns the cells of the next row in the block.
    #[inline]
    pub(super) fn row(&mut self, py: Python<'_>) -> impl ExactSizeIterator<Item = Py<PyAny>> {
        let cells = self.0.iter_mut();
        cells.map(move |cells| cells.next().unwrap_or_else(|| py.None()))
    }
}
