//! The points of one call: what they share, and what has to be told about them at its end.

use aioinflux::engine::Spares;
use aioinflux::line::RemovedNewlines;
use aioinflux::{Batch, Colliding, Dialect, Encoder, Options, unique_time};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::dicts::{Memo, Shapes, Shared};
use crate::frame::Table;
use crate::place::{Place, shorten};
use crate::times::Times;
use crate::{text, values};

/// Longest batch whose memory is kept.
const LONGEST: usize = 16 << 20;

/// Values that were no strings where strings belong, for one warning a call.
#[derive(Default)]
pub(crate) struct Converted {
    count: u64,
    first: Option<String>,
}

impl Converted {
    pub(crate) fn add(&mut self, place: Place<'_>) {
        self.count += 1;
        self.first.get_or_insert_with(|| place.to_string());
    }
}

/// Tags for every point of a call.
#[derive(Default)]
pub(crate) struct CommonTags {
    /// Extra tags, then default tags of other names.
    pub(crate) all: Vec<(String, String)>,
    extra: usize,
}

impl CommonTags {
    fn clear(&mut self) {
        self.all.clear();
        self.extra = 0;
    }

    /// Those that beat a point's own tags of the same name.
    pub(crate) fn extra(&self) -> &[(String, String)] {
        &self.all[..self.extra]
    }

    /// Those that a point's own tags of the same name beat.
    pub(crate) fn defaults(&self) -> &[(String, String)] {
        &self.all[self.extra..]
    }

    /// Those for a point that has these tags itself, with their places in `all`.
    pub(crate) fn beside(
        &self,
        own: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (usize, &(String, String))> {
        let all = self.all.iter().enumerate();
        all.filter(move |(place, (key, _))| *place < self.extra || !own(key))
    }
}

/// The points of one call of `write`.
pub(crate) struct Points {
    pub(crate) encoder: Encoder,
    pub(crate) shapes: Shapes,
    pub(crate) memo: Memo,
    /// Memory for the batches of the call.
    pub(crate) spares: Spares,
    /// Name for points that carry none.
    pub(crate) measurement: Option<String>,
    pub(crate) tag_columns: Option<Vec<Py<PyAny>>>,
    /// Column of the times of tables.
    pub(crate) time_column: Option<Py<PyAny>>,
    /// Column of the measurements of tables.
    pub(crate) measurement_column: Option<Py<PyAny>>,
    pub(crate) tags: CommonTags,
    pub(crate) times: Times,
    pub(crate) converted: Converted,
    /// Newlines that other encoders than `encoder` have removed.
    pub(crate) removed: RemovedNewlines,
    /// Points of one request and one series that have no time.
    colliding: Colliding,
    /// Whether points without a time get one of the clock's.
    pub(crate) stamp: bool,
    /// Tables of more rows than these are left for the caller.
    pub(crate) leaves_tables: Option<usize>,
    /// A table that was left; it comes after the points in `encoder`.
    pub(crate) table: Option<Table>,
}

impl Points {
    /// Forgets the call, and keeps what is worth it for the next one.
    pub(crate) fn forget(&mut self) {
        if self.encoder.len_bytes() > LONGEST {
            self.encoder = Encoder::new(self.encoder.options());
        }
        self.encoder.clear();
        self.memo = Memo::default();
        self.measurement = None;
        self.tag_columns = None;
        self.time_column = None;
        self.measurement_column = None;
        self.tags.clear();
        self.times.forget();
        self.converted = Converted::default();
        self.removed = RemovedNewlines::default();
        self.colliding = Colliding::default();
        self.set_stamp(false);
        self.leaves_tables = None;
        self.table = None;
    }

    /// Makes points without a time get the next nanosecond of the clock.
    pub(crate) fn set_stamp(&mut self, stamp: bool) {
        self.stamp = stamp;
        self.encoder.set_clock(stamp.then_some(unique_time));
    }

