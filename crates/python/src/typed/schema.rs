//! What the attributes of a class are.

use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::{Encoder, Options};
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};

use super::kinds::Kind;
use super::plan::Plan;
use super::rows;
use crate::place::Place;
use crate::points::{CommonTags, Points, refused};

/// The field that stands for none.
pub(super) const PLACEHOLDER: &str = "_";
/// Most plans that a schema keeps: a class may have its measurement in an attribute.
const MOST_PLANS: usize = 64;

/// The schema of a class, made once by `@lineprotocol`.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Schema {
    /// Name of the class.
    pub(super) name: String,
    /// Address of the class whose objects are tuples; those of its subclasses may differ.
    tuples: Option<usize>,
    pub(super) measurement: Option<Attribute>,
    pub(super) time: Option<Attribute>,
    pub(super) tags: Vec<Attribute>,
    pub(super) fields: Vec<Attribute>,
    /// Tags of every object of the class.
    pub(super) extra_tags: Vec<(String, String)>,
    pub(super) placeholder: bool,
    /// Whether empty texts are left out.
    pub(super) rm_none: bool,
    plans: Mutex<Vec<Arc<Plan>>>,
}

pub(super) struct Attribute {
    name: Py<PyString>,
    /// Name of the tag or field.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Whether a time may be missing.
    pub(super) optional: bool,
    /// How errors name it.
    label: String,
    /// Where it stands in an object that is a tuple.
    index: Option<usize>,
}

/// What Python says of an attribute: name, key, kind, whether it may be missing, place in a tuple.
type Described<'py> = (Bound<'py, PyString>, String, String, bool, Option<usize>);

#[pymethods]
impl Schema {
    #[new]
    #[pyo3(signature = (class_, attributes, extra_tags, *, placeholder, rm_none))]
    fn new(
        class_: &Bound<'_, PyType>,
        attributes: Vec<Described<'_>>,
        extra_tags: &Bound<'_, PyDict>,
        placeholder: bool,
        rm_none: bool,
    ) -> PyResult<Self> {
        let class = class_;
        let name = class.name()?.to_str()?.to_owned();
        // Its reading of tags is that of a call.
        let extra_tags = Points::begin(None, None, Some(extra_tags), None)?
            .tags
            .extra()
            .to_vec();
        let mut schema = Self {
            tuples: class
                .is_subclass_of::<PyTuple>()?
                .then(|| class.as_ptr().addr()),
            measurement: None,
            time: None,
            tags: Vec::new(),
            fields: Vec::new(),
            extra_tags,
            placeholder,
            rm_none,
            plans: Mutex::default(),
            name,
        };
        for described in attributes {
            let attribute = Attribute::new(&schema.name, described)?;
            match attribute.kind {
                Kind::Measurement => schema.measurement = Some(attribute),
                Kind::Time | Kind::TimeInt => schema.time = Some(attribute),
                Kind::Tag | Kind::TagEnum => schema.tags.push(attribute),
                _ => schema.fields.push(attribute),
            }
        }
        schema.check()?;
        Ok(schema)
    }

    /// One object as a line, without a line feed.
    fn line<'py>(
        slf: &Bound<'py, Self>,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        let mut points = Points::begin(None, None, None, None)?;
        super::push_by_schema(&mut points, &mut rows::State::default(), slf, object)?;
        points.warn(py, 1)?;
        if let [line @ .., b'\n'] = points.encoder.batch().bytes() {
            return Ok(PyBytes::new(py, line));
        }
        let text = format!(
            "no field of `{}` has a value: it has no line; hint: `placeholder=True`",
            slf.get().name
        );
        // As 0.9 has it, whose schemas are those of an object's own attributes.
        let class = py.import("aioinflux._schema")?.getattr("SchemaError")?;
        Err(PyErr::from_value(class.call1((text,))?))
    }
}

impl Schema {
    /// Refuses names that no server stores, of which the encoder knows.
    fn check(&self) -> PyResult<()> {
        let mut encoder = Encoder::new(Options::default());
        let mut line = encoder.point(0);
        let name = if self.measurement.is_some() {
            "m"
        } else {
            &self.name
        };
        // The attribute that is being looked at.
        let mut at = None;
        let checked = (|| {
            line.measurement(name)?;
            for tag in &self.tags {
                at = Some(tag);
                line.tag(tag.key.as_str(), "t")?;
            }
            at = None;
            for (key, value) in &self.extra_tags {
                if !self.tags.iter().any(|tag| tag.key == *key) {
                    line.tag(key.as_str(), value)?;
                }
            }
            for field in &self.fields {
                at = Some(field);
                line.field(field.key.as_str(), true)?;
            }
            at = None;
            line.finish(None)
        })();
        checked.map(drop).map_err(|error| {
            let text = error.to_string();
            let text = text.strip_prefix("point 0: ").unwrap_or(&text);
            let place =
                at.map(|one| format!("attribute `{}`: ", &one.label[self.name.len() + 1..]));
            PyValueError::new_err(format!("{}{text}", place.unwrap_or_default()))
        })
    }

    /// Whether an object's attributes are read by their places.
    #[inline]
    pub(super) fn is_tuple(&self, object: &Bound<'_, PyAny>) -> bool {
        self.tuples == Some(object.get_type_ptr().addr())
    }

    /// The plan for a measurement in a call with such extra tags.
    pub(super) fn plan(
        &self,
        options: Options,
        measurement: &str,
        common: &CommonTags,
    ) -> Arc<Plan> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plans
            .iter()
            .find(|plan| plan.fits(options, measurement, common));
        if let Some(plan) = known {
            return Arc::clone(plan);
        }
        if plans.len() >= MOST_PLANS {
            plans.clear();
        }
        let plan = Arc::new(Plan::new(self, options, measurement, common));
        plans.push(Arc::clone(&plan));
        plan
    }

    /// The encoder's refusal, with the class that it does not know.
    pub(super) fn refused(&self, error: &aioinflux::line::Error) -> PyErr {
        PyValueError::new_err(format!("{} (class `{}`)", refused_text(error), self.name))
    }
}

fn refused_text(error: &aioinflux::line::Error) -> String {
    // One way to put a refusal into words.
    Python::attach(|py| refused(error).value(py).to_string())
}

impl Attribute {
    fn new(class: &str, described: Described<'_>) -> PyResult<Self> {
        let (name, key, kind, optional, index) = described;
        Ok(Self {
            label: format!("{class}.{}", name.to_str()?),
            name: name.unbind(),
            kind: Kind::from_name(&kind)?,
            key,
            optional,
            index,
        })
    }

    /// Its value in an object.
    #[inline]
    pub(super) fn read<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        is_tuple: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        if is_tuple
            && let Some(index) = self.index
            && let Ok(tuple) = object.cast::<PyTuple>()
        {
            return tuple.get_item(index);
        }
        object.getattr(self.name.bind(object.py()))
    }

    /// Its value, with the error for an object that has none.
    pub(super) fn value<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        is_tuple: bool,
        index: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.read(object, is_tuple).map_err(|error| {
            if error.is_instance_of::<PyAttributeError>(object.py()) {
                self.place(index).wrap(object.py(), &error)
            } else {
                error
            }
        })
    }

    pub(super) fn place(&self, index: u64) -> Place<'_> {
        Place::of(index, "attribute").key(&self.label)
    }
}
