//! What the user hands to `write`, as lines: text, mappings, frames, and iterables of these.
//!
//! Points are numbered from 0 in the order in which they come, whatever holds them; errors, and the
//! server's refusals, name them by that number.

use std::sync::Arc;

use aioinflux::{Batch, Dialect, Encoder, Options};
use pyo3::exceptions::{PyUserWarning, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyString, PyType};

use crate::frame;
use crate::place::{Place, shorten, type_name};
use crate::{times, values};

/// How deep iterables may be nested; an iterable that holds itself would never end.
const MAX_DEPTH: usize = 100;
/// How many items are encoded between two looks at pending signals.
const SIGNAL_ITEMS: u64 = 4096;

/// Keys of a point that are close to a known one, and the one that is meant.
const NEAR_MISSES: [(&str, &str); 6] = [
    ("tag", "tags"),
    ("tag_columns", "tags"),
    ("field", "fields"),
    ("timestamp", "time"),
    ("times", "time"),
    ("measurements", "measurement"),
];
const KNOWN: [&str; 4] = ["measurement", "tags", "fields", "time"];

/// Encodes `data` as lines; nothing is sent.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, extra_tags=None))]
pub(crate) fn encode(
    data: &Bound<'_, PyAny>,
    measurement: Option<&Bound<'_, PyAny>>,
    tag_columns: Option<Vec<Py<PyAny>>>,
    extra_tags: Option<&Bound<'_, PyDict>>,
) -> PyResult<Encoded> {
    let py = data.py();
    let options = Options::new(Dialect::default()).remove_newlines(true);
    let mut points = Points {
        encoder: Encoder::new(options),
        measurement: None,
        tag_columns,
        tags: Vec::new(),
        converted: Converted::default(),
    };
    points.set_defaults(measurement, extra_tags)?;
    points.push(data, 0)?;
    points.warn(py)?;
    Ok(Encoded {
        batch: Arc::new(points.encoder.take()),
    })
}

/// Encoded lines, ready to be sent.
#[pyclass(module = "aioinflux._core", name = "Batch", frozen)]
pub(crate) struct Encoded {
    pub(crate) batch: Arc<Batch>,
}

#[pymethods]
impl Encoded {
    #[getter]
    fn points(&self) -> usize {
        self.batch.len()
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.batch.skipped()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.batch.bytes())
    }
}

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

/// The points of one call of `write`.
pub(crate) struct Points {
    pub(crate) encoder: Encoder,
    /// Name for points that carry none.
    pub(crate) measurement: Option<String>,
    pub(crate) tag_columns: Option<Vec<Py<PyAny>>>,
    /// Tags for every point; they beat a point's own tags of the same name.
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) converted: Converted,
}

impl Points {
    fn set_defaults(
        &mut self,
        measurement: Option<&Bound<'_, PyAny>>,
        extra_tags: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if let Some(name) = measurement {
            self.measurement = Some(self.name(name, Place::argument("measurement"))?);
        }
        for (key, value) in extra_tags.into_iter().flatten() {
            let key = self.name(&key, Place::argument("tags"))?;
            let place = Place {
                point: None,
                part: "extra tag",
                key: Some(&key),
            };
            if !values::is_scalar(&value)? || value.is_instance_of::<PyBytes>() {
                return Err(place.type_error("a scalar", &value));
            }
            let mut converted = false;
            if let Some(text) = values::tag(&value, place, &mut converted)? {
                let text = text.into_owned();
                if converted {
                    self.converted.add(place);
                }
                self.tags.push((key, text));
            }
        }
        Ok(())
    }

