//! Defines the generations of InfluxDB by their names in Python.

use aioinflux::Dialect;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::place::type_name;

/// The value of the argument `server`, which names a generation of InfluxDB.
#[derive(Clone, Copy)]
pub(crate) struct Server(Dialect);

impl Server {
    pub(crate) const V1: Self = Self(Dialect::V1);

    pub(crate) fn dialect(self) -> Dialect {
        self.0
    }

    /// Returns the name in Python of the generation that has this dialect.
    pub(crate) fn name(dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::V1 => "1.x",
            Dialect::V2 => "2.x",
            Dialect::V3 => "3.x",
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Server {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let refuse = |got: &str| {
            format!(
                "argument `server`: expected \"1.x\", \"2.x\" or \"3.x\", got {got}; hint: a tag \
                 of this name goes into `tags`"
            )
        };
        let Ok(text) = value.cast::<PyString>() else {
            let got = format!("`{}`", type_name(&value));
            return Err(PyTypeError::new_err(refuse(&got)));
        };
        match text.to_str()? {
            "1.x" => Ok(Self(Dialect::V1)),
            "2.x" => Ok(Self(Dialect::V2)),
            "3.x" => Ok(Self(Dialect::V3)),
            other => Err(PyValueError::new_err(refuse(&format!("{other:?}")))),
        }
    }
}
