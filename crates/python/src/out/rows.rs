//! Rows: plain tuples, dicts, and named tuples, a few dozen at a time.

use std::ops::Range;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cells::{Cells, Texts, cells};

/// Rows that are made at a time: so few that their objects stay in the processor's nearest cache
/// until they are dropped. It is also below the 700 objects after which Python's garbage collector
/// looks at the young ones: who drops the rows of one list before the next never pays for it.
const ROWS_AT_A_TIME: usize = 64;

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
    /// The columns of the batch that rows are being made of, and its rows that are left.
    columns: Vec<Cells>,
    left: Range<usize>,
    divisor: i64,
    shape: Shape,
    /// The last cells of every tuple.
    tags: Vec<Py<PyString>>,
    texts: Vec<Texts>,
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
            columns: Vec::new(),
            left: 0..0,
            divisor,
            shape,
            tags,
            texts: Vec::new(),
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
                self.columns.clear();
                return Ok(None);
            };
            self.columns = cells(&batch, self.divisor);
            self.texts.resize_with(self.columns.len(), Texts::default);
            self.left = 0..batch.num_rows();
        }
        let end = self.left.end.min(self.left.start + ROWS_AT_A_TIME);
        let range = self.left.start..end;
        self.left.start = end;
        self.rows(py, range).map(Some)
    }
}

impl RowLists {
    fn rows<'py>(
        &mut self,
        py: Python<'py>,
        range: Range<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (columns, texts) = (&self.columns, &mut self.texts);
        let rows: Vec<Bound<'py, PyAny>> = match &self.shape {
            Shape::Dicts { keys, template } => dicts(py, columns, texts, range, (keys, template))?,
            Shape::Tuples => tuples(py, columns, texts, range, &self.tags)?,
            Shape::Named(make) => {
                let plain = tuples(py, columns, texts, range, &self.tags)?;
                let make = make.bind(py);
                plain
                    .into_iter()
                    .map(|row| make.call1((row,)))
                    .collect::<PyResult<_>>()?
            }
        };
        PyList::new(py, rows)
    }
}

fn tuples<'py>(
    py: Python<'py>,
    columns: &[Cells],
    texts: &mut [Texts],
    range: Range<usize>,
    tags: &[Py<PyString>],
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let none = py.None().into_bound(py);
    let object = |column: &Cells, row: usize, texts: &mut Texts| {
        let cell = column.object(py, row, texts);
        cell.unwrap_or_else(|| none.clone())
    };
    // Filled one by one: what is collected from results has no room beforehand.
    let mut rows = Vec::with_capacity(range.len());
    if tags.is_empty() {
        for row in range {
            let cells = columns.iter().zip(&mut *texts);
            let cells = cells.map(|(column, texts)| object(column, row, texts));
            rows.push(PyTuple::new(py, cells)?.into_any());
        }
        return Ok(rows);
    }
    // An index knows its length, which a chain does not: the cells go right into their tuple.
    let width = columns.len() + tags.len();
    for row in range {
        let cells = (0..width).map(|n| match (columns.get(n), texts.get_mut(n)) {
            (Some(column), Some(texts)) => object(column, row, texts),
            _ => tags[n - columns.len()].bind(py).clone().into_any(),
        });
        rows.push(PyTuple::new(py, cells)?.into_any());
    }
    Ok(rows)
}

fn dicts<'py>(
    py: Python<'py>,
    columns: &[Cells],
    texts: &mut [Texts],
    range: Range<usize>,
    (keys, template): (&[Py<PyString>], &Py<PyDict>),
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let template = template.bind(py);
    let mut rows = Vec::with_capacity(range.len());
    for row in range {
        let dict = template.copy()?;
        for ((column, texts), key) in columns.iter().zip(texts.iter_mut()).zip(keys) {
            if let Some(cell) = column.object(py, row, texts) {
                dict.set_item(key, cell)?;
            }
        }
        rows.push(dict.into_any());
    }
    Ok(rows)
}
