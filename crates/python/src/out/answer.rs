//! Holds a decoded answer, and converts the answer's data to Python.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::{Answer, Series, Statement};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::block::{Block, ROWS_AT_A_TIME, columns};
use super::collector::HeldOff;
use super::columns::series_columns;
use super::flux::{self, Origin};
use super::rows::{RowLists, Shape};
use super::table::{Rows, Table, categories};
use super::{divisor, tags_dict};
use crate::exit;

/// A decoded answer.
#[pyclass(module = "aioinflux._core", name = "Answer", frozen)]
pub(crate) struct PyAnswer {
    answer: Mutex<Answer>,
    /// The number of nanoseconds in the unit of the answer's times.
    unit: i64,
    /// What is known about each series, if this is the answer to a Flux query.
    flux: Option<Vec<Origin>>,
}

impl PyAnswer {
    /// Creates the answer to an InfluxQL query.
    pub(crate) fn new(answer: Answer) -> Self {
        Self::with_unit(answer, 1)
    }

    /// Creates the answer to a Flux query.
    pub(crate) fn flux(answer: Answer) -> Self {
        Self::arranged(answer, Vec::new())
    }

    /// Creates the answer to a query in the language that `is_flux` states.
    pub(crate) fn of_language(answer: Answer, is_flux: bool) -> Self {
        if is_flux {
            Self::flux(answer)
        } else {
            Self::new(answer)
        }
    }

    /// Creates the answer to a Flux query whose tables have been arranged.
    pub(super) fn arranged(answer: Answer, origins: Vec<Origin>) -> Self {
        Self {
            answer: Mutex::new(answer),
            unit: 1,
            flux: Some(origins),
        }
    }

    /// Creates an answer whose times have a unit other than nanoseconds.
    pub(super) fn with_unit(answer: Answer, unit: i64) -> Self {
        Self {
            answer: Mutex::new(answer),
            unit,
            flux: None,
        }
    }

    /// Moves the whole answer out of this object.
    pub(super) fn take_answer(&self) -> Answer {
        std::mem::take(&mut *self.answer())
    }

    fn answer(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves all series out of the answer, because memory that has a single owner need not be
    /// copied.
    pub(super) fn take(&self) -> Vec<Series> {
        let statements = std::mem::take(&mut self.answer().statements);
        statements
            .into_iter()
            .flat_map(|statement| statement.series)
            .collect()
    }
}

#[pymethods]
impl PyAnswer {
    /// Returns whether this is the answer to a Flux query.
    #[getter]
    pub(super) fn is_flux(&self) -> bool {
        self.flux.is_some()
    }

    /// Moves the tables out of the answer to a Flux query, and returns them as the series of a new
    /// answer. `tables` is `one`, `schema`, `sequence` or `each`. If `columns` is set, each table
    /// has only these columns. If `pivots` is set, all tables become one, in which each field is a
    /// column. `is_whole` states whether this is an answer and not only a batch.
    fn arrange(
        &self,
        py: Python<'_>,
        tables: &str,
        columns: Option<Vec<String>>,
        pivots: bool,
        is_whole: bool,
    ) -> PyResult<Self> {
        exit::protect_thread();
        flux::arrange(py, self, tables, columns, pivots, is_whole)
    }

    /// Returns, for each table of a Flux answer, the names of its results, its group key, and the
    /// columns that become tags if a pivoted table is written.
    #[getter]
    fn origins(&self, py: Python<'_>) -> PyResult<Vec<flux::Described>> {
        exit::protect_thread();
        let origins = self.flux.iter().flatten();
        origins.map(|origin| origin.described(py)).collect()
    }

    /// Returns whether a table of a Flux answer has one value in each row, in the column `_value`,
    /// and the name of its field in the column `_field`.
    #[getter]
    fn is_long(&self) -> bool {
        flux::is_long(&self.answer())
    }

