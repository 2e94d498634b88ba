//! Arranges the tables of a Flux answer for Python.

use aioinflux::tables::{
    Arrangement, FluxTable, ROLE, TableError, arrange as arranged, pivot, select,
};
use aioinflux::{Answer, Statement};
use arrow_array::RecordBatch;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::PyAnswer;
use super::cells::Cells;
use super::texts::Texts;

/// What is known about the rows of a table, other than their values.
pub(super) struct Origin {
    results: Vec<String>,
    group: Vec<String>,
    /// The values of the group key, if the rows are those of one table of the server.
    key: Option<RecordBatch>,
    /// If the table was pivoted, the columns that become tags when the table is written, and
    /// whether a column contains the measurement.
    roles: Option<(Vec<String>, bool)>,
}

/// An origin in Python: the results, the group key, the values of the group key, and the roles of
/// the columns.
pub(super) type Described = (
    Vec<String>,
    Vec<String>,
    Option<Py<PyDict>>,
    Option<(Vec<String>, bool)>,
);

impl Origin {
    fn new(table: &mut FluxTable, is_pivoted: bool) -> Self {
        let schema = table.schema();
        let of_role = |role: &str| {
            let fields = schema.fields().iter();
            let fields =
                fields.filter(|field| field.metadata().get(ROLE).is_some_and(|own| own == role));
            fields.map(|field| field.name().clone()).collect::<Vec<_>>()
        };
        let roles = is_pivoted.then(|| (of_role("tag"), !of_role("measurement").is_empty()));
        Self {
            results: std::mem::take(&mut table.results),
            group: std::mem::take(&mut table.group),
            key: table.key.take(),
            roles,
        }
    }

    pub(super) fn described(&self, py: Python<'_>) -> PyResult<Described> {
        let key = self.key.as_ref().map(|key| {
            let values = PyDict::new(py);
            for (field, column) in key.schema_ref().fields().iter().zip(key.columns()) {
                let mut cell = Vec::new();
                let cells = Cells::new(py, column.as_ref(), 1);
                cells.fill(py, 0..1, &mut Texts::default(), &mut cell);
                values.set_item(field.name(), cell.pop())?;
            }
            Ok::<_, PyErr>(values.unbind())
        });
        Ok((
            self.results.clone(),
            self.group.clone(),
            key.transpose()?,
            self.roles.clone(),
        ))
    }
}

/// Arranges the tables of an answer. The arguments are those of `PyAnswer.arrange`.
pub(super) fn arrange(
    py: Python<'_>,
    answer: &PyAnswer,
    tables: &str,
    columns: Option<Vec<String>>,
    pivots: bool,
    is_whole: bool,
) -> PyResult<PyAnswer> {
    if !answer.is_flux() {
        return Err(PyValueError::new_err(
            "arguments `tables`, `columns` and `pivot`: only for answers to Flux, and this is the \
             answer to InfluxQL",
        ));
    }
    let arrangement = match tables {
        "one" => Arrangement::One,
        "each" => Arrangement::Each,
        "sequence" => Arrangement::Sequence,
        _ => Arrangement::Schema,
    };
    let answer = answer.take_answer();
    let tables = py.detach(|| {
        let tables = if pivots {
            vec![pivot(answer)?]
        } else {
            arranged(answer, arrangement)?
        };
        match columns {
            Some(names) => select(tables, &names, is_whole),
            None => Ok(tables),
        }
    });
    let mut tables = tables.map_err(|error| refusal(&error))?;
    let origins = tables.iter_mut().map(|table| Origin::new(table, pivots));
    let origins = origins.collect();
    let mut statement = Statement::default();
    statement.series = tables.into_iter().map(|table| table.series).collect();
    let mut answer = Answer::default();
    answer.statements = vec![statement];
    Ok(PyAnswer::arranged(answer, origins))
}

fn refusal(error: &TableError) -> PyErr {
    match error {
        TableError::Unknown { .. }
        | TableError::SelectedTwice(_)
        | TableError::NothingSelected(_) => {
            PyValueError::new_err(format!("argument `columns`: {error}"))
        }
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// Returns whether any table of an answer has the columns `_field` and `_value`.
pub(super) fn is_long(answer: &Answer) -> bool {
    let mut batches = answer
        .statements
        .iter()
        .flat_map(|statement| &statement.series)
        .flat_map(|series| &series.batches);
    batches.any(|batch| {
        let has = |name| batch.schema_ref().column_with_name(name).is_some();
        has("_field") && has("_value")
    })
}
