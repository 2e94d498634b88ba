//! Defines the schema of a class, which consists of attributes.

use aioinflux::Encoder;
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use super::kinds::{Kind, Part};
use crate::place::Place;
use crate::server::Server;
use crate::sink::refused;

/// The name of the placeholder field, which ensures that every point has a field.
pub(super) const PLACEHOLDER: &str = "_";

/// The schema of a class, which determines how objects of the class are written.
pub(crate) struct Schema {
    /// The name of the class to which the schema belongs.
    pub(super) name: String,
    /// The address of the class, if objects of the class are tuples. Objects of a subclass are not
    /// read by position, because a subclass may differ.
    tuples: Option<usize>,
    /// All attributes of the class, in the order of their slots. The measurement and the time come
    /// first, if the class has them, followed by the tags and then the fields.
    attributes: Vec<Attribute>,
    first_tag: usize,
    first_field: usize,
    /// The tags that the class declares for each of its objects.
    pub(super) extra_tags: Vec<(String, String)>,
    pub(super) placeholder: bool,
    /// Whether fields with empty strings are left out.
    pub(super) rm_none: bool,
}

pub(super) struct Attribute {
    pub(super) name: Py<PyString>,
    /// The name of the tag or field that is written for the attribute.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Whether the time may be missing, if the attribute is the time.
    pub(super) optional: bool,
    /// The name of the class and of the attribute, as error messages show it.
    label: String,
    /// The attribute's position in objects that are tuples.
    pub(super) index: Option<usize>,
    /// The attribute's position among all attributes of the schema.
    pub(super) slot: usize,
}

/// An attribute as the Python code describes it. The items are the name, the key, the kind, whether
/// the value may be missing, and the position in a tuple.
pub(super) type Described<'py> = (Bound<'py, PyString>, String, String, bool, Option<usize>);

impl Schema {
    pub(super) fn new(
        class: &Bound<'_, PyType>,
        attributes: Vec<Described<'_>>,
        extra_tags: Vec<(String, String)>,
        placeholder: bool,
        rm_none: bool,
    ) -> PyResult<Self> {
        let name = class.name()?.to_str()?.to_owned();
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
            name,
        };
        schema.check()?;
        Ok(schema)
    }

    /// Refuses names of tags and fields that no server stores. The encoder detects such invalid
    /// names.
    fn check(&self) -> PyResult<()> {
        let mut encoder = Encoder::new(Server::V1.dialect());
        let mut line = encoder.point(0);
        let name = if self.measurement().is_some() {
            "m"
        } else {
            &self.name
        };
        // The attribute whose name is being checked.
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

    /// Returns all attributes of the schema, in the order of their slots.
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

    /// Returns whether the attributes of this object are read by position.
    #[inline]
    pub(super) fn is_tuple(&self, object: &Bound<'_, PyAny>) -> bool {
        self.tuples == Some(object.get_type_ptr().addr())
    }

    /// If the attributes of the object are read by position, returns the object as a tuple.
    #[inline]
    pub(super) fn tuple<'a, 'py>(
        &self,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<&'a Bound<'py, PyTuple>> {
        self.is_tuple(object).then(|| object.cast().ok())?
    }

    /// Returns an exception for an error of the encoder. The message includes the name of the
    /// class, which the encoder does not know.
    pub(super) fn refused(&self, error: &aioinflux::line::Error) -> PyErr {
        PyValueError::new_err(format!("{} (class `{}`)", refused_text(error), self.name))
    }
}

fn refused_text(error: &aioinflux::line::Error) -> String {
    // Creates the message of an error that the encoder reports.
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

    /// Reads the value of this attribute from an object, by the attribute's name.
    #[inline]
    pub(super) fn read<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        object.getattr(self.name.bind(object.py()))
    }

    /// Returns whether `name` is the name of this attribute.
    pub(super) fn is_named(&self, name: &Bound<'_, PyAny>) -> bool {
        let own = self.name.bind(name.py());
        name.is(own)
            || name.is_exact_instance_of::<PyString>() && own.as_any().eq(name).unwrap_or(false)
    }

    /// Returns the value of this attribute, or the error for an object that lacks the attribute.
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
