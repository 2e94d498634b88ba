//! Converts the values of `params`, and those of Flux templates, to the engine's parameters.
//!
//! The Python modules `influxql` and `flux` reduce the many types of Python to those that this
//! module knows: `str`, `bool`, `int`, `float`, lists, and dicts with one key that names the type.

use aioinflux::{Param, Query};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::place::{Place, shown, type_name};
use crate::times::Times;

const EXPECTED: &str = "float, int, bool, str, a list of these, or a dict with one of the keys \
                        identifier, regex, duration, string, float, integer, unsigned, time";

/// Binds the values of the argument `params` to a query.
pub(crate) fn bind(mut query: Query, params: Option<&Bound<'_, PyDict>>) -> PyResult<Query> {
    for (name, value) in params.into_iter().flatten() {
        let Ok(text) = name.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!(
                "argument `params`: names are str, got `{}`",
                type_name(&name)
            )));
        };
        let name = text
            .to_str()
            .map_err(|error| Place::argument("params").wrap(text.py(), &error))?;
        let place = Place {
            point: None,
            part: "parameter",
            key: Some(name),
        };
        query = query.bind(name, param(&value, place)?);
    }
    Ok(query)
}

/// Returns a value as the engine's parameter. Errors begin with `place`.
pub(crate) fn param(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Param> {
    match known(value, place) {
        Ok(Some(param)) => Ok(param),
        Ok(None) => Err(place.type_error(EXPECTED, value)),
        Err(error) => {
            // Errors about parts of a list already begin with the place.
            let told = error.value(value.py()).to_string();
            if told.starts_with(&place.to_string()) {
                Err(error)
            } else if error.is_instance_of::<PyTypeError>(value.py()) {
                Err(PyTypeError::new_err(format!("{place}: {told}")))
            } else {
                Err(place.wrap(value.py(), &error))
            }
        }
    }
}

/// Returns `None` if values of this type cannot be bound.
fn known(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<Param>> {
    if value.is_instance_of::<PyBool>() {
        return value.extract().map(Param::Boolean).map(Some);
    }
    if value.is_instance_of::<PyInt>() {
        return integer(value, place).map(Some);
    }
    if value.is_instance_of::<PyString>() {
        return value.extract().map(Param::String).map(Some);
    }
    if value.is_instance_of::<PyFloat>() {
        return value.extract().map(Param::Float).map(Some);
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let values = value.try_iter()?;
        let values: PyResult<Vec<_>> = values.map(|one| param(&one?, place)).collect();
        return values.map(Param::Array).map(Some);
    }
    match value.cast::<PyDict>() {
        Ok(typed) => typed_param(typed, place),
        Err(_) => Ok(None),
    }
}

/// Integers beyond 63 bits are unsigned.
fn integer(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Param> {
    if let Ok(value) = value.extract() {
        return Ok(Param::Integer(value));
    }
    let unsigned = value.extract().map(Param::Unsigned);
    unsigned.map_err(|_| place.value_error(format_args!("`{}` is beyond 64 bits", shown(value))))
}

/// Returns the parameter for a dict that names its type, such as `{"duration": "1h"}`.
fn typed_param(typed: &Bound<'_, PyDict>, place: Place<'_>) -> PyResult<Option<Param>> {
    let item = typed.items().get_item(0);
    let Ok((kind, value)) = item.and_then(|item| item.extract::<(String, Bound<'_, PyAny>)>())
    else {
        return Ok(None);
    };
    let make = match kind.as_str() {
        _ if typed.len() > 1 => return Ok(None),
        "identifier" | "ident" => Param::Identifier,
        "regex" => Param::Regex,
        "duration" => Param::Duration,
        "string" => Param::String,
        "float" | "number" => return value.extract().map(Param::Float).map(Some),
        "integer" | "int" => return value.extract().map(Param::Integer).map(Some),
        "unsigned" => return value.extract().map(Param::Unsigned).map(Some),
        "time" => {
            let ns = Times::default().nanoseconds(&value, place)?;
            return Ok(Some(Param::Time(ns)));
        }
        _ => return Ok(None),
    };
    value.extract().map(make).map(Some)
}
