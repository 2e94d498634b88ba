//! Defines the languages of queries by their names in Python.

use aioinflux::Language;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::place::type_name;

/// The value of the argument `language`, which names the language of a query.
#[derive(Clone, Copy)]
pub(crate) struct Named(pub(crate) Language);

impl<'a, 'py> FromPyObject<'a, 'py> for Named {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let refuse = |got: &str| {
            format!("argument `language`: expected \"influxql\", \"flux\" or \"sql\", got {got}")
        };
        let Ok(text) = value.cast::<PyString>() else {
            let got = format!("`{}`", type_name(&value));
            return Err(PyTypeError::new_err(refuse(&got)));
        };
        match text.to_str()? {
            "influxql" => Ok(Self(Language::InfluxQl)),
            "flux" => Ok(Self(Language::Flux)),
            "sql" => Ok(Self(Language::Sql)),
            other => Err(PyValueError::new_err(refuse(&format!("{other:?}")))),
        }
    }
}