    /// Moves all rows out of the answer, and returns them. `row_type` creates each row from its
    /// cells.
    fn named_rows<'py>(
        &self,
        py: Python<'py>,
        row_type: &Bound<'py, PyAny>,
        epoch: &str,
    ) -> PyResult<Bound<'py, PyList>> {
        exit::protect_thread();
        let divisor = divisor(epoch)?;
        let rows = PyList::empty(py);
        for batch in self.take().into_iter().flat_map(|series| series.batches) {
            let make = row_type.call1((column_names(&batch.schema()),))?;
            let some = named_rows(py, batch, divisor, make.unbind(), &[])?;
            rows.call_method1("extend", (some,))?;
        }
        Ok(rows)
    }

    /// Returns the answer as a dict with the structure of the server's JSON.
    fn to_dict<'py>(&self, py: Python<'py>, epoch: &str) -> PyResult<Bound<'py, PyDict>> {
        exit::protect_thread();
        let divisor = divisor(epoch)?;
        // The references to the series are copied first, because creating Python objects may run
        // other Python code.
        let statements = self.answer().statements.clone();
        let _held_off = HeldOff::new(py)?;
        let results = PyList::empty(py);
        for statement in &statements {
            results.append(result_dict(py, statement, divisor)?)?;
        }
        let answer = PyDict::new(py);
        answer.set_item("results", results)?;
        Ok(answer)
    }

    /// Returns whether all statements without an error have series, and all series have times.
    #[getter]
    fn timed(&self) -> bool {
        let answer = self.answer();
        let mut good = answer
            .statements
            .iter()
            .filter(|statement| statement.error.is_none());
        let mut all = answer
            .statements
            .iter()
            .flat_map(|statement| &statement.series);
        good.all(|statement| !statement.series.is_empty()) && all.all(is_timed)
    }

    /// Returns the number of rows in all series of the answer.
    fn __len__(&self) -> usize {
        let answer = self.answer();
        let series = answer.statements.iter().flat_map(|one| &one.series);
        series.map(Series::rows).sum()
    }

    /// Returns the number of series in the result of each statement.
    #[getter]
    fn counts(&self) -> Vec<usize> {
        exit::protect_thread();
        let answer = self.answer();
        answer
            .statements
            .iter()
            .map(|one| one.series.len())
            .collect()
    }

    /// Moves all series of all statements out of the answer, and returns their columns.
    fn take_columns(&self, py: Python<'_>, arrow: bool) -> PyResult<Vec<Py<PyAny>>> {
        exit::protect_thread();
        let all = self.take().into_iter();
        all.map(|series| series_columns(py, series, arrow))
            .collect()
    }

    /// Returns all series of all statements as Arrow tables, each with the name of its series. If
    /// `views` is set, strings have the Arrow type that polars uses internally.
    fn tables(
        &self,
        py: Python<'_>,
        as_categories: bool,
        views: bool,
    ) -> PyResult<Vec<(Option<String>, Table)>> {
        exit::protect_thread();
        let all = self.take();
        let categories = as_categories.then(|| categories(all.iter()));
        all.into_iter()
            .map(|series| {
                let name = series.name.clone();
                let table = Table::new(series, categories.as_ref())?;
                Ok((
                    name,
                    if views {
                        py.detach(|| table.with_views())
                    } else {
                        table
                    },
                ))
            })
            .collect()
    }

    /// Returns all values of each tag in the answer, by tag key.
    fn categories(&self) -> std::collections::HashMap<String, Vec<String>> {
        exit::protect_thread();
        let answer = self.answer();
        categories(
            answer
                .statements
                .iter()
                .flat_map(|statement| &statement.series),
        )
    }

    /// Returns the rows of all series of all statements, together with the name of each series.
    fn rows(&self, epoch: &str, dicts: bool) -> PyResult<Vec<(Option<String>, Rows)>> {
        exit::protect_thread();
        let divisor = divisor(epoch)?;
        let all = self.take().into_iter();
        Ok(all
            .map(|series| {
                let name = series.name.clone();
                (name, Rows::new(series, self.unit, divisor, dicts))
            })
            .collect())
    }
}

fn is_timed(series: &Series) -> bool {
    let first = series.batches.first().map(RecordBatch::schema);
    let schema: Option<SchemaRef> = first;
    schema.is_some_and(|schema| {
        let first = schema.fields().first();
        first.is_some_and(|field| matches!(field.data_type(), DataType::Timestamp(..)))
    })
}

fn result_dict<'py>(
    py: Python<'py>,
    statement: &Statement,
    divisor: i64,
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    result.set_item("statement_id", statement.id)?;
    if !statement.series.is_empty() {
        let series = PyList::empty(py);
        for one in &statement.series {
            series.append(series_dict(py, one, divisor)?)?;
        }
        result.set_item("series", series)?;
    }
    if !statement.messages.is_empty() {
        let messages = PyList::empty(py);
        for message in &statement.messages {
            let item = PyDict::new(py);
            item.set_item("level", &message.level)?;
            item.set_item("text", &message.text)?;
            messages.append(item)?;
        }
        result.set_item("messages", messages)?;
    }
    if let Some(error) = &statement.error {
        result.set_item("error", error)?;
    }
    Ok(result)
}

fn series_dict<'py>(
    py: Python<'py>,
    series: &Series,
    divisor: i64,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    if let Some(name) = &series.name {
        dict.set_item("name", name)?;
    }
    if !series.tags.is_empty() {
        dict.set_item("tags", tags_dict(py, &series.tags)?)?;
    }
    let schema = series.batches.first().map(RecordBatch::schema);
    dict.set_item(
        "columns",
        schema.as_ref().map(column_names).unwrap_or_default(),
    )?;
    let mut values = Vec::with_capacity(series.rows());
    let mut block = Block::default();
    for batch in &series.batches {
        let columns = columns(py, batch, divisor, &[]);
        let rows = batch.num_rows();
        for start in (0..rows).step_by(ROWS_AT_A_TIME) {
            let range = start..rows.min(start + ROWS_AT_A_TIME);
            let mut taken = block.rows(py, &columns, range.clone());
            for _ in range {
                values.push(PyList::new(py, taken.row(py))?);
            }
        }
    }
    // The server's JSON has no `values` key for a series without rows, and neither has this dict.
    if !values.is_empty() {
        dict.set_item("values", PyList::new(py, values)?)?;
    }
    Ok(dict)
}

/// Returns the names of the columns in an Arrow schema.
pub(crate) fn column_names(schema: &SchemaRef) -> Vec<String> {
    let fields = schema.fields().iter();
    fields.map(|field| field.name().clone()).collect()
}

/// Returns the rows of a batch as Python objects. The function `make` creates each row from a
/// tuple, which contains the row's cells and then the values of `tags`.
pub(crate) fn named_rows<'py>(
    py: Python<'py>,
    batch: RecordBatch,
    divisor: i64,
    make: Py<PyAny>,
    tags: &[(String, String)],
) -> PyResult<Bound<'py, PyList>> {
    let rows = PyList::empty(py);
    let tags = tags
        .iter()
        .map(|(_, value)| PyString::new(py, value).unbind());
    let lists = RowLists::new(vec![batch], divisor, Shape::Named(make), tags.collect());
    for list in lists.into_pyobject(py)?.try_iter()? {
        rows.call_method1("extend", (list?,))?;
    }
    Ok(rows)
}
