//! Writes objects of a class with a schema (`@lineprotocol`) as lines.
//!
//! | file | knows |
//! |---|---|
//! | `class` | a class with a schema, as Python has it |
//! | `plan` | the names that its points share in one kind of call |
//! | `schema` | what the attributes of a class are |
//! | `attributes`, `descriptor` | how the attributes of an object are fetched |
//! | `rows` | objects of the common kind |
//! | `plain` | every kind of value, and every error |
//! | `kinds` | what a value of each kind of attribute is written as |

mod attributes;
mod class;
mod descriptor;
mod kinds;
mod plain;
mod plan;
mod rows;
mod schema;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString, PyType};

pub(crate) use self::class::Class;
use crate::place::{Place, type_name};
use crate::sink::Sink;
use crate::values;

/// The data that an object in a call reuses from earlier objects.
#[derive(Default)]
pub(crate) struct Last<'py> {
    /// The class of the last object, and the way in which objects of this class become lines.
    class: Option<(Bound<'py, PyType>, Manner<'py>)>,
    state: rows::State<'py>,
}

enum Manner<'py> {
    /// Objects of the class are written with the schema of the class.
    Schema(Bound<'py, Class>),
    /// Objects of the class are written by calling their own method, which returns encoded lines.
    Method,
    /// Objects of the class have neither a schema nor a method that returns lines.
    Other,
}

impl<'py> Manner<'py> {
    /// If the method `to_lineprotocol` of a class carries a schema, objects are written with that
    /// schema. If a subclass overrides `to_lineprotocol`, the new method carries no schema, so the
    /// method is called instead.
    fn of(class: &Bound<'py, PyType>) -> PyResult<Self> {
        let py = class.py();
        let Some(method) = class.getattr_opt(intern!(py, "to_lineprotocol"))? else {
            return Ok(Self::Other);
        };
        let schema = method.getattr_opt(intern!(py, "__lineprotocol__"))?;
        Ok(match schema.and_then(|schema| schema.cast_into().ok()) {
            Some(schema) => Self::Schema(schema),
            None => Self::Method,
        })
    }
}

/// If `data` is an object with a schema, or an object that returns lines, adds its line or lines.
/// Returns whether `data` was added.
#[inline]
pub(crate) fn push<'py>(
    sink: &mut Sink,
    last: &mut Last<'py>,
    data: &Bound<'py, PyAny>,
) -> PyResult<bool> {
    let known = last.class.as_ref();
    if known.is_none_or(|(class, _)| class.as_ptr() != data.get_type_ptr().cast()) {
        let class = data.get_type();
        let manner = Manner::of(&class)?;
        last.class = Some((class, manner));
        last.state.forget();
    }
    match &last.class {
        Some((_, Manner::Schema(class))) => {
            let Class { schema, plans } = class.get();
            rows::push(sink, &mut last.state, schema, plans, data).map(|()| true)
        }
        Some((_, Manner::Method)) => push_by_method(sink, data).map(|()| true),
        _ => Ok(false),
    }
}

/// Adds the lines that an object's method returns, without changing the lines.
pub(crate) fn push_by_method(sink: &mut Sink, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = object.py();
    let index = sink.encoder.next_index();
    if let Ok(class) = object.cast::<PyType>() {
        return Err(PyTypeError::new_err(format!(
            "point {index}: expected an object of class `{}`, got the class itself",
            class.name()?
        )));
    }
    let lines = object.call_method0(intern!(py, "to_lineprotocol"))?;
    if let Ok(text) = lines.cast::<PyString>() {
        let text = values::string(text, Place::of(index, "line protocol"))?;
        sink.push_lines(text.as_bytes())
    } else if let Ok(bytes) = lines.cast::<PyBytes>() {
        sink.push_lines(bytes.as_bytes())
    } else if let Ok(bytes) = lines.cast::<PyByteArray>() {
        sink.push_lines(&bytes.to_vec())
    } else {
        Err(PyTypeError::new_err(format!(
            "point {index}: `{}.to_lineprotocol()`: expected bytes or str, got `{}`",
            type_name(object),
            type_name(&lines)
        )))
    }
}
