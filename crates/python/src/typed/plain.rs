//! Writes any object of a class with a schema, one attribute after another.

use aioinflux::FieldValue;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::kinds;
use super::plan::{Source, sources};
use super::schema::{Attribute, PLACEHOLDER, Schema};
use crate::sink::Sink;
use crate::times::Times;

/// Adds one object to the lines of a call.
pub(super) fn push(sink: &mut Sink, schema: &Schema, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let Sink {
        encoder,
        tags: common,
        times,
        ..
    } = sink;
    let index = encoder.next_index();
    let is_tuple = schema.is_tuple(object);
    let name = measurement(schema, object, is_tuple, index)?;
    let time = match schema.time() {
        Some(attribute) => {
            let value = attribute.value(object, is_tuple, index)?;
            time(times, schema, attribute, &value, index)?
        }
        None => None,
    };
    let mut line = encoder.next_point();
    let refused = |error: aioinflux::line::Error| schema.refused(&error);
    line.measurement(name.as_deref().unwrap_or(&schema.name))
        .map_err(refused)?;
    for (key, source) in sources(schema, common) {
        match source {
            Source::Attribute(at) => {
                let tag = &schema.tags()[at];
                let value = tag.value(object, is_tuple, index)?;
                if let Some(text) = kinds::tag(tag.kind, &value, tag.place(index))? {
                    line.tag(key, &text).map_err(refused)?;
                }
            }
            Source::Declared(at) => {
                let (_, value) = &schema.extra_tags[at];
                line.tag(key, value).map_err(refused)?;
            }
            Source::Extra(at) => {
                line.tag(key, &common.all[at].1).map_err(refused)?;
            }
        }
    }
    if schema.placeholder {
        line.field(PLACEHOLDER, true).map_err(refused)?;
    }
    for field in schema.fields() {
        let value = field.value(object, is_tuple, index)?;
        match kinds::field(field.kind, &value, field.place(index))? {
            Some(FieldValue::String(text)) if schema.rm_none && text.is_empty() => {}
            Some(value) => {
                line.field(field.key.as_str(), value).map_err(refused)?;
            }
            None => {}
        }
    }
    line.finish(time).map_err(refused)?;
    Ok(())
}

/// Returns the measurement that an attribute of the object contains. Returns `None` if the
/// measurement is the name of the object's class.
fn measurement(
    schema: &Schema,
    object: &Bound<'_, PyAny>,
    is_tuple: bool,
    index: u64,
) -> PyResult<Option<String>> {
    let Some(attribute) = schema.measurement() else {
        return Ok(None);
    };
    let value = attribute.value(object, is_tuple, index)?;
    let name = kinds::measurement(&value, attribute.place(index))?;
    Ok(name.filter(|name| !(schema.rm_none && name.is_empty())))
}

/// Returns the time of an object in nanoseconds. Returns `None` if the server should set the time
/// of the point.
pub(super) fn time(
    times: &mut Times,
    schema: &Schema,
    attribute: &Attribute,
    value: &Bound<'_, PyAny>,
    index: u64,
) -> PyResult<Option<i64>> {
    if schema.rm_none && is_empty(value) {
        return Ok(None);
    }
    let optional = attribute.optional || schema.rm_none;
    let place = attribute.place(index);
    kinds::time(times, attribute.kind, optional, value, place)
}

fn is_empty(value: &Bound<'_, PyAny>) -> bool {
    let text = value.cast::<PyString>();
    text.is_ok_and(|text| text.to_str().is_ok_and(str::is_empty))
}