    /// Takes note of the points of a request that the server would give one time and one series.
    #[inline]
    pub(crate) fn note_undated(&mut self, py: Python<'_>, batch: &Batch) {
        if batch.unstamped() > 1 {
            self.note_colliding(py.detach(|| Colliding::of(batch)));
        }
    }

    /// The same for the lines in the encoder.
    pub(crate) fn note_lines(&mut self, py: Python<'_>) {
        let batch = self.encoder.batch();
        if batch.unstamped() > 1 {
            let found = py.detach(|| Colliding::of(batch));
            self.note_colliding(found);
        }
    }

    fn note_colliding(&mut self, found: Option<Colliding>) {
        if let Some(found) = found {
            if self.colliding.points == 0 {
                self.colliding.first = found.first;
            }
            self.colliding.points += found.points;
        }
    }

    /// Takes the name and the tags for points that have none themselves.
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
        self.tags.extra = self.tags.all.len();
        self.add_tags(default_tags)?;
        self.shapes.begin(Shared {
            measurement: self.measurement.clone(),
            tags: self.tags.all.iter().map(|(key, _)| key.clone()).collect(),
            extra_tags: self.tags.extra,
        });
        Ok(())
    }

    /// Adds tags for every point, but for those that are there already.
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
                    self.converted.add(place);
                }
                self.tags.all.push((key, text));
            }
        }
        Ok(())
    }

    /// The text of a name; what is no string is converted, with a warning later.
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
        self.converted.add(place);
        Ok(text)
    }

    /// The name of a measurement; `None` where a value stands for none.
    pub(crate) fn measurement_of(
        &mut self,
        name: &Bound<'_, PyAny>,
        place: Place<'_>,
    ) -> PyResult<Option<String>> {
        if !name.is_instance_of::<PyString>() && values::is_missing(name)? {
            return Ok(None);
        }
        self.name(name, place).map(Some)
    }

    /// One warning for each kind of change that was made to the user's data.
    pub(crate) fn warn(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(first) = &self.converted.first {
            let count = self.converted.count;
            let text =
                format!("Non-string-like data passed, converted to str: {first} ({count} in all)");
            warn(py, &text)?;
        }
        let here = self.encoder.removed_newlines();
        let elsewhere = Some(&self.removed).filter(|removed| removed.count > 0);
        if let Some(first) = here.or(elsewhere) {
            let count = self.removed.count + here.map_or(0, |removed| removed.count);
            let text = format!(
                "newlines removed, which names and tags cannot hold: {} ({count} in all)",
                first.first
            );
            warn(py, &text)?;
        }
        let Colliding { points, first, .. } = &self.colliding;
        if *points > 0 {
            let text = format!(
                "{points} points without a time are of the same series as others, the first of \
                 series `{}`: the server gives all points of a request the same time and keeps \
                 only one of each series; give them times, or pass `stamp=True`",
                shorten(&first.replace('\0', "\\0"))
            );
            warn(py, &text)?;
        }
        Ok(())
    }
}

impl Points {
    /// For calls whose lines are of this dialect: what is known of earlier points, such as shapes,
    /// is of it, too.
    pub(crate) fn new(dialect: Dialect) -> Self {
        let options = Options::new(dialect).remove_newlines(true);
        Self {
            encoder: Encoder::new(options),
            shapes: Shapes::default(),
            memo: Memo::default(),
            spares: Spares::default(),
            measurement: None,
            tag_columns: None,
            time_column: None,
            measurement_column: None,
            tags: CommonTags::default(),
            times: Times::default(),
            converted: Converted::default(),
            removed: RemovedNewlines::default(),
            colliding: Colliding::default(),
            stamp: false,
            leaves_tables: None,
            table: None,
        }
    }
}

/// Warns at the line of the user.
fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let warn = py.import("aioinflux._warnings")?.getattr("warn")?;
    warn.call1((text,)).map(drop)
}

/// The encoder's refusal, as Python's.
pub(crate) fn refused(error: &aioinflux::line::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