    /// The text of a name; what is no string is converted, with a warning later.
    pub(crate) fn name(&mut self, name: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<String> {
        if let Ok(text) = name.cast::<PyString>() {
            return values::string(text, place).map(str::to_owned);
        }
        if name.is_none() || name.is_instance_of::<PyBytes>() {
            return Err(place.type_error("str", name));
        }
        self.converted.add(place);
        values::text_of(name)
    }

    /// Adds whatever `data` is.
    fn push(&mut self, data: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        if let Ok(point) = data.cast_exact::<PyDict>() {
            self.push_point(point)
        } else if let Ok(text) = data.cast::<PyString>() {
            let place = Place::of(self.encoder.next_index(), "line protocol");
            self.encoder
                .push_text(values::string(text, place)?.as_bytes())
                .map_err(|error| refused(&error))?;
            Ok(())
        } else if let Ok(text) = data.cast::<PyBytes>() {
            self.encoder
                .push_text(text.as_bytes())
                .map_err(|error| refused(&error))?;
            Ok(())
        } else if let Ok(text) = data.cast::<PyByteArray>() {
            self.encoder
                .push_text(&text.to_vec())
                .map_err(|error| refused(&error))?;
            Ok(())
        } else if frame::is_frame(data)? {
            frame::push(self, data)
        } else if let Some(point) = to_dict(data)? {
            self.push_point(&point)
        } else {
            self.push_each(data, depth)
        }
    }

    fn push_each(&mut self, data: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        let invalid = || {
            PyValueError::new_err(format!(
                "Invalid input at point {}: expected line protocol, a mapping, a DataFrame or an \
                 iterable of these, got `{}`",
                self.encoder.next_index(),
                type_name(data)
            ))
        };
        if depth >= MAX_DEPTH {
            return Err(PyValueError::new_err(format!(
                "Invalid input: iterables are nested more than {MAX_DEPTH} deep"
            )));
        }
        if !data.hasattr(intern!(data.py(), "__iter__"))? || values::is_numpy(data) {
            return Err(invalid());
        }
        let mut items: u64 = 0;
        for item in data.try_iter()? {
            self.push(&item?, depth + 1)?;
            // Items, not points: an iterable may give nothing but empty lists.
            items += 1;
            if items.is_multiple_of(SIGNAL_ITEMS) {
                data.py().check_signals()?;
            }
        }
        Ok(())
    }

    fn push_point(&mut self, point: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = point.py();
        let index = self.encoder.next_index();
        let measurement = point.get_item(intern!(py, "measurement"))?;
        let tags = point.get_item(intern!(py, "tags"))?;
        let fields = point.get_item(intern!(py, "fields"))?;
        let time = point.get_item(intern!(py, "time"))?;
        let known = [&measurement, &tags, &fields, &time]
            .into_iter()
            .flatten()
            .count();
        if known < point.len() {
            check_keys(point, index)?;
        }
        let measurement = match measurement {
            Some(name) if !name.is_none() => {
                Some(self.name(&name, Place::of(index, "key").key("measurement"))?)
            }
            _ => None,
        };
        let Some(name) = measurement.as_ref().or(self.measurement.as_ref()) else {
            return Err(missing(index, "measurement", point)?);
        };
        let Some(fields) = fields else {
            return Err(missing(index, "fields", point)?);
        };
        let time = time
            .map(|time| times::nanoseconds(&time, Place::of(index, "key").key("time")))
            .transpose()?;

        let converted = &mut self.converted;
        let mut line = self.encoder.next_point();
        line.measurement(name).map_err(|error| refused(&error))?;
        if let Some(tags) = tags.filter(|tags| !tags.is_none()) {
            for (key, value) in part(&tags, index, "tags")?.iter() {
                let key = Name::new(&key, Place::of(index, "tag"), converted)?;
                let key = key.as_str()?;
                if self.tags.iter().any(|(extra, _)| extra == key) {
                    continue;
                }
                let place = Place::of(index, "tag").key(key);
                let mut changed = false;
                if let Some(text) = values::tag(&value, place, &mut changed)? {
                    line.tag(key, &text).map_err(|error| refused(&error))?;
                    if changed {
                        converted.add(place);
                    }
                }
            }
        }
        for (key, value) in &self.tags {
            line.tag(key.as_str(), value)
                .map_err(|error| refused(&error))?;
        }
        for (key, value) in part(&fields, index, "fields")?.iter() {
            let key = Name::new(&key, Place::of(index, "field"), converted)?;
            let key = key.as_str()?;
            if let Some(value) = values::field(&value, Place::of(index, "field").key(key))? {
                line.field(key, value).map_err(|error| refused(&error))?;
            }
        }
        line.finish(time).map_err(|error| refused(&error))?;
        Ok(())
    }

    /// One warning for each kind of change that was made to the user's data.
    fn warn(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(first) = &self.converted.first {
            let count = self.converted.count;
            let text =
                format!("Non-string-like data passed, converted to str: {first} ({count} in all)");
            warn(py, &text)?;
        }
        if let Some(removed) = self.encoder.removed_newlines() {
            let text = format!(
                "newlines removed, which names and tags cannot hold: {} ({} in all)",
                removed.first, removed.count
            );
            warn(py, &text)?;
        }
        Ok(())
    }
}

fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let text = std::ffi::CString::new(text.replace('\0', "\\0"))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    // The frames above: `encode`, and the client's `make`, `_run` and `write`.
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 4)
}

