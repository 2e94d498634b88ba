//! What the attributes of a class are.

use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::{Encoder, Options};
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};

use super::kinds::{Kind, Part};
use super::plan::Plan;
use super::rows;
use crate::exit;
use crate::memory::Lease;
use crate::place::Place;
use crate::points::{CommonTags, refused};
use crate::server::Server;

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
    /// Measurement and time where there are such, then tags, then fields.
    attributes: Vec<Attribute>,
    first_tag: usize,
    first_field: usize,
    /// Tags of every object of the class.
    pub(super) extra_tags: Vec<(String, String)>,
    pub(super) placeholder: bool,
    /// Whether empty texts are left out.
    pub(super) rm_none: bool,
    plans: Mutex<Vec<Arc<Plan>>>,
}

pub(super) struct Attribute {
    pub(super) name: Py<PyString>,
    /// Name of the tag or field.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Whether a time may be missing.
    pub(super) optional: bool,
    /// How errors name it.
    label: String,
    /// Where it stands in an object that is a tuple.
    pub(super) index: Option<usize>,
    /// Where it stands among all attributes of its schema.
    pub(super) slot: usize,
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
        exit::protect_thread();
        let class = class_;
        let name = class.name()?.to_str()?.to_owned();
        // Its reading of tags is that of a call.
        let mut points = Lease::take(Server::V1.dialect());
        points.set_defaults(None, Some(extra_tags), None)?;
        let extra_tags = points.tags.extra().to_vec();
        let attributes = attributes.into_iter();
        let attributes = attributes.map(|described| Attribute::new(&name, described));
        let mut attributes = attributes.collect::<PyResult<Vec<_>>>()?;
        attributes.sort_by_key(|attribute| attribute.kind.part());
        for (slot, attribute) in attributes.iter_mut().enumerate() {
            attribute.slot = slot;
        }
        let first = |part| attributes.partition_point(|attribute| attribute.kind.part() < part);
        let schema = Self {
            tuples: class
                .is_subclass_of::<PyTuple>()?
                .then(|| class.as_ptr().addr()),
            first_tag: first(Part::Tag),
            first_field: first(Part::Field),
            attributes,
            extra_tags,
            placeholder,
            rm_none,
            plans: Mutex::default(),
            name,
        };
        schema.check()?;
        Ok(schema)
    }

    /// One object as a line, without a line feed.
    fn line<'py>(
        slf: &Bound<'py, Self>,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        exit::protect_thread();
        let py = slf.py();
        let mut points = Lease::take(Server::V1.dialect());
        points.set_defaults(None, None, None)?;
        super::push_by_schema(&mut points, &mut rows::State::default(), slf, object)?;
        points.warn(py)?;
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
        let mut encoder = Encoder::new(Server::V1.dialect());
        let mut line = encoder.point(0);
        let name = if self.measurement().is_some() {
            "m"
        } else {
            &self.name
        };
        // The attribute that is being looked at.
        let mut at = None;
        let checked = (|| {
            line.measurement(name)?;
            for tag in self.tags() {
                at = Some(tag);
                line.tag(tag.key.as_str(), "t")?;
            }
            at = None;
            for (key, value) in &self.extra_tags {
                if !self.tags().iter().any(|tag| tag.key == *key) {
                    line.tag(key.as_str(), value)?;
                }
            }
            for field in self.fields() {
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

    /// All attributes, in the order of their slots.
    #[inline]
    pub(super) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    #[inline]
    pub(super) fn measurement(&self) -> Option<&Attribute> {
        self.one(Part::Measurement)
    }

    #[inline]
    pub(super) fn time(&self) -> Option<&Attribute> {
        self.one(Part::Time)
    }

    #[inline]
    fn one(&self, part: Part) -> Option<&Attribute> {
        let mut ones = self.attributes[..self.first_tag].iter();
        ones.find(|attribute| attribute.kind.part() == part)
    }

    #[inline]
    pub(super) fn tags(&self) -> &[Attribute] {
        &self.attributes[self.first_tag..self.first_field]
    }

    #[inline]
    pub(super) fn fields(&self) -> &[Attribute] {
        &self.attributes[self.first_field..]
    }

    /// Whether an object's attributes are read by their places.
    #[inline]
    pub(super) fn is_tuple(&self, object: &Bound<'_, PyAny>) -> bool {
        self.tuples == Some(object.get_type_ptr().addr())
    }

    /// An object whose attributes are read by their places.
    #[inline]
    pub(super) fn tuple<'a, 'py>(
        &self,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<&'a Bound<'py, PyTuple>> {
        self.is_tuple(object).then(|| object.cast().ok())?
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
            slot: 0,
        })
    }

    /// Its value in an object, by its name.
    #[inline]
    pub(super) fn read<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        object.getattr(self.name.bind(object.py()))
    }

    /// Whether this is its name.
    pub(super) fn is_named(&self, name: &Bound<'_, PyAny>) -> bool {
        let own = self.name.bind(name.py());
        name.is(own)
            || name.is_exact_instance_of::<PyString>() && own.as_any().eq(name).unwrap_or(false)
    }

    /// Its value, with the error for an object that has none.
    pub(super) fn value<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        is_tuple: bool,
        index: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        if is_tuple
            && let Some(index) = self.index
            && let Ok(tuple) = object.cast::<PyTuple>()
        {
            return tuple.get_item(index);
        }
        self.read(object).map_err(|error| {
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
