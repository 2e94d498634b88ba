//! Converts Python scalars to values of fields and tags.

pub(crate) mod types;

use std::borrow::Cow;

use aioinflux::FieldValue;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};

pub(crate) use self::types::{is_arrow, is_enum, is_imported, is_missing, is_numpy, is_scalar};
use self::types::{is_complex, is_decimal};
use crate::place::{Place, shorten, shown};
use crate::text;

const EXPECTED: &str = "float, int, bool or str";

/// Returns the value of a field. Returns `None` if the value is missing, because fields with
/// `None`, `NaN`, `NA` or `NaT` are left out.
pub(crate) fn field<'a>(
    value: &'a Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<FieldValue<'a>>> {
    if value.is_exact_instance_of::<PyFloat>() {
        return value
            .extract()
            .map(|number| Some(FieldValue::Float(number)));
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(FieldValue::Boolean(flag.is_true())));
    }
    if value.is_instance_of::<PyInt>() {
        return integer(value, place).map(Some);
    }
    if let Ok(text) = value.cast::<PyString>() {
        return string(text, place).map(|text| Some(FieldValue::String(Cow::Borrowed(text))));
    }
    if value.is_none() {
        return Ok(None);
    }
    other(value, place)
}

fn integer(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<FieldValue<'static>> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(FieldValue::Integer(number));
    }
    value
        .extract::<u64>()
        .map(FieldValue::Unsigned)
        .map_err(|_| {
            let shown = shown(value);
            place.value_error(format!("integer `{shown}` is beyond 64 bits"))
        })
}

/// Returns the UTF-8 text of a Python string. If the string contains a lone surrogate, it cannot be
/// converted to UTF-8, and the function returns an error.
pub(crate) fn string<'a>(text: &'a Bound<'_, PyString>, place: Place<'_>) -> PyResult<&'a str> {
    text.to_str().map_err(|error| place.wrap(text.py(), &error))
}

/// Converts field values of the less common types, which are numpy scalars, `Decimal`, enums, and
/// missing values of pandas.
fn other(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<FieldValue<'static>>> {
    // A complex number cannot be a field, even if it is NaN.
    if is_complex(value) {
        return Err(place.type_error(EXPECTED, value));
    }
    if is_missing(value)? {
        return Ok(None);
    }
    if value.is_instance_of::<PyFloat>() {
        return value
            .extract()
            .map(|number| Some(FieldValue::Float(number)));
    }
    if is_numpy(value) {
        return from_numpy(value, place);
    }
    if is_decimal(value)? {
        return finite(value, place).map(Some);
    }
    if is_arrow(value) {
        return from_arrow(value, place);
    }
    if let Some(name) = enum_name(value)? {
        return Ok(Some(FieldValue::String(Cow::Owned(name))));
    }
    Err(place.type_error(EXPECTED, value))
}

/// Returns the float that is nearest to a finite value. If this float is infinite, or is zero
/// although the value is not zero, the value is out of range.
fn finite(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<FieldValue<'static>> {
    let number: f64 = value.call_method0("__float__")?.extract()?;
    if number.is_infinite() || (number == 0.0 && value.is_truthy()?) {
        let shown = shorten(&value.to_string());
        return Err(place.value_error(format!("`{shown}` is beyond the range of floats")));
    }
    Ok(FieldValue::Float(number))
}

fn from_numpy(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<FieldValue<'static>>> {
    let py = value.py();
    match value
        .getattr(intern!(py, "dtype"))?
        .getattr(intern!(py, "kind"))?
        .extract::<char>()?
    {
        'b' => value
            .is_truthy()
            .map(|flag| Some(FieldValue::Boolean(flag))),
        'i' => integer(&value.call_method0(intern!(py, "item"))?, place).map(Some),
        // An unsigned numpy integer stays unsigned, as in a column of unsigned integers.
        'u' => {
            let number = value.call_method0(intern!(py, "item"))?.extract()?;
            Ok(Some(FieldValue::Unsigned(number)))
        }
        'f' => {
            let number: f64 = value.call_method0(intern!(py, "__float__"))?.extract()?;
            Ok(Some(FieldValue::Float(number)))
        }
        _ => Err(place.type_error(EXPECTED, value)),
    }
}

/// Converts a pyarrow scalar first to a Python value, and then to the value of a field.
fn from_arrow(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<FieldValue<'static>>> {
    // Some pyarrow scalars cannot be converted to Python, such as times in nanoseconds if pandas is
    // not installed.
    let plain = value.call_method0(intern!(value.py(), "as_py"));
    let plain = plain.map_err(|_| place.type_error(EXPECTED, value))?;
    Ok(field(&plain, place)?.map(|field| match field {
        FieldValue::String(text) => FieldValue::String(Cow::Owned(text.into_owned())),
        FieldValue::Float(number) => FieldValue::Float(number),
        FieldValue::Integer(number) => FieldValue::Integer(number),
        FieldValue::Unsigned(number) => FieldValue::Unsigned(number),
        FieldValue::Boolean(flag) => FieldValue::Boolean(flag),
    }))
}

/// Returns the text of a tag's value. Returns `None` if the value is missing, so that the tag is
/// left out.
///
/// `converted` is set if the value is not a string. The conversion to a string causes a warning, as
/// in 0.1.
pub(crate) fn tag<'a>(
    value: &'a Bound<'_, PyAny>,
    place: Place<'_>,
    converted: &mut bool,
) -> PyResult<Option<Cow<'a, str>>> {
    if let Ok(text) = value.cast::<PyString>() {
        return string(text, place).map(|text| Some(Cow::Borrowed(text)));
    }
    if is_missing(value)? {
        return Ok(None);
    }
    if let Some(name) = enum_name(value)? {
        return Ok(Some(Cow::Owned(name)));
    }
    if value.is_instance_of::<PyBytes>() || !is_scalar(value)? {
        return Err(place.type_error("str", value));
    }
    let text = text::of(value)?.ok_or_else(|| place.type_error("str", value))?;
    *converted = true;
    Ok(Some(Cow::Owned(text)))
}

/// Returns the error for a missing value in a place where a value is required.
pub(crate) fn missing_error(place: Place<'_>, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    if value.is_none() {
        return place.type_error(expected, value);
    }
    PyTypeError::new_err(format!(
        "{place}: expected {expected}, got `{}`",
        shown(value)
    ))
}

/// Returns the name of an enum member. Enum members that are also strings or integers were already
/// handled as strings or integers.
fn enum_name(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if is_enum(value)? && !value.is_instance_of::<PyInt>() {
        // A combination of several flags has no name, but its text describes the combination.
        let name: Option<String> = value.getattr("name")?.extract()?;
        return name.map_or_else(|| text::str_of(value), Ok).map(Some);
    }
    Ok(None)
}
