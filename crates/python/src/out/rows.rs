//! Creates the rows of an answer as plain tuples, dicts, or named tuples, a few dozen at a time.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::block::{Block, ROWS_AT_A_TIME, Taken, columns};
use super::cells::Cells;
use crate::exit;

/// The Python type that the rows have.
pub(crate) enum Shape {
    Tuples,
    /// Each row is a dict that is copied from a template with every key.
    Dicts {
        keys: Vec<Py<PyString>>,
        template: Py<PyDict>,
    },
    /// Each row is the result of a function that is called with the tuple of cells.
    Named(Py<PyAny>),
}

impl Shape {
    /// Returns the shape of rows that are dicts with the keys in `labels`, in which the values of
    /// `tags` are the same in every row.
    pub(super) fn dicts(
        py: Python<'_>,
        labels: &[String],
        tags: &[Py<PyString>],
    ) -> PyResult<Self> {
        let template = PyDict::new(py);
        let keys: Vec<_> = labels
            .iter()
            .map(|label| PyString::intern(py, label))
            .collect();
        let (columns, constant) = keys.split_at(keys.len().saturating_sub(tags.len()));
        for key in columns {
            template.set_item(key, py.None())?;
        }
        for (key, tag) in constant.iter().zip(tags) {
            template.set_item(key, tag)?;
        }
        Ok(Self::Dicts {
            keys: columns.iter().map(|key| key.clone().unbind()).collect(),
            template: template.unbind(),
        })
    }
}

/// An iterator over lists of rows.
///
/// While this iterator creates rows, Python's garbage collector may run code that requests more
/// rows, on this thread or on another. For this reason, each call creates its own rows, and holds
/// no lock while it creates them.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct RowLists {
    state: Mutex<State>,
    divisor: i64,
    shape: Shape,
    /// The tag values of the series, which are the last cells of every tuple.
    tags: Vec<Py<PyString>>,
}

struct State {
    batches: std::vec::IntoIter<RecordBatch>,
    /// The columns of the current batch, whose remaining rows are in `left`.
    columns: Arc<Vec<Cells>>,
    left: Range<usize>,
    /// The memory for the objects of a few rows, which is `None` while a call is using it.
    block: Option<Block>,
}

impl RowLists {
    pub(crate) fn new(
        batches: Vec<RecordBatch>,
        divisor: i64,
        shape: Shape,
        tags: Vec<Py<PyString>>,
    ) -> Self {
        let state = State {
            batches: batches.into_iter(),
            columns: Arc::default(),
            left: 0..0,
            block: None,
        };
        Self {
            state: Mutex::new(state),
            divisor,
            shape,
            tags,
        }
    }
}

impl Drop for RowLists {
    /// `protect_thread` is called because the iterator may hold the last reference to a class of
    /// the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

#[pymethods]
impl RowLists {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reference of its own: who asks may hold none (`itertools.chain`), and be ended \
            meanwhile"
    )]
    fn __next__(slf: PyRef<'_, Self>) -> PyResult<Option<Bound<'_, PyList>>> {
        exit::protect_thread();
        let py = slf.py();
        let Some((columns, range, mut block)) = slf.begin(py) else {
            return Ok(None);
        };
        let rows = slf.rows(py, block.rows(py, &columns, range.clone()), range.len());
        slf.state().block = Some(block);
        rows.map(Some)
    }
}

impl RowLists {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a list of rows. Returns the columns, the range of the list's rows, and memory for
    /// their objects, all of which belong to this call alone.
    fn begin(&self, py: Python<'_>) -> Option<(Arc<Vec<Cells>>, Range<usize>, Block)> {
        let mut state = self.state();
        while state.left.is_empty() {
            state.columns = Arc::default();
            let batch = state.batches.next()?;
            // If rows are dicts, the template of the dicts already contains the tags.
            let tags = match self.shape {
                Shape::Dicts { .. } => &[],
                _ => self.tags.as_slice(),
            };
            state.columns = Arc::new(columns(py, &batch, self.divisor, tags));
            state.left = 0..batch.num_rows();
        }
        let start = state.left.start;
        state.left.start = state.left.end.min(start + ROWS_AT_A_TIME);
        let columns = Arc::clone(&state.columns);
        let block = state.block.take().unwrap_or_default();
        Some((columns, start..state.left.start, block))
    }

    fn rows<'py>(
        &self,
        py: Python<'py>,
        mut taken: Taken<'_>,
        count: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        // The vector is filled with a loop, because collecting from an iterator of results would
        // reserve no memory in advance.
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            let cells = taken.row(py);
            rows.push(match &self.shape {
                Shape::Tuples => PyTuple::new(py, cells)?.into_any(),
                Shape::Dicts { keys, template } => {
                    let dict = template.bind(py).copy()?;
                    for (key, cell) in keys.iter().zip(cells) {
                        if !cell.is_none(py) {
                            dict.set_item(key, cell)?;
                        }
                    }
                    dict.into_any()
                }
                Shape::Named(make) => make.bind(py).call1((PyTuple::new(py, cells)?,))?,
            });
        }
        PyList::new(py, rows)
    }
}
