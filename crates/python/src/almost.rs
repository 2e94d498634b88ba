//! Handles data that `write` cannot take as it is: `(name, table)` pairs, mappings of tables, and
//! objects that do not contain points.
//!
//! Queries return several series as `(name, table)` pairs, and such pairs are written as tables.
//! Other data that cannot be written is refused with an error message that says what to pass
//! instead.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::frame;
use crate::out::{Rows, Table};
use crate::place::{Place, shorten, type_name};
use crate::values::{self, is_numpy};

/// A table with the name of its measurement, which is `None` if no name was passed.
pub(crate) type Named<'py> = (Option<String>, Bound<'py, PyAny>);

/// If `data` is a `(name, table)` pair, returns the name and the table. Returns `None` for any
/// other tuple, because the items of other tuples are written one by one.
pub(crate) fn pair<'py>(data: &Bound<'py, PyAny>, point: u64) -> PyResult<Option<Named<'py>>> {
    let Ok(pair) = data.cast_exact::<PyTuple>() else {
        return Ok(None);
    };
    if pair.len() != 2 {
        return Ok(None);
    }
    let (name, table) = (pair.get_item(0)?, pair.get_item(1)?);
    if table.is_instance_of::<PyString>() || table.is_exact_instance_of::<PyDict>() {
        return Ok(None);
    }
    let is_rows = table.is_instance_of::<Rows>();
    if let Some(first) = first_of(&table) {
        check_list(&name, &first, point)?;
    }
    if !is_rows && !frame::is_frame(&table)? {
        // If the second item of a pair is not data, the first item must be a name and cannot be a
        // line.
        check(&table, point)?;
        return Ok(None);
    }
    let text = name.cast::<PyString>();
    if text.is_err() && is_data(&name)? && !is_label(&name)? {
        return Ok(None);
    }
    if is_rows {
        return Err(rows_error(point));
    }
    if values::is_missing(&name)? {
        return Ok(Some((None, table)));
    }
    let Ok(text) = text else {
        return Err(PyTypeError::new_err(format!(
            "point {point}: expected `(measurement, table)`, got `{}` before a table; hint: pass \
             the tables themselves, with `measurement=`, and name the columns that distinguish \
             their rows in `tag_columns=`",
            shorten(&name.repr()?.to_string()),
        )));
    };
    let place = Place::of(point, "name of a table");
    let name = measurement(values::string(text, place)?, &table)?;
    Ok(Some((Some(name), table)))
}

/// Refuses a list of two items whose first item is a name and whose second is a table. Without this
/// check, the name would be sent as a line.
pub(crate) fn check_list(
    first: &Bound<'_, PyAny>,
    second: &Bound<'_, PyAny>,
    point: u64,
) -> PyResult<()> {
    let Ok(name) = first.cast::<PyString>() else {
        return Ok(());
    };
    let table = first_of(second);
    if !frame::is_frame(table.as_ref().unwrap_or(second))? || name.contains("=")? {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "point {point}: expected a line, got {}; hint: pass each table with its name as a tuple, \
         `(measurement, table)`",
        shorten(&name.repr()?.to_string()),
    )))
}

/// Returns the first item if the data is a list that is not empty.
fn first_of<'py>(data: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    data.cast_exact::<PyList>().ok()?.get_item(0).ok()
}

/// Extracts the measurement from the name of a table. A query with `output="dataframe"` returns a
/// `dict` whose keys have the form `measurement,tag=value`.
fn measurement(name: &str, table: &Bound<'_, PyAny>) -> PyResult<String> {
    let attributes = table.getattr_opt(intern!(table.py(), "attrs"))?;
    let attributes = attributes.and_then(|attributes| attributes.cast_into::<PyDict>().ok());
    if let Some(attributes) = attributes
        && let Some(own) = attributes.get_item("measurement")?
        && let Ok(own) = own.extract::<String>()
        && name
            .strip_prefix(&own)
            .is_some_and(|tags| tags.starts_with(','))
    {
        return Ok(own);
    }
    Ok(name.to_owned())
}

/// Returns the table's own `name`, the measurement, if the table is a [`Table`] that a query
/// returned.
pub(crate) fn own_name(table: &Bound<'_, PyAny>) -> Option<String> {
    let table = table.cast::<Table>().ok()?;
    table.get().measurement().map(str::to_owned)
}

