//! Reads the attributes of an object whose class has a schema.
//!
//! | class | its objects' attributes come |
//! |---|---|
//! | `NamedTuple` | by place |
//! | with `__slots__`, properties | by asking the class's descriptors, without a search for them |
//! | whose objects keep all attributes in their `__dict__` | by one walk through it |
//! | any other, and where a call has few objects of it | by name |
//!
//! All ways of reading an attribute return the same value as `getattr`, unless the class is changed
//! during the call. Each class is examined only once in a call.

use std::ops::Deref;

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::descriptor::Descriptor;
use super::schema::{Attribute, Schema};
use crate::dicts::read_values;

/// The number of consecutive objects of the same class after which the class is examined for a
/// faster way of reading.
const WORTH: usize = 64;
/// For each class, the maximum number of different orders of `__dict__` keys that are remembered.
const MOST_ORDERS: usize = 16;

/// Reads the attributes of one object.
pub(super) trait Values<'py> {
    type Value: Deref<Target = Bound<'py, PyAny>>;

    /// Reads the value of one attribute.
    ///
    /// # Errors
    ///
    /// Exceptions that the class raises propagate, and a missing attribute raises `AttributeError`.
    fn get(&self, attribute: &Attribute) -> PyResult<Self::Value>;
}

/// Reads the attributes of objects that all belong to one class.
#[derive(Default)]
pub(super) struct AttributeReader<'py> {
    objects: usize,
    manner: Manner<'py>,
}

#[derive(Default)]
enum Manner<'py> {
    #[default]
    Named,
    Described(Vec<Descriptor<'py>>),
    Walked(Walk<'py>),
}

/// An object with attributes that can be read faster than by name.
pub(super) enum Quick<'a, 'py> {
    Described(Described<'a, 'py>),
    Walked(Walked<'a, 'py>),
}

impl<'py> AttributeReader<'py> {
    /// Returns a faster way to read the attributes of an object, or `None` if the attributes must
    /// be read by name.
    #[inline]
    pub(super) fn read<'a>(
        &'a mut self,
        schema: &Schema,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<Quick<'a, 'py>> {
        self.objects += 1;
        if self.objects == WORTH {
            self.manner = Manner::of(schema, &object.get_type()).unwrap_or_default();
        }
        match &mut self.manner {
            Manner::Named => None,
            Manner::Described(descriptors) => Some(Quick::Described(Described {
                descriptors,
                object,
            })),
            Manner::Walked(walk) => Some(Quick::Walked(walk.read(schema, object)?)),
        }
    }
}

impl<'py> Manner<'py> {
    /// A descriptor that can be set takes precedence over an entry in the object's dictionary, but
    /// other attributes of the class do not.
    fn of(schema: &Schema, class: &Bound<'py, PyType>) -> PyResult<Self> {
        let py = class.py();
        let search = intern!(py, "__getattribute__");
        let usual = in_class(&py.get_type::<PyAny>(), search)?;
        match (in_class(class, search)?, usual) {
            (Some(own), Some(usual)) if own.is(&usual) => {}
            _ => return Ok(Self::Named),
        }
        let mut descriptors = Vec::new();
        for attribute in schema.attributes() {
            let found = in_class(class, attribute.name.bind(py))?;
            descriptors.extend(found.and_then(Descriptor::new));
        }
        let of_slots = descriptors.len();
        Ok(if of_slots == schema.attributes().len() {
            Self::Described(descriptors)
        } else if of_slots == 0 && has_usual_dict(class)? {
            Self::Walked(Walk::default())
        } else {
            Self::Named
        })
    }
}

/// Returns whether the objects of a class have an ordinary `__dict__`, and not a property that is
/// called `__dict__`.
fn has_usual_dict(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    let name = intern!(py, "__dict__");
    let usual = in_class(&py.get_type::<PyType>(), name)?;
    let own = in_class(class, name)?;
    Ok(match (own, usual) {
        (Some(own), Some(usual)) => own.get_type().is(usual.get_type()),
        _ => false,
    })
}

/// Returns the object that a class, or one of its bases, stores under a name.
fn in_class<'py>(
    class: &Bound<'py, PyType>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    for base in class.mro() {
        let own = base.getattr(intern!(class.py(), "__dict__"))?;
        if own.contains(name)? {
            return own.get_item(name).map(Some);
        }
    }
    Ok(None)
}

