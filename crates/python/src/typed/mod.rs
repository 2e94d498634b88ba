//! Points that are objects of a class with a schema (`@lineprotocol`), as lines.
//!
//! | file | knows |
//! |---|---|
//! | `schema` | what the attributes of a class are, and the names that its points share |
//! | `attributes`, `descriptor` | how the attributes of an object are fetched |
//! | `rows` | objects of the common kind |
//! | `plain` | every kind of value, and every error |
//! | `kinds` | what a value of each kind of attribute is written as |

mod attributes;
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

pub(crate) use self::schema::Schema;
use crate::dicts::Memo;
use crate::place::{Place, type_name};
use crate::points::{Points, refused};
use crate::values;

/// What the objects of a call leave to those after them.
#[derive(Default)]
pub(crate) struct Last<'py> {
    /// The class of the last object, and how its objects become lines.
    class: Option<(Bound<'py, PyType>, Manner<'py>)>,
    state: rows::State<'py>,
}

enum Manner<'py> {
    /// By the schema that the class carries.
    Schema(Bound<'py, Schema>),
    /// By a method of its own, which gives encoded lines.
    Method,
    /// They are no points of these kinds.
    Other,
}

impl<'py> Manner<'py> {
    /// A method is a schema's own where it carries it; one that overrides it does not.
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

/// Adds one point, or the lines of an object, and returns whether `data` was either.
#[inline]
pub(crate) fn push<'py>(
    points: &mut Points,
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
        Some((_, Manner::Schema(schema))) => {
            push_by_schema(points, &mut last.state, schema, data).map(|()| true)
        }
        Some((_, Manner::Method)) => push_by_method(points, data).map(|()| true),
        _ => Ok(false),
    }
}

fn push_by_schema<'py>(
    points: &mut Points,
    state: &mut rows::State<'py>,
    schema: &Bound<'py, Schema>,
    object: &Bound<'py, PyAny>,
) -> PyResult<()> {
    if rows::push(points, state, schema.get(), object)? {
        return Ok(());
    }
    plain::push(points, schema.get(), object)
}

/// The lines that an object makes of itself; they are taken as they are.
pub(crate) fn push_by_method(points: &mut Points, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = object.py();
    let index = points.encoder.next_index();
    if let Ok(class) = object.cast::<PyType>() {
        return Err(PyTypeError::new_err(format!(
            "point {index}: expected an object of class `{}`, got the class itself",
            class.name()?
        )));
    }
    let lines = object.call_method0(intern!(py, "to_lineprotocol"))?;
    points.times.refuse_lines()?;
    let pushed = if let Ok(text) = lines.cast::<PyString>() {
        let text = values::string(text, Place::of(index, "line protocol"))?;
        points.encoder.push_text(text.as_bytes())
    } else if let Ok(bytes) = lines.cast::<PyBytes>() {
        points.encoder.push_text(bytes.as_bytes())
    } else if let Ok(bytes) = lines.cast::<PyByteArray>() {
        points.encoder.push_text(&bytes.to_vec())
    } else {
        return Err(PyTypeError::new_err(format!(
            "point {index}: `{}.to_lineprotocol()`: expected bytes or str, got `{}`",
            type_name(object),
            type_name(&lines)
        )));
    };
    pushed.map_err(|error| refused(&error))?;
    Ok(())
}
