//! Writes objects of the usual kind whose class is already known, so that only the values of the
//! attributes are read.
//!
//! All unusual objects are left to the module `plain`, which writes the point or raises the error.
//! Reading an attribute may run user code, and the exceptions that user code raises propagate
//! unchanged.

use std::sync::Arc;

use aioinflux::FieldValue;
use aioinflux::line::{Row, Unusual};
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use super::attributes::{AttributeReader, Quick, Values};
use super::kinds::{self, Kind};
use super::plain;
use super::plan::{Plan, Plans, Source};
use super::schema::{Attribute, Schema};
use crate::sink::{Memo, Sink};
use crate::times::Times;

/// The data that an object of a class reuses from the object before it.
#[derive(Default)]
pub(super) struct State<'py> {
    /// The plan of the last object, and the string object that was the last object's measurement.
    plan: Option<LastPlan<'py>>,
    reader: AttributeReader<'py>,
    memo: Memo,
}

type LastPlan<'py> = (Option<Bound<'py, PyString>>, Arc<Plan>);

impl State<'_> {
    /// Forgets the previous class when objects of a different class begin.
    pub(super) fn forget(&mut self) {
        self.plan = None;
        self.reader = AttributeReader::default();
    }
}

/// The reason why an object was not written by the fast path.
enum Miss {
    /// The object must be written by the module `plain`, because it is unusual.
    Unusual,
    /// User code raised an exception while the object was read.
    Raised(PyErr),
}

impl From<Unusual> for Miss {
    fn from(_: Unusual) -> Self {
        Self::Unusual
    }
}

/// Adds one object to the lines of a call.
pub(super) fn push<'py>(
    sink: &mut Sink,
    state: &mut State<'py>,
    schema: &Schema,
    plans: &Plans,
    object: &Bound<'py, PyAny>,
) -> PyResult<()> {
    if push_common(sink, state, schema, plans, object)? {
        return Ok(());
    }
    plain::push(sink, schema, object)
}

/// If the object is of the usual kind, adds the object to the lines. Returns whether the object was
/// added.
fn push_common<'py>(
    sink: &mut Sink,
    state: &mut State<'py>,
    schema: &Schema,
    plans: &Plans,
    object: &Bound<'py, PyAny>,
) -> PyResult<bool> {
    let State {
        reader, plan, memo, ..
    } = state;
    let written = if let Some(tuple) = schema.tuple(object) {
        write(sink, plan, memo, schema, plans, &tuple)
    } else {
        match reader.read(schema, object) {
            Some(Quick::Walked(values)) => write(sink, plan, memo, schema, plans, &values),
            Some(Quick::Described(values)) => write(sink, plan, memo, schema, plans, &values),
            None => write(sink, plan, memo, schema, plans, &object),
        }
    };
    match written {
        Ok(()) => Ok(true),
        Err(Miss::Unusual) => Ok(false),
        Err(Miss::Raised(error)) => Err(error),
    }
}

fn write<'py>(
    sink: &mut Sink,
    plan: &mut Option<LastPlan<'py>>,
    memo: &mut Memo,
    schema: &Schema,
    plans: &Plans,
    values: &impl Values<'py>,
) -> Result<(), Miss> {
    let Sink {
        encoder,
        tags,
        times,
        ..
    } = sink;
    let index = encoder.next_index();
    let name = match schema.measurement() {
        Some(attribute) => Some(measurement(&*read(values, attribute)?)?),
        None => None,
    };
    let time = match schema.time() {
        Some(attribute) => {
            let value = read(values, attribute)?;
            time(times, schema, attribute, &value, index)?
        }
        None => None,
    };
    let same = plan.as_ref().is_some_and(|(last, _)| match (last, &name) {
        (None, None) => true,
        (Some(last), Some(name)) => last.is(name),
        _ => false,
    });
    if !same {
        let text = match &name {
            Some(name) => name.to_str().map_err(|_| Unusual)?,
            None => &schema.name,
        };
        let found = plans.get(schema, encoder.options(), text, tags);
        *plan = Some((name, found));
    }
    let Some((_, plan)) = plan else {
        return Err(Miss::Unusual);
    };
    let shape = plan.shape.as_ref().ok_or(Unusual)?;
    let mut rows = encoder.rows(shape);
    let mut row = rows.begin();
    memo.begin(plan.number, plan.tags.len());
    for &(tag, source) in &plan.tags {
        match source {
            Source::Attribute(at) => {
                let attribute = &schema.tags()[at];
                let value = read(values, attribute)?;
                // A repeated tag value is recognized by the address of its object, so its text need
                // not be read.
                if memo
                    .write(&mut row, shape, tag, value.as_borrowed())
                    .is_err()
                {
                    write_tag(&mut row, tag, attribute, &value, memo, shape, index)?;
                }
            }
            Source::Declared(at) => row.tag(tag, &schema.extra_tags[at].1)?,
            Source::Extra(at) => row.tag(tag, &tags.all[at].1)?,
        }
    }
    if schema.placeholder {
        row.boolean(0, true)?;
    }
    let first = usize::from(schema.placeholder);
    for (at, attribute) in schema.fields().iter().enumerate() {
        let value = read(values, attribute)?;
        write_field(&mut row, first + at, schema, attribute, &value, index)?;
    }
    row.end(index, time)?;
    encoder.set_next_index(index + 1);
    Ok(())
}

