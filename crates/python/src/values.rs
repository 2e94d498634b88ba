//! Python's scalars as field values and as tags.

use std::borrow::Cow;

use aioinflux::FieldValue;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyInt, PyString, PyType};

use crate::place::{Place, shorten, shown};
use crate::text;

const EXPECTED: &str = "float, int, bool or str";

/// The value of a field, or `None` where there is none: `None`, `NaN`, `NA` and `NaT` are left out.
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

/// UTF-8 of a string; a lone surrogate has none.
pub(crate) fn string<'a>(text: &'a Bound<'_, PyString>, place: Place<'_>) -> PyResult<&'a str> {
    text.to_str().map_err(|error| place.wrap(text.py(), &error))
}

/// The rarer kinds: numpy scalars, `Decimal`, enums, missing values of pandas.
fn other(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<FieldValue<'static>>> {
    // Complex numbers are no fields, and neither is their NaN.
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

/// The nearest float; one that is infinite while its source is finite has lost its value.
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
        // As in a column of that type.
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

/// A scalar of pyarrow, as Python's own value of it.
fn from_arrow(value: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Option<FieldValue<'static>>> {
    // Some cannot become Python's: times in nanoseconds without pandas.
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

/// The text of a tag: `None` where the tag is left out.
///
/// `converted` is set when the value was no string, for the warning that the seed gives.
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

/// Whether a value stands for itself: iterables and objects without a text of their own do not.
pub(crate) fn is_scalar(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyString>() || is_enum(value)? {
        return Ok(true);
    }
    let py = value.py();
    if value.hasattr(intern!(py, "__iter__"))? && !is_numpy(value) {
        return Ok(false);
    }
    // What has no text of its own would be stored as an address.
    let kind = value.get_type();
    let object = py.get_type::<PyAny>();
    let own = |name| -> PyResult<bool> { Ok(!kind.getattr(name)?.is(&object.getattr(name)?)) };
    Ok(own(intern!(py, "__str__"))? || own(intern!(py, "__repr__"))?)
}

/// Whether a value stands for none: `None`, NaN of every type, and the marks for missing values of
/// pandas, numpy and Arrow.
pub(crate) fn is_missing(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_none() {
        return Ok(true);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(number.value().is_nan());
    }
    let kind = value.get_type();
    let name = kind.name()?;
    let name = name.to_str()?;
    if matches!(name, "NAType" | "NaTType") {
        return Ok(kind.module()?.to_str()?.starts_with("pandas"));
    }
    if name == "MaskedConstant" {
        return Ok(kind.module()?.to_str()?.starts_with("numpy"));
    }
    if is_numpy(value) || value.is_instance_of::<PyComplex>() {
        // Only NaN and NaT are unequal to themselves among numpy's scalars; records are no values.
        return Ok(name != "void" && value.ne(value)?);
    }
    if is_arrow(value) {
        return is_missing_in_arrow(value);
    }
    // A signaling NaN cannot be compared.
    Ok(is_decimal(value)?
        && value
            .call_method0(intern!(value.py(), "is_nan"))?
            .is_truthy()?)
}

/// Whether a value is a complex number, of Python or of numpy.
fn is_complex(value: &Bound<'_, PyAny>) -> bool {
    let name = value.get_type().name();
    value.is_instance_of::<PyComplex>()
        || (is_numpy(value)
            && name.is_ok_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with("complex") || name.starts_with("clongdouble")
            }))
}

/// Null of any type of Arrow, and NaN.
fn is_missing_in_arrow(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if !value.getattr(intern!(py, "is_valid"))?.is_truthy()? {
        return Ok(true);
    }
    // The null may be that of a dictionary's value. What cannot become Python's is no null.
    match value.call_method0(intern!(py, "as_py")) {
        Ok(plain) => is_missing(&plain),
        Err(_) => Ok(false),
    }
}

/// Whether a value is a scalar of pyarrow.
pub(crate) fn is_arrow(value: &Bound<'_, PyAny>) -> bool {
    let kind = value.get_type();
    kind.name()
        .is_ok_and(|name| name.to_string_lossy().ends_with("Scalar"))
        && kind
            .module()
            .is_ok_and(|module| module.to_string_lossy().starts_with("pyarrow"))
}

/// The error for a value that stands for none where there has to be one.
pub(crate) fn missing_error(place: Place<'_>, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    if value.is_none() {
        return place.type_error(expected, value);
    }
    PyTypeError::new_err(format!(
        "{place}: expected {expected}, got `{}`",
        shown(value)
    ))
}

/// Whether a value is a scalar of numpy (no array: those have a shape that is not empty).
pub(crate) fn is_numpy(value: &Bound<'_, PyAny>) -> bool {
    static GENERIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = value.py();
    // A process that never imported numpy has no scalars of it, and must not import it for this.
    if GENERIC.get(py).is_none() && !is_imported(py, "numpy") {
        return false;
    }
    GENERIC
        .import(py, "numpy", "generic")
        .is_ok_and(|generic| value.is_instance(generic).unwrap_or(false))
}

/// Whether a module has been imported by anybody.
pub(crate) fn is_imported(py: Python<'_>, module: &str) -> bool {
    py.import("sys")
        .and_then(|sys| sys.getattr("modules"))
        .and_then(|modules| modules.get_item(module))
        .is_ok_and(|module| !module.is_none())
}

static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn is_instance(
    value: &Bound<'_, PyAny>,
    module: &str,
    name: &str,
    cache: &'static PyOnceLock<Py<PyType>>,
) -> PyResult<bool> {
    value.is_instance(cache.import(value.py(), module, name)?)
}

fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    is_instance(value, "decimal", "Decimal", &DECIMAL)
}

/// Whether a value is a member of an enum.
pub(crate) fn is_enum(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    is_instance(value, "enum", "Enum", &ENUM)
}

/// The name of an enum's member; members that are strings or integers went before, as those.
fn enum_name(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if is_enum(value)? && !value.is_instance_of::<PyInt>() {
        // Flags without a single name have none; their text says what they are.
        let name: Option<String> = value.getattr("name")?.extract()?;
        return name.map_or_else(|| text::str_of(value), Ok).map(Some);
    }
    Ok(None)
}