/// Reads the attributes of a tuple by position.
impl<'a, 'py> Values<'py> for &'a Bound<'py, PyTuple> {
    type Value = Borrowed<'a, 'py, PyAny>;

    #[inline]
    fn get(&self, attribute: &Attribute) -> PyResult<Self::Value> {
        // If an attribute has no position in the tuple, this error makes `plain` look up the
        // attribute by name.
        let place = attribute
            .index
            .ok_or_else(|| PyAttributeError::new_err(()))?;
        self.get_borrowed_item(place)
    }
}

/// Reads the attributes of any object by name.
impl<'py> Values<'py> for &Bound<'py, PyAny> {
    type Value = Owned<'py>;

    #[inline]
    fn get(&self, attribute: &Attribute) -> PyResult<Self::Value> {
        attribute.read(self).map(Owned)
    }
}

pub(super) struct Owned<'py>(Bound<'py, PyAny>);

impl<'py> Deref for Owned<'py> {
    type Target = Bound<'py, PyAny>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Reads the attributes of an object through descriptors, of which the class has one for each
/// attribute.
pub(super) struct Described<'a, 'py> {
    descriptors: &'a [Descriptor<'py>],
    object: &'a Bound<'py, PyAny>,
}

impl<'py> Values<'py> for Described<'_, 'py> {
    type Value = Owned<'py>;

    #[inline]
    fn get(&self, attribute: &Attribute) -> PyResult<Self::Value> {
        self.descriptors[attribute.slot]
            .value(self.object)
            .map(Owned)
    }
}

/// The state that is kept from one object to the next while attributes are read from each object's
/// `__dict__`.
#[derive(Default)]
struct Walk<'py> {
    /// The number of key orders that have been learned so far.
    learned: usize,
    order: Order<'py>,
    values: Vec<Bound<'py, PyAny>>,
}

/// The order of the keys in an object's dictionary, which must contain all attributes of the
/// schema.
#[derive(Default)]
struct Order<'py> {
    /// The names. The vector holds references to the keys, so that the addresses of the keys cannot
    /// be reused for other strings.
    names: Vec<Bound<'py, PyAny>>,
    /// The position of each attribute among the keys of the dictionary. The vector of positions is
    /// empty until a key order is learned.
    places: Vec<usize>,
}

/// Reads the attributes of an object from the values in its dictionary.
pub(super) struct Walked<'a, 'py> {
    values: &'a [Bound<'py, PyAny>],
    places: &'a [usize],
}

impl<'a, 'py> Values<'py> for Walked<'a, 'py> {
    type Value = Borrowed<'a, 'py, PyAny>;

    #[inline]
    fn get(&self, attribute: &Attribute) -> PyResult<Self::Value> {
        Ok(self.values[self.places[attribute.slot]].as_borrowed())
    }
}

impl<'py> Walk<'py> {
    /// Returns `None` if the object has no plain dictionary, or if an attribute is not in the
    /// dictionary.
    #[inline]
    fn read(&mut self, schema: &Schema, object: &Bound<'py, PyAny>) -> Option<Walked<'_, 'py>> {
        if self.learned > MOST_ORDERS {
            return None;
        }
        let dict = object.getattr(intern!(object.py(), "__dict__")).ok();
        let Some(dict) = dict.and_then(|dict| dict.cast_into_exact::<PyDict>().ok()) else {
            self.learned = usize::MAX;
            return None;
        };
        if !self.take(&dict) {
            self.learned += 1;
            self.order = Order::of(schema, &dict)?;
            if !self.take(&dict) {
                return None;
            }
        }
        Some(Walked {
            values: &self.values,
            places: &self.order.places,
        })
    }

    /// If a dictionary has the same key order as the previous dictionary, takes the dictionary's
    /// values.
    #[inline]
    fn take(&mut self, dict: &Bound<'py, PyDict>) -> bool {
        self.values.clear();
        !self.order.places.is_empty() && read_values(dict, &self.order.names, &mut self.values)
    }
}

impl<'py> Order<'py> {
    fn of(schema: &Schema, dict: &Bound<'py, PyDict>) -> Option<Self> {
        let names: Vec<Bound<'py, PyAny>> = dict.iter().map(|(name, _)| name).collect();
        let place = |attribute: &Attribute| names.iter().position(|name| attribute.is_named(name));
        let places = schema.attributes().iter().map(place);
        let places = places.collect::<Option<_>>()?;
        Some(Self { names, places })
    }
}