/// If every value of a mapping is a table, returns the items of the mapping. Returns `None` if any
/// value of the mapping is not a table.
pub(crate) fn tables<'py>(dict: &Bound<'py, PyDict>) -> PyResult<Option<Bound<'py, PyList>>> {
    for value in dict.values() {
        if !value.is_instance_of::<Rows>() && !frame::is_frame(&value)? {
            return Ok(None);
        }
    }
    Ok((!dict.is_empty()).then(|| dict.items()))
}

/// Returns the error for a mapping that is not a point. If the mapping is an answer of the server,
/// the message also says what to pass instead of the mapping.
pub(crate) fn with_hint(dict: &Bound<'_, PyDict>, error: PyErr) -> PyErr {
    let py = dict.py();
    let is_answer = dict.contains("results").unwrap_or(false) && dict.len() == 1;
    if is_answer && error.is_instance_of::<PyValueError>(py) {
        return PyValueError::new_err(format!(
            "{}; hint: this is an answer of the server; `output=\"arrow\"`, \"pandas\" or \
             \"polars\" returns tables, which can be written",
            error.value(py)
        ));
    }
    error
}

/// Refuses objects that are not tables and whose items are not data, such as a pandas `GroupBy`.
pub(crate) fn check(data: &Bound<'_, PyAny>, point: u64) -> PyResult<()> {
    if data.is_instance_of::<Rows>() {
        return Err(rows_error(point));
    }
    let module = data.get_type().module()?;
    let module = module.to_string_lossy();
    // An object of the user's own class is not checked, because its items must not be requested
    // twice.
    let known = ["pandas", "polars", "pyarrow"];
    if !known.iter().any(|known| module.starts_with(known)) {
        return Ok(());
    }
    let name = type_name(data);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let refuse = |what: &str| {
        Err(PyTypeError::new_err(format!(
            "point {point}: expected a table, got `{name}`; hint: {what}"
        )))
    };
    if ends(&["GroupBy", "Resampler", "Rolling", "Expanding"]) {
        return refuse(
            "pass the table that it was made of, with the columns that distinguish its rows in \
             `tag_columns=`, or a table of its results, such as `.mean().reset_index()`",
        );
    }
    if data.hasattr("collect_schema")? && data.hasattr("collect")? {
        return refuse("pass `.collect()` of it");
    }
    if data.hasattr("to_reader")? {
        return refuse("pass `.to_reader()` of it");
    }
    if data.hasattr("scanner")? && data.hasattr("to_table")? {
        return refuse("pass `.scanner().to_reader()` of it");
    }
    if ends(&["Series", "Index", "Array"])
        && let Some(first) = data.try_iter()?.next()
        && !is_data(&first?)?
    {
        return refuse(
            "one column has no times and no name; pass a DataFrame, such as \
             `series.to_frame(\"value\")` of pandas",
        );
    }
    Ok(())
}

fn rows_error(point: u64) -> PyErr {
    PyTypeError::new_err(format!(
        "point {point}: expected data, got `Rows`, whose cells are not points; hint: \
         `output=\"arrow\"`, \"pandas\" or \"polars\" returns tables, which can be written"
    ))
}

/// Returns whether a value can be data: a string, bytes, a mapping, a table, an object with
/// `to_lineprotocol`, or an iterable.
pub(crate) fn is_data(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    Ok(value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.hasattr(intern!(py, "to_lineprotocol"))?
        || is_iterable(value)?
        || frame::is_frame(value)?)
}

/// Returns whether the items of a value can be iterated over. Zero-dimensional arrays and Arrow
/// nulls have an `__iter__` method, but no items.
pub(crate) fn is_iterable(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if !value.hasattr(intern!(py, "__iter__"))? || is_numpy(value) || values::is_missing(value)? {
        return Ok(false);
    }
    let is_array = values::is_imported(py, "numpy")
        && value.is_instance(&py.import("numpy")?.getattr("ndarray")?)?;
    Ok(!is_array || value.getattr(intern!(py, "ndim"))?.is_truthy()?)
}

/// Returns whether a value is the key of a pandas group, which is a tuple of strings and numbers.
fn is_label(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Ok(parts) = value.cast_exact::<PyTuple>() else {
        return Ok(false);
    };
    for part in parts {
        if !values::is_scalar(&part)? {
            return Ok(false);
        }
    }
    Ok(true)
}
