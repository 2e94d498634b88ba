//! Defines the sink, to which all readers of input add points. A sink contains the encoder, the
//! shapes and values of earlier points, and the warnings for the user.
//!
//! | file | knows |
//! |---|---|
//! | `lease` | sinks that outlive a call, for their memory |
//! | `shapes`, `memo` | the keys and the tag values of earlier points |
//! | `tags` | tags that all points share |
//! | `warnings` | what has to be told at the end of a call |
//!
//! A sink depends neither on where points come from nor on when a batch is full.

mod lease;
mod memo;
mod shapes;
mod tags;
mod warnings;

use aioinflux::engine::Spares;
use aioinflux::{Dialect, Encoder, Options, unique_time};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

pub(crate) use self::lease::Lease;
pub(crate) use self::memo::{Memo, text, write_text};
pub(crate) use self::shapes::{Known, Names, Object, Plan, Shapes, Shared, Source, Text};
pub(crate) use self::tags::CommonTags;
pub(crate) use self::warnings::Warnings;
use crate::place::Place;
use crate::times::Times;
use crate::{text, values};

/// The maximum size in bytes of a batch whose memory is kept for the next call.
const LONGEST: usize = 16 << 20;

/// The destination to which the points of one call are written.
pub(crate) struct Sink {
    pub(crate) encoder: Encoder,
    pub(crate) shapes: Shapes,
    pub(crate) memo: Memo,
    /// Memory that the batches of the call can reuse.
    pub(crate) spares: Spares,
    /// The measurement for points without a measurement of their own.
    pub(crate) measurement: Option<String>,
    pub(crate) tags: CommonTags,
    pub(crate) times: Times,
    /// Whether points without a time get a timestamp from this machine's clock.
    pub(crate) stamp: bool,
    pub(crate) warnings: Warnings,
}

impl Sink {
    /// Creates a sink for calls whose lines are written in this dialect. Everything that a sink
    /// remembers about earlier points, such as their shapes, is specific to its dialect.
    fn new(dialect: Dialect) -> Self {
        let options = Options::new(dialect).remove_newlines(true);
        Self {
            encoder: Encoder::new(options),
            shapes: Shapes::default(),
            memo: Memo::default(),
            spares: Spares::default(),
            measurement: None,
            tags: CommonTags::default(),
            times: Times::default(),
            stamp: false,
            warnings: Warnings::default(),
        }
    }

    /// Forgets the data of the call, and keeps the memory and the shapes that the next call can
    /// reuse.
    fn forget(&mut self) {
        if self.encoder.len_bytes() > LONGEST {
            self.encoder = Encoder::new(self.encoder.options());
        }
        self.encoder.clear();
        self.memo = Memo::default();
        self.measurement = None;
        self.tags.clear();
        self.times.forget();
        self.set_stamp(false);
        self.warnings = Warnings::default();
    }

    /// Sets whether points without a time get the clock's next nanosecond as their time.
    pub(crate) fn set_stamp(&mut self, stamp: bool) {
        self.stamp = stamp;
        self.encoder.set_clock(stamp.then_some(unique_time));
    }

    /// Adds lines that are already encoded to the lines of the call.
    pub(crate) fn push_lines(&mut self, text: &[u8]) -> PyResult<()> {
        self.times.refuse_lines()?;
        let pushed = self.encoder.push_text(text);
        pushed.map(drop).map_err(|error| refused(&error))
    }

    /// Records the points without a time in the encoder for the warning at the end of the call.
    pub(crate) fn note_undated(&mut self, py: Python<'_>) {
        self.warnings.note_undated(py, self.encoder.batch());
    }

    /// Warns the user about changes to the data, and about points that the server will not keep.
    pub(crate) fn warn(&self, py: Python<'_>) -> PyResult<()> {
        self.warnings.show(py, self.encoder.removed_newlines())
    }

    /// Sets the measurement, the extra tags and the default tags that the arguments of a call
    /// contain.
    pub(crate) fn set_defaults(
        &mut self,
        measurement: Option<&Bound<'_, PyAny>>,
        extra_tags: Option<&Bound<'_, PyDict>>,
        default_tags: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if let Some(name) = measurement {
            self.measurement = self.measurement_of(name, Place::argument("measurement"))?;
        }
        self.add_tags(extra_tags)?;
        self.tags.end_extra();
        self.add_tags(default_tags)?;
        self.shapes.begin(Shared {
            measurement: self.measurement.clone(),
            tags: self.tags.all.iter().map(|(key, _)| key.clone()).collect(),
            extra_tags: self.tags.extra().len(),
        });
        Ok(())
    }

    /// Adds tags for every point, except tags that have the key of an extra tag.
    fn add_tags(&mut self, tags: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        for (key, value) in tags.into_iter().flatten() {
            let key = self.name(&key, Place::argument("tags"))?;
            if self.tags.extra().iter().any(|(known, _)| *known == key) {
                continue;
            }
            let place = Place {
                point: None,
                part: "extra tag",
                key: Some(&key),
            };
            if values::is_missing(&value)? {
                continue;
            }
            if !values::is_scalar(&value)? || value.is_instance_of::<PyBytes>() {
                return Err(place.type_error("a scalar", &value));
            }
            let mut converted = false;
            if let Some(text) = values::tag(&value, place, &mut converted)? {
                let text = text.into_owned();
                if converted {
                    self.warnings.note_converted(place);
                }
                self.tags.add(key, text);
            }
        }
        Ok(())
    }

    /// Returns a name, such as a tag key or a column name, as a string. If the name is not a
    /// string, it is converted, which causes a warning at the end of the call.
    pub(crate) fn name(&mut self, name: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<String> {
        if let Ok(text) = name.cast::<PyString>() {
            return values::string(text, place).map(str::to_owned);
        }
        if name.is_instance_of::<PyBytes>() {
            return Err(place.type_error("str", name));
        }
        if values::is_missing(name)? {
            return Err(values::missing_error(place, "str", name));
        }
        let text = text::of(name)?.ok_or_else(|| place.type_error("str", name))?;
        self.warnings.note_converted(place);
        Ok(text)
    }

    /// Returns the measurement whose name is passed in `name`. Returns `None` if `name` is missing,
    /// so that no measurement is set.
    pub(crate) fn measurement_of(
        &mut self,
        name: &Bound<'_, PyAny>,
        place: Place<'_>,
    ) -> PyResult<Option<String>> {
        if !name.is_instance_of::<PyString>() {
            if values::is_missing(name)? {
                return Ok(None);
            }
            if !values::is_scalar(name)? {
                return Err(place.type_error("str", name));
            }
        }
        self.name(name, place).map(Some)
    }
}

/// Converts an error of the line encoder to a Python exception.
pub(crate) fn refused(error: &aioinflux::line::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
