//! Defines the kinds of attributes, and the way in which the values of each kind are written.
//!
//! For attributes of every kind, `None`, NaN, `NA`, `NaT` and Arrow nulls are left out.

use std::borrow::Cow;

use aioinflux::FieldValue;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDateTime, PyInt, PyString};

use crate::place::{Place, shorten, type_name};
use crate::times::Times;
use crate::{text, values};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Measurement,
    /// Nanoseconds.
    TimeInt,
    /// A time of any type, such as a datetime or a string.
    Time,
    Tag,
    TagEnum,
    Bool,
    Int,
    Float,
    Str,
    Enum,
    /// A field whose type depends on each value.
    Any,
}

/// The part of a line to which an attribute belongs. Slots of attributes are in the order of these
/// parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Measurement,
    Time,
    Tag,
    Field,
}

impl Kind {
    pub(super) const fn part(self) -> Part {
        match self {
            Self::Measurement => Part::Measurement,
            Self::TimeInt | Self::Time => Part::Time,
            Self::Tag | Self::TagEnum => Part::Tag,
            Self::Bool | Self::Int | Self::Float | Self::Str | Self::Enum | Self::Any => {
                Part::Field
            }
        }
    }

    pub(super) fn from_name(name: &str) -> PyResult<Self> {
        Ok(match name {
            "measurement" => Self::Measurement,
            "timeint" => Self::TimeInt,
            "timestr" | "timedt" | "time" => Self::Time,
            "tag" => Self::Tag,
            "tagenum" => Self::TagEnum,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" | "decimal" => Self::Float,
            "str" => Self::Str,
            "enum" => Self::Enum,
            "field" => Self::Any,
            _ => return Err(PyValueError::new_err(format!("unknown kind `{name}`"))),
        })
    }
}

/// Returns the error for a value whose type does not match the kind of its attribute.
fn wrong(place: Place<'_>, expected: &str, got: &Bound<'_, PyAny>) -> PyErr {
    let shown = got.repr().map_or_else(
        |_| String::new(),
        |shown| format!("`{}`, a ", shorten(&shown.to_string())),
    );
    PyTypeError::new_err(format!(
        "{place}: expected {expected}, got {shown}`{}`",
        type_name(got)
    ))
}

/// Returns whether the value of an attribute is missing. The most common types are checked first.
fn is_missing(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let common = value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyDateTime>();
    if common {
        return Ok(false);
    }
    values::is_missing(value)
}

/// Returns the value of a field. Returns `None` if the value is missing, so that the field is left
/// out.
pub(super) fn field<'a>(
    kind: Kind,
    value: &'a Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<FieldValue<'a>>> {
    if is_missing(value)? {
        return Ok(None);
    }
    match kind {
        Kind::Str => string(value, place).map(|text| Some(FieldValue::String(text))),
        Kind::Enum => name_of(value, place).map(|name| Some(FieldValue::String(name))),
        Kind::Float if is_int(value) => value
            .extract()
            .map(|number| Some(FieldValue::Float(number)))
            .map_err(|error| place.wrap(value.py(), &error)),
        _ => plain_field(kind, value, place),
    }
}

fn plain_field<'a>(
    kind: Kind,
    value: &'a Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<FieldValue<'a>>> {
    let expected = match kind {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Float => "float, int or Decimal",
        _ => "float, int, bool, str, Decimal or a member of an enum",
    };
    let written = match values::field(value, place) {
        Ok(Some(written)) => written,
        Ok(None) => return Ok(None),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            return Err(wrong(place, expected, value));
        }
        Err(error) => return Err(error),
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is what `float(value)` gives too"
    )]
    match (kind, written) {
        (Kind::Bool, written @ FieldValue::Boolean(_))
        | (Kind::Int, written @ FieldValue::Integer(_))
        | (Kind::Float, written @ FieldValue::Float(_))
        | (Kind::Any, written) => Ok(Some(written)),
        (Kind::Float, FieldValue::Integer(number)) => Ok(Some(FieldValue::Float(number as f64))),
        // The field gets the type integer, even if the value is an unsigned numpy integer. Only a
        // value that is too large stays unsigned.
        (Kind::Int, FieldValue::Unsigned(number)) => {
            let integer = i64::try_from(number).map(FieldValue::Integer);
            Ok(Some(integer.unwrap_or(FieldValue::Unsigned(number))))
        }
        (Kind::Float, FieldValue::Unsigned(number)) => Ok(Some(FieldValue::Float(number as f64))),
        _ => Err(wrong(place, expected, value)),
    }
}

/// Returns whether a value is a Python integer and not a bool.
fn is_int(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>()
}

/// Returns the text of a string attribute's value. Bytes are refused, because the `str` of bytes
/// would be a Python literal.
fn string<'a>(value: &'a Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = value.cast::<PyString>() {
        return values::string(text, place).map(Cow::Borrowed);
    }
    if value.is_instance_of::<PyBytes>() {
        return Err(wrong(place, "str", value));
    }
    let text = text::of(value)?.ok_or_else(|| wrong(place, "str", value))?;
    Ok(Cow::Owned(text))
}

/// Returns the name of an enum member. A plain string is treated as the name of an enum member.
fn name_of<'a>(value: &'a Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Cow<'a, str>> {
    match value.getattr_opt(intern!(value.py(), "name"))? {
        // A combination of several flags has no name, but its text describes the combination.
        Some(name) if name.is_none() => text::str_of(value).map(Cow::Owned),
        Some(name) => name
            .extract()
            .map(Cow::Owned)
            .map_err(|_| wrong(place, "a member of an enum", value)),
        None => match value.cast::<PyString>() {
            Ok(text) => values::string(text, place).map(Cow::Borrowed),
            Err(_) => Err(wrong(place, "a member of an enum", value)),
        },
    }
}

/// Returns the text with which a tag is written. Returns `None` if the value is missing, so that
/// the tag is left out.
pub(super) fn tag<'a>(
    kind: Kind,
    value: &'a Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<Cow<'a, str>>> {
    if is_missing(value)? {
        return Ok(None);
    }
    if kind == Kind::TagEnum {
        return name_of(value, place).map(Some);
    }
    // The class declares that the value becomes a string, so its conversion causes no warning.
    let mut converted = false;
    values::tag(value, place, &mut converted).map_err(|error| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            wrong(place, "str", value)
        } else {
            error
        }
    })
}

/// Returns the measurement that an attribute contains. Returns `None` if the attribute has no
/// value.
pub(super) fn measurement(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<String>> {
    if values::is_missing(value)? {
        return Ok(None);
    }
    match value.cast::<PyString>() {
        Ok(text) => values::string(text, place).map(|text| Some(text.to_owned())),
        Err(_) => Err(wrong(place, "str", value)),
    }
}

/// Returns the time of a point in nanoseconds. Returns `None` if the server should set the time.
pub(super) fn time(
    times: &mut Times,
    kind: Kind,
    optional: bool,
    value: &Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<i64>> {
    if is_missing(value)? {
        return if optional {
            Ok(None)
        } else {
            let expected = "a time (the server sets it where the attribute is Optional)";
            Err(wrong(place, expected, value))
        };
    }
    if kind == Kind::TimeInt && !is_int(value) && !is_numpy_int(value)? {
        return Err(wrong(place, "int", value));
    }
    times.without_floats(value, place).map(Some)
}

fn is_numpy_int(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if !values::is_numpy(value) {
        return Ok(false);
    }
    let kind: char = value.getattr("dtype")?.getattr("kind")?.extract()?;
    Ok(matches!(kind, 'i' | 'u'))
}
