//! Writes any point that is a mapping, one key and one value after another.
//!
//! A value may be an object that runs its own code. The code of a value may even change the point
//! while the point is being written.

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::keys;
use super::mapping::of_mapping;
use crate::place::Place;
use crate::sink::{Sink, Warnings, refused};
use crate::{text, values};

/// Adds one point to the lines of a call.
pub(super) fn push(sink: &mut Sink, point: &Bound<'_, PyDict>) -> PyResult<()> {
    let index = sink.encoder.next_index();
    let parts = Parts::new(sink, point, index)?;
    let Some(name) = parts.measurement.as_ref().or(sink.measurement.as_ref()) else {
        return Err(keys::missing(index, "measurement", point)?);
    };
    let Some(fields) = parts.fields else {
        return Err(keys::missing(index, "fields", point)?);
    };
    let time = parts
        .time
        .map(|time| {
            let place = Place::of(index, "key").key("time");
            sink.times.nanoseconds(&time, place)
        })
        .transpose()?;

    let Sink {
        encoder,
        warnings,
        tags: common,
        ..
    } = sink;
    let mut line = encoder.next_point();
    line.measurement(name).map_err(|error| refused(&error))?;
    // The positions of the default tags that the point's own tags replace.
    let mut own = Vec::new();
    if let Some(tags) = parts.tags {
        for_each(&tags, index, "tags", |key, value| {
            let key = Name::new(key, Place::of(index, "tag"), warnings)?;
            let key = key.as_str()?;
            if common.extra().iter().any(|(extra, _)| extra == key) {
                return Ok(());
            }
            own.extend(common.defaults().iter().position(|(known, _)| known == key));
            let place = Place::of(index, "tag").key(key);
            let mut changed = false;
            if let Some(text) = values::tag(value, place, &mut changed)? {
                line.tag(key, &text).map_err(|error| refused(&error))?;
                if changed {
                    warnings.note_converted(place);
                }
            }
            Ok(())
        })?;
    }
    let default = common.defaults().iter().enumerate();
    let default = default.filter(|(at, _)| !own.contains(at));
    for (key, value) in common.extra().iter().chain(default.map(|(_, tag)| tag)) {
        line.tag(key.as_str(), value)
            .map_err(|error| refused(&error))?;
    }
    for_each(&fields, index, "fields", |key, value| {
        let key = Name::new(key, Place::of(index, "field"), warnings)?;
        let key = key.as_str()?;
        if let Some(value) = values::field(value, Place::of(index, "field").key(key))? {
            line.field(key, value).map_err(|error| refused(&error))?;
        }
        Ok(())
    })?;
    line.finish(time).map_err(|error| refused(&error))?;
    Ok(())
}

/// The values of a point's four keys: `measurement`, `tags`, `fields` and `time`.
struct Parts<'py> {
    measurement: Option<String>,
    tags: Option<Bound<'py, PyAny>>,
    fields: Option<Bound<'py, PyAny>>,
    time: Option<Bound<'py, PyAny>>,
}

impl<'py> Parts<'py> {
    fn new(sink: &mut Sink, point: &Bound<'py, PyDict>, index: u64) -> PyResult<Self> {
        let py = point.py();
        let measurement = point.get_item(intern!(py, "measurement"))?;
        let tags = point.get_item(intern!(py, "tags"))?;
        let fields = point.get_item(intern!(py, "fields"))?;
        let time = point.get_item(intern!(py, "time"))?;
        let known = [&measurement, &tags, &fields, &time]
            .into_iter()
            .flatten()
            .count();
        if known < point.len() {
            keys::check(point, index)?;
        }
        let measurement = match measurement {
            Some(name) => sink.measurement_of(&name, Place::of(index, "key").key("measurement"))?,
            None => None,
        };
        let tags = match tags {
            Some(tags) if tags.is_exact_instance_of::<PyDict>() => Some(tags),
            Some(tags) if !values::is_missing(&tags)? => Some(tags),
            _ => None,
        };
        Ok(Self {
            measurement,
            tags,
            fields,
            // A time that is `None` is left out, as in 0.9. Tags and fields that are `None` are
            // left out too.
            time: time.filter(|time| !time.is_none()),
        })
    }
}

/// Iterates over the tags or the fields of a point, which must be a mapping.
fn for_each<'py>(
    value: &Bound<'py, PyAny>,
    index: u64,
    key: &'static str,
    mut write: impl FnMut(&Bound<'py, PyAny>, &Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let place = Place::of(index, "key").key(key);
    let dict = match value.cast_exact::<PyDict>() {
        Ok(dict) => dict.clone(),
        Err(_) => of_mapping(value)?.ok_or_else(|| place.type_error("a mapping", value))?,
    };
    let changed = || {
        PyRuntimeError::new_err(format!(
            "{place}: the mapping was changed by one of its own values while it was written"
        ))
    };
    let size = dict.len();
    let mut seen = 0;
    // The iterator over a dict panics if it is used after the size of the dict has changed. The
    // iterator also panics if it is used twice after its end.
    for (key, value) in &dict {
        seen += 1;
        if seen > size {
            return Err(changed());
        }
        write(&key, &value)?;
        if dict.len() != size {
            return Err(changed());
        }
    }
    if seen < size {
        return Err(changed());
    }
    Ok(())
}

/// A key as text, which is the key itself if it is a Python string, and otherwise a converted
/// string.
enum Name<'a, 'py> {
    Text(&'a Bound<'py, PyString>, Place<'a>),
    Converted(String),
}

impl<'a, 'py> Name<'a, 'py> {
    fn new(
        key: &'a Bound<'py, PyAny>,
        place: Place<'a>,
        warnings: &mut Warnings,
    ) -> PyResult<Self> {
        if let Ok(text) = key.cast::<PyString>() {
            return Ok(Self::Text(text, place));
        }
        if key.is_instance_of::<PyBytes>() {
            return Err(place.type_error("a key of type str", key));
        }
        if values::is_missing(key)? {
            return Err(values::missing_error(place, "a key of type str", key));
        }
        let text = text::of(key)?.ok_or_else(|| place.type_error("a key of type str", key))?;
        warnings.note_converted(place.key(&text));
        Ok(Self::Converted(text))
    }

    fn as_str(&self) -> PyResult<&str> {
        match self {
            Self::Text(text, place) => values::string(text, *place),
            Self::Converted(text) => Ok(text),
        }
    }
}