#[inline]
fn read<'py, V: Values<'py>>(values: &V, attribute: &Attribute) -> Result<V::Value, Miss> {
    values.get(attribute).map_err(missing)
}

#[cold]
fn missing(error: PyErr) -> Miss {
    if Python::attach(|py| error.is_instance_of::<PyAttributeError>(py)) {
        Miss::Unusual
    } else {
        Miss::Raised(error)
    }
}

fn measurement<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyString>, Miss> {
    let name = value.cast_exact().map_err(|_| Unusual)?;
    Ok(name.clone())
}

/// Returns the time of an object in nanoseconds, or `None` if the server should set the time.
/// Reading the time of an object may run user code.
fn time(
    times: &mut Times,
    schema: &Schema,
    attribute: &Attribute,
    value: &Bound<'_, PyAny>,
    index: u64,
) -> Result<Option<i64>, Miss> {
    let py = value.py();
    plain::time(times, schema, attribute, value, index).map_err(|error| {
        let ours =
            error.is_instance_of::<PyValueError>(py) || error.is_instance_of::<PyTypeError>(py);
        if ours {
            Miss::Unusual
        } else {
            Miss::Raised(error)
        }
    })
}

/// Writes a tag whose value is not a plain string.
fn write_tag(
    row: &mut Row<'_>,
    tag: usize,
    attribute: &Attribute,
    value: &Bound<'_, PyAny>,
    memo: &mut Memo,
    shape: &aioinflux::line::Shape,
    index: u64,
) -> Result<(), Miss> {
    if value.is_none() {
        return Ok(());
    }
    if attribute.kind == Kind::TagEnum
        && let Some(name) = member_name(value)
    {
        return Ok(memo.write(row, shape, tag, name.as_any().as_borrowed())?);
    }
    match kinds::tag(attribute.kind, value, attribute.place(index)) {
        Ok(Some(text)) => Ok(row.tag(tag, &text)?),
        Ok(None) => Ok(()),
        Err(_) => Err(Miss::Unusual),
    }
}

/// Reads the name of an enum member from `_name_`, which is faster than reading the attribute
/// `name`.
fn member_name<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyString>> {
    let name = value.getattr(intern!(value.py(), "_name_")).ok()?;
    name.cast_into_exact().ok()
}

#[inline]
fn write_field(
    row: &mut Row<'_>,
    at: usize,
    schema: &Schema,
    attribute: &Attribute,
    value: &Bound<'_, PyAny>,
    index: u64,
) -> Result<(), Miss> {
    match attribute.kind {
        Kind::Float | Kind::Any if value.is_exact_instance_of::<PyFloat>() => {
            let number = value.cast_exact::<PyFloat>().map_err(|_| Unusual)?;
            row.float(at, number.value())?;
        }
        Kind::Int | Kind::Any if value.is_exact_instance_of::<PyInt>() => {
            row.integer(at, value.extract().map_err(|_| Unusual)?)?;
        }
        Kind::Bool | Kind::Any if value.is_exact_instance_of::<PyBool>() => {
            row.boolean(at, value.extract().map_err(|_| Unusual)?)?;
        }
        Kind::Str | Kind::Any if value.is_exact_instance_of::<PyString>() => {
            let text: &str = value.extract().map_err(|_| Unusual)?;
            if !(schema.rm_none && text.is_empty()) {
                row.string(at, text)?;
            }
        }
        _ => write_rare_field(row, at, schema, attribute, value, index)?,
    }
    Ok(())
}

/// Writes a field whose value is an enum member or a number of a less common type. A missing value
/// is left out.
fn write_rare_field(
    row: &mut Row<'_>,
    at: usize,
    schema: &Schema,
    attribute: &Attribute,
    value: &Bound<'_, PyAny>,
    index: u64,
) -> Result<(), Unusual> {
    if value.is_none() {
        return Ok(());
    }
    if attribute.kind == Kind::Enum
        && let Some(name) = member_name(value)
    {
        return row.string(at, name.to_str().map_err(|_| Unusual)?);
    }
    match kinds::field(attribute.kind, value, attribute.place(index)).map_err(|_| Unusual)? {
        Some(FieldValue::Float(number)) => row.float(at, number),
        Some(FieldValue::Integer(number)) => row.integer(at, number),
        Some(FieldValue::Unsigned(number)) => row.unsigned(at, number),
        Some(FieldValue::Boolean(flag)) => row.boolean(at, flag),
        Some(FieldValue::String(text)) if schema.rm_none && text.is_empty() => Ok(()),
        Some(FieldValue::String(text)) => row.string(at, &text),
        None => Ok(()),
    }
}
