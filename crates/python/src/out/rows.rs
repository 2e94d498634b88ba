//! Rows: plain tuples, dicts, and named tuples, a few dozen at a time.

use std::ops::Range;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::block::{Block, ROWS_AT_A_TIME};

/// What rows become.
pub(crate) enum Shape {
    Tuples,
    /// Copies of a dict that has every key already.
    Dicts {
        keys: Vec<Py<PyString>>,
        template: Py<PyDict>,
    },
    /// What a callable makes of the tuple of cells.
    Named(Py<PyAny>),
}

impl Shape {
    /// Dicts with these keys, and with the constant `tags`.
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

/// Iterator of lists of rows.
#[pyclass(module = "aioinflux._core")]
pub(crate) struct RowLists {
    batches: std::vec::IntoIter<RecordBatch>,
    /// The batch that rows are being made of, and those that are left.
    block: Block,
    left: Range<usize>,
    divisor: i64,
    shape: Shape,
    /// The last cells of every tuple.
    tags: Vec<Py<PyString>>,
}

impl RowLists {
    pub(crate) fn new(
        batches: Vec<RecordBatch>,
        divisor: i64,
        shape: Shape,
        tags: Vec<Py<PyString>>,
    ) -> Self {
        Self {
            batches: batches.into_iter(),
            block: Block::default(),
            left: 0..0,
            divisor,
            shape,
            tags,
        }
    }
}

#[pymethods]
impl RowLists {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        while self.left.is_empty() {
            let Some(batch) = self.batches.next() else {
                self.block = Block::default();
                return Ok(None);
            };
            // A dict has them from its template.
            let tags = match self.shape {
                Shape::Dicts { .. } => &[],
                _ => self.tags.as_slice(),
            };
            self.block.open(py, &batch, self.divisor, tags);
            self.left = 0..batch.num_rows();
        }
        let end = self.left.end.min(self.left.start + ROWS_AT_A_TIME);
        let range = self.left.start..end;
        self.left.start = end;
        self.rows(py, range).map(Some)
    }
}

impl RowLists {
    fn rows<'py>(&mut self, py: Python<'py>, range: Range<usize>) -> PyResult<Bound<'py, PyList>> {
        let mut taken = self.block.rows(py, range.clone());
        // Filled one by one: what is collected from results has no room beforehand.
        let mut rows = Vec::with_capacity(range.len());
        for _ in range {
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
