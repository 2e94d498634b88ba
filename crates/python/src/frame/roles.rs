//! Holds the roles of table columns, which the arguments of a call set.
//!
//! If the arguments set neither tags nor the measurement, a pivoted answer to Flux has roles of its
//! own: a DataFrame in its `attrs`, and an Arrow table in the metadata of its columns.

use aioinflux::tables::ROLE;
use arrow_schema::SchemaRef;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use pyo3_arrow::PySchema;

use crate::out;
use crate::place::shorten;
use crate::{text, values};

/// The column names that were passed as arguments of a call. Table columns that no argument names
/// are fields.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) tags: Vec<Py<PyAny>>,
    pub(crate) time: Option<Py<PyAny>>,
    pub(crate) measurement: Option<Py<PyAny>>,
}

impl Roles {
    /// Returns the roles that a table has of its own, if the arguments of the call leave them open.
    /// `measurement` is the measurement that the call names for the table.
    pub(super) fn of_table(
        &self,
        data: &Bound<'_, PyAny>,
        is_pandas: bool,
        measurement: Option<&str>,
    ) -> PyResult<Option<Self>> {
        if !self.tags.is_empty() || self.measurement.is_some() {
            return Ok(None);
        }
        let py = data.py();
        let own = if is_pandas {
            of_attrs(data)?
        } else {
            schema_of(data)?.map(|schema| of_schema(py, &schema))
        };
        let Some(mut own) = own.filter(|own| own.texts().next().is_some()) else {
            return Ok(None);
        };
        if let (Some(column), Some(name)) = (&own.measurement, measurement) {
            return Err(PyValueError::new_err(format!(
                "measurement `{}`: the table has its own measurements in the column `{}`; hint: \
                 drop this column",
                shorten(name),
                shorten(&text::lossy(column.bind(py))?)
            )));
        }
        if let Some(time) = &self.time {
            own.time = Some(time.clone_ref(py));
        }
        Ok(Some(own))
    }

    /// Returns all column names that were passed as arguments.
    pub(super) fn named(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.texts().chain(&self.time)
    }

    /// Returns the names of the columns that are written as text.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.tags.iter().chain(&self.measurement)
    }
}

/// Returns the roles in the attributes of a DataFrame. A column that no longer exists is refused: if
/// it was renamed, its tags would become a field, and points would replace each other.
fn of_attrs(frame: &Bound<'_, PyAny>) -> PyResult<Option<Roles>> {
    let py = frame.py();
    let attrs = frame.getattr(intern!(py, "attrs"))?;
    let Ok(attrs) = attrs.cast::<PyDict>() else {
        return Ok(None);
    };
    if attrs.is_empty() {
        return Ok(None);
    }
    let columns = frame.getattr(intern!(py, "columns"))?;
    let there = |name: &Bound<'_, PyAny>, attribute: &str| -> PyResult<bool> {
        if !name.is_instance_of::<PyString>() {
            return Ok(false);
        }
        if columns.contains(name)? {
            return Ok(true);
        }
        Err(PyValueError::new_err(format!(
            "attribute `attrs` of the DataFrame: `{attribute}` names `{}`, which is not a column; \
             hint: pass `tag_columns` and `measurement_column`",
            shorten(&text::lossy(name)?)
        )))
    };
    let mut roles = Roles::default();
    if let Some(name) = attrs.get_item("measurement_column")?
        && there(&name, "measurement_column")?
    {
        roles.measurement = Some(name.unbind());
    }
    let tags = attrs.get_item("tag_columns")?;
    for name in tags
        .iter()
        .filter_map(|tags| tags.try_iter().ok())
        .flatten()
    {
        let name = name?;
        if there(&name, "tag_columns")? {
            roles.tags.push(name.unbind());
        }
    }
    Ok(Some(roles))
}

/// Returns the schema of a table of ours or of pyarrow. No other table has the metadata of roles.
fn schema_of(data: &Bound<'_, PyAny>) -> PyResult<Option<SchemaRef>> {
    let py = data.py();
    if let Ok(table) = data.cast::<out::Table>() {
        return Ok(Some(table.get().schema()));
    }
    if !values::is_imported(py, "pyarrow") {
        return Ok(None);
    }
    let pyarrow = py.import("pyarrow")?;
    for class in ["Table", "RecordBatch", "RecordBatchReader"] {
        if data.is_instance(&pyarrow.getattr(class)?)? {
            let schema: PySchema = data.getattr(intern!(py, "schema"))?.extract()?;
            return Ok(Some(schema.into_inner()));
        }
    }
    Ok(None)
}

fn of_schema(py: Python<'_>, schema: &SchemaRef) -> Roles {
    let mut roles = Roles::default();
    for field in schema.fields() {
        let name = || PyString::new(py, field.name()).into_any().unbind();
        match field.metadata().get(ROLE).map(String::as_str) {
            Some("tag") => roles.tags.push(name()),
            Some("measurement") => roles.measurement = Some(name()),
            Some("time") => roles.time = Some(name()),
            _ => {}
        }
    }
    roles
}