/// A key, as the interpreter's own text where it is one.
enum Name<'a, 'py> {
    Text(&'a Bound<'py, PyString>, Place<'a>),
    Converted(String),
}

impl<'a, 'py> Name<'a, 'py> {
    fn new(
        key: &'a Bound<'py, PyAny>,
        place: Place<'a>,
        converted: &mut Converted,
    ) -> PyResult<Self> {
        if let Ok(text) = key.cast::<PyString>() {
            return Ok(Self::Text(text, place));
        }
        if key.is_none() || key.is_instance_of::<PyBytes>() {
            return Err(place.type_error("a key of type str", key));
        }
        let text = values::text_of(key)?;
        converted.add(place.key(&text));
        Ok(Self::Converted(text))
    }

    fn as_str(&self) -> PyResult<&str> {
        match self {
            Self::Text(text, place) => values::string(text, *place),
            Self::Converted(text) => Ok(text),
        }
    }
}

/// The encoder's refusal, as Python's.
pub(crate) fn refused(error: &aioinflux::line::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// What a mapping says of itself, by its own `items`; `None` for what is no mapping.
///
/// `cast::<PyMapping>` would take an exception in the middle, such as Ctrl-C, for a no.
fn to_dict<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    static MAPPING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = object.py();
    if !object.is_instance(MAPPING.import(py, "collections.abc", "Mapping")?)? {
        return Ok(None);
    }
    let dict = PyDict::new(py);
    for item in object.call_method0(intern!(py, "items"))?.try_iter()? {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        dict.set_item(key, value)?;
    }
    Ok(Some(dict))
}

/// The tags or fields of a point: a mapping.
fn part<'py>(
    value: &Bound<'py, PyAny>,
    index: u64,
    key: &'static str,
) -> PyResult<Bound<'py, PyDict>> {
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        return Ok(dict.clone());
    }
    to_dict(value)?.ok_or_else(|| {
        Place::of(index, "key")
            .key(key)
            .type_error("a mapping", value)
    })
}

/// Refuses keys that are most likely meant as one of the four; other keys are ignored.
fn check_keys(point: &Bound<'_, PyDict>, index: u64) -> PyResult<()> {
    for key in point.keys() {
        let Ok(key) = key.extract::<String>() else {
            continue;
        };
        let lower = key.to_lowercase();
        let meant = NEAR_MISSES
            .iter()
            .find(|(near, _)| *near == lower)
            .map(|(_, known)| *known)
            .or_else(|| {
                KNOWN
                    .into_iter()
                    .find(|known| *known == lower && *known != key)
            });
        if let Some(meant) = meant {
            return Err(PyValueError::new_err(format!(
                "point {index}: key `{}` is not known; hint: `{meant}`",
                shorten(&key)
            )));
        }
    }
    Ok(())
}

fn missing(index: u64, key: &str, point: &Bound<'_, PyDict>) -> PyResult<PyErr> {
    let keys: Vec<String> = point
        .keys()
        .iter()
        .map(|key| values::text_of(&key).map(|key| format!("`{}`", shorten(&key))))
        .collect::<PyResult<_>>()?;
    Ok(PyValueError::new_err(format!(
        "point {index}: key `{key}` is missing; the point has {}",
        if keys.is_empty() {
            "no keys".to_owned()
        } else {
            keys.join(", ")
        }
    )))
}
