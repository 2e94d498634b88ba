//! Writes points whose shape is known, if they are dicts that contain only strings and plain
//! values.
//!
//! No user code runs while a dict is being read. All other points are left to the module `plain`,
//! which writes the point or raises the error.

use aioinflux::Encoder;
use aioinflux::line::Row;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use pyo3::{CastIntoError, intern};

use super::borrowed::{self, Miss};
use crate::place::Place;
use crate::sink::{Known, Memo, Names, Plan, Sink, Source, Text};

/// The memory that the points of a call reuse from the points before them.
#[derive(Default)]
pub(crate) struct Before<'py> {
    /// The tag values of the current point. The vector is kept so that its memory can be reused.
    values: Values<'py>,
}

type Values<'py> = Vec<Option<Bound<'py, PyString>>>;

/// If the point is a dict of the usual kind, adds the point to the lines. Returns whether the point
/// was added.
pub(super) fn push<'py>(
    sink: &mut Sink,
    before: &mut Before<'py>,
    point: &Bound<'py, PyDict>,
) -> bool {
    try_push(sink, before, point).is_some()
}

fn try_push<'py>(
    sink: &mut Sink,
    before: &mut Before<'py>,
    point: &Bound<'py, PyDict>,
) -> Option<()> {
    let index = sink.encoder.next_index();
    let parts = Parts::of(point)?;
    let names = parts.names()?;
    // The time of a point is converted before its dicts are read, because user code may compute a
    // time zone's offset.
    let time = match &parts.time {
        Some(time) => {
            let place = Place::of(index, "key").key("time");
            Some(sink.times.nanoseconds(time, place).ok()?)
        }
        None => None,
    };
    let Sink {
        encoder,
        shapes,
        tags,
        memo,
        ..
    } = sink;
    if let Some(place) = shapes.guess() {
        match write(
            encoder,
            shapes.get(place),
            names,
            &tags.all,
            before,
            memo,
            index,
            time,
        ) {
            Ok(()) => {
                shapes.was(place);
                return Some(());
            }
            Err(Miss::Unusual) => return None,
            Err(Miss::OtherShape) => {}
        }
    }
    let place = shapes.find(names, encoder.options())?;
    write(
        encoder,
        shapes.get(place),
        names,
        &tags.all,
        before,
        memo,
        index,
        time,
    )
    .ok()
}

/// The values of a point's four keys: `measurement`, `tags`, `fields` and `time`.
struct Parts<'py> {
    measurement: Option<Bound<'py, PyAny>>,
    tags: Option<Bound<'py, PyAny>>,
    fields: Option<Bound<'py, PyAny>>,
    time: Option<Bound<'py, PyAny>>,
}

impl<'py> Parts<'py> {
    /// Returns `None` if the point has a key other than the four valid keys.
    fn of(point: &Bound<'py, PyDict>) -> Option<Self> {
        let py = point.py();
        let mut parts = Self {
            measurement: None,
            tags: None,
            fields: None,
            time: None,
        };
        for (key, value) in point {
            let part = if key.is(intern!(py, "measurement")) {
                &mut parts.measurement
            } else if key.is(intern!(py, "tags")) {
                &mut parts.tags
            } else if key.is(intern!(py, "fields")) {
                &mut parts.fields
            } else if key.is(intern!(py, "time")) {
                &mut parts.time
            } else {
                parts.by_text(&key)?
            };
            *part = Some(value);
        }
        Some(parts)
    }

    /// Finds the part of a point that belongs to a key. The key is not the interned Python string,
    /// so its text is compared.
    fn by_text(&mut self, key: &Bound<'py, PyAny>) -> Option<&mut Option<Bound<'py, PyAny>>> {
        match key.cast_exact::<PyString>().ok()?.to_str().ok()? {
            "measurement" => Some(&mut self.measurement),
            "tags" => Some(&mut self.tags),
            "fields" => Some(&mut self.fields),
            "time" => Some(&mut self.time),
            _ => None,
        }
    }

    /// Returns `None` if the measurement, the tags or the fields are not of the usual type.
    fn names(&self) -> Option<Names<'_, 'py>> {
        let measurement = self.measurement.as_ref().filter(|name| !name.is_none());
        let tags = self.tags.as_ref().filter(|tags| !tags.is_none());
        Some(Names {
            measurement: match measurement {
                Some(name) => Some(name.cast_exact().ok()?),
                None => None,
            },
            tags: match tags {
                Some(tags) => Some(tags.cast_exact().ok()?),
                None => None,
            },
            fields: self.fields.as_ref()?.cast_exact().ok()?,
        })
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of the sink, which are borrowed apart"
)]
fn write<'py>(
    encoder: &mut Encoder,
    known: &Known,
    point: Names<'_, 'py>,
    extra_tags: &[(String, String)],
    before: &mut Before<'py>,
    memo: &mut Memo,
    index: u64,
    time: Option<i64>,
) -> Result<(), Miss> {
    if !known.begins_like(point) {
        return Err(Miss::OtherShape);
    }
    let plan = known.plan.as_ref().ok_or(Miss::OtherShape)?;
    let mut rows = encoder.rows(&plan.shape);
    let mut row = rows.begin();
    let Before { values } = before;
    memo.begin(known.number, plan.tags.len());
    match point.tags {
        Some(tags) if plan.sorted => {
            borrowed::write_tags(&mut row, &plan.shape, &known.tags, tags, memo)?;
        }
        Some(tags) => {
            collect(&known.tags, tags, values)?;
            write_tags(&mut row, plan, values, extra_tags, memo)?;
        }
        None => write_tags(&mut row, plan, &[], extra_tags, memo)?,
    }
    borrowed::write_fields(&mut row, &known.fields, point.fields)?;
    row.end(index, time)?;
    encoder.set_next_index(index + 1);
    Ok(())
}

fn collect<'py>(
    known: &[Text],
    tags: &Bound<'py, PyDict>,
    values: &mut Values<'py>,
) -> Result<(), Miss> {
    values.clear();
    for (known, (key, value)) in known.iter().zip(tags) {
        if !known.is(key.as_borrowed()) {
            return Err(Miss::OtherShape);
        }
        match value.cast_into_exact().map_err(CastIntoError::into_inner) {
            Ok(value) => values.push(Some(value)),
            Err(other) if other.is_none() => values.push(None),
            Err(_) => return Err(Miss::Unusual),
        }
    }
    Ok(())
}

fn write_tags(
    row: &mut Row<'_>,
    plan: &Plan,
    values: &[Option<Bound<'_, PyString>>],
    extra_tags: &[(String, String)],
    memo: &mut Memo,
) -> Result<(), Miss> {
    for &(tag, source) in &plan.tags {
        match source {
            Source::Point(at) => {
                if let Some(value) = &values[at] {
                    memo.write(row, &plan.shape, tag, value.as_any().as_borrowed())?;
                }
            }
            Source::Extra(at) => row.tag(tag, &extra_tags[at].1)?,
        }
    }
    Ok(())
}
