//! Defines the kinds of attributes in a class with a schema.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

/// The kind of an attribute's value, which the attribute's annotation determines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Measurement,
    Nanoseconds,
    Datetime,
    Iso,
    Tag,
    Bool,
    Int,
    Decimal,
    Float,
    Str,
    Enum,
    Any,
}

impl Kind {
    pub(super) fn from_name(name: &str) -> PyResult<Self> {
        Ok(match name {
            "measurement" => Self::Measurement,
            "timeint" | "time" => Self::Nanoseconds,
            "timedt" => Self::Datetime,
            "timestr" => Self::Iso,
            "tag" => Self::Tag,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "decimal" => Self::Decimal,
            "float" => Self::Float,
            "str" => Self::Str,
            "tagenum" | "enum" => Self::Enum,
            "field" => Self::Any,
            _ => return Err(PyValueError::new_err(format!("unknown kind `{name}`"))),
        })
    }

    /// Returns whether the value of a cell already has this kind.
    pub(super) fn has(self, value: &Bound<'_, PyAny>) -> bool {
        match self {
            Self::Measurement | Self::Any => true,
            Self::Nanoseconds | Self::Int => value.is_exact_instance_of::<PyInt>(),
            Self::Tag | Self::Str => value.is_instance_of::<PyString>(),
            Self::Bool => value.is_instance_of::<PyBool>(),
            Self::Float => value.is_exact_instance_of::<PyFloat>(),
            Self::Datetime | Self::Iso | Self::Decimal | Self::Enum => false,
        }
    }

    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Nanoseconds | Self::Datetime | Self::Iso => "a time",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Decimal => "a number",
            Self::Float => "float",
            Self::Enum => "the name of a member",
            Self::Measurement | Self::Tag | Self::Str | Self::Any => "str",
        }
    }

    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::Nanoseconds | Self::Datetime | Self::Iso)
    }
}
