//! Remembers the shapes of earlier points, which help to recognize the keys of later points.
//!
//! The keys of a point's dict are nearly always the same objects as the keys of the previous point,
//! so comparing their addresses is enough. The shapes hold references to the key objects, so that
//! an address cannot be reused for another string.

use std::collections::{HashMap, HashSet};

use aioinflux::Options;
use aioinflux::line::Shape;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// The maximum number of shapes, and the maximum number of names in all shapes together. If one of
/// these two maximums is exceeded, all shapes are forgotten.
const MOST_SHAPES: usize = 256;
const MOST_NAMES: usize = 16_384;
/// The maximum length in bytes of a name that a shape can contain.
const LONGEST_NAME: usize = 4096;
/// The maximum number of remembered key combinations that have appeared only once. A shape is
/// created only when its combination of keys appears a second time.
const MOST_ONCE: usize = 4096;

/// The names that all points of a call share; these names are part of each point's shape.
#[derive(Default, PartialEq)]
pub(crate) struct Shared {
    pub(crate) measurement: Option<String>,
    /// The names of the extra tags, followed by the names of the default tags.
    pub(crate) tags: Vec<String>,
    /// The number of extra tags at the start of `tags`.
    pub(crate) extra_tags: usize,
}

/// The shapes of points in this call and in earlier calls.
#[derive(Default)]
pub(crate) struct Shapes {
    shared: Vec<Shared>,
    known: Vec<Known>,
    by_hash: HashMap<u64, usize>,
    once: HashSet<u64>,
    names: usize,
    /// The number of shapes that have been created so far.
    made: u64,
    /// The index of this call's shared names in `shared`.
    call: usize,
    /// The index of the last point's shape in `known`.
    last: usize,
}

/// A known shape: its keys in the order of the dicts, and the plan by which the values become a
/// row.
pub(crate) struct Known {
    call: usize,
    /// A number that identifies this shape.
    pub(crate) number: u64,
    measurement: Option<Text>,
    pub(crate) tags: Vec<Text>,
    pub(crate) fields: Vec<Text>,
    /// The plan for writing points of this shape, which is `None` if each point needs
    /// `PointEncoder`.
    pub(crate) plan: Option<Plan>,
    /// The index of the shape that most recently came after a point of this shape.
    next: usize,
}

pub(crate) struct Plan {
    pub(crate) shape: Shape,
    /// The tags of the shape in the order of the lines. Each tag has an index and the source of its
    /// value.
    pub(crate) tags: Vec<(usize, Source)>,
    /// Whether a line contains exactly the tags of the point, in the same order as the point.
    pub(crate) sorted: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Source {
    /// The value comes from the point, from the tag at this position.
    Point(usize),
    /// The value comes from the call, from the shared tag at this position.
    Extra(usize),
}

/// A key or a value of a dict, which stays valid as long as nothing changes the dict.
pub(crate) type Object<'a, 'py> = Borrowed<'a, 'py, PyAny>;

/// A name, with the Python string object that contains it.
pub(crate) struct Text {
    object: Py<PyString>,
    text: Box<str>,
}

impl Text {
    fn new(name: &Bound<'_, PyAny>) -> Option<Self> {
        let name = name.cast_exact::<PyString>().ok()?;
        let text = name.to_str().ok()?;
        (text.len() <= LONGEST_NAME).then(|| Self {
            object: name.clone().unbind(),
            text: text.into(),
        })
    }

    #[inline]
    pub(crate) fn is(&self, name: Object<'_, '_>) -> bool {
        name.as_ptr() == self.object.as_ptr() || self.equals(name)
    }

    #[inline(never)]
    fn equals(&self, name: Object<'_, '_>) -> bool {
        // A reference keeps the string object alive, because without a GIL another thread may
        // interfere while the object's text is created.
        name.cast_exact::<PyString>().is_ok_and(|name| {
            name.to_owned()
                .to_str()
                .is_ok_and(|name| *name == *self.text)
        })
    }
}

/// The measurement, the tags and the fields of a point, whose keys determine the point's shape.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a, 'py> {
    pub(crate) measurement: Option<&'a Bound<'py, PyString>>,
    pub(crate) tags: Option<&'a Bound<'py, PyDict>>,
    pub(crate) fields: &'a Bound<'py, PyDict>,
}

impl Names<'_, '_> {
    fn tag_count(&self) -> usize {
        self.tags.map_or(0, PyDictMethods::len)
    }

    /// Returns a hash of all names of a point, which is computed from the hashes that the
    /// interpreter has already stored. Returns `None` if the measurement or any key is not a
    /// string.
    fn hash(&self, call: usize) -> Option<u64> {
        let mut hash = mix(call as u64, self.tag_count() as u64);
        if let Some(name) = self.measurement {
            hash = mix(hash, hash_of(name)?);
        }
        for dict in [self.tags, Some(self.fields)].into_iter().flatten() {
            for (key, _) in dict {
                hash = mix(hash, hash_of(&key)?);
            }
        }
        Some(hash)
    }
}

fn hash_of(name: &Bound<'_, PyAny>) -> Option<u64> {
    let name = name.cast_exact::<PyString>().ok()?;
    Some(name.hash().ok()?.cast_unsigned() as u64)
}

fn mix(hash: u64, more: u64) -> u64 {
    (hash.rotate_left(5) ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Known {
    /// Returns whether the measurement, the number of tags and the number of fields match those of
    /// a point. After this check, the caller must still compare the keys of the point.
    #[inline]
    pub(crate) fn begins_like(&self, names: Names<'_, '_>) -> bool {
        let same_name = match (&self.measurement, names.measurement) {
            (Some(known), Some(name)) => known.is(name.as_any().as_borrowed()),
            (None, None) => true,
            _ => false,
        };
        same_name && self.tags.len() == names.tag_count() && self.fields.len() == names.fields.len()
    }

    fn equals(&self, names: Names<'_, '_>) -> bool {
        let same = |texts: &[Text], dict: &Bound<'_, PyDict>| {
            texts
                .iter()
                .zip(dict)
                .all(|(text, (key, _))| text.is(key.as_borrowed()))
        };
        self.begins_like(names)
            && names.tags.is_none_or(|tags| same(&self.tags, tags))
            && same(&self.fields, names.fields)
    }
}

impl Shapes {
    /// Begins a call whose points share the names in `shared`.
    pub(crate) fn begin(&mut self, shared: Shared) {
        if self.shared.len() > MOST_SHAPES {
            *self = Self::default();
        }
        let place = self.shared.iter().position(|known| *known == shared);
        self.call = place.unwrap_or_else(|| {
            self.shared.push(shared);
            self.shared.len() - 1
        });
    }

    /// Returns the index of the shape that the next point most likely has.
    #[inline]
    pub(crate) fn guess(&self) -> Option<usize> {
        let next = self.known.get(self.last)?.next;
        (self.known.get(next)?.call == self.call).then_some(next)
    }

    #[inline]
    pub(crate) fn get(&self, place: usize) -> &Known {
        &self.known[place]
    }

    /// Records that the shape at the index `place` was guessed correctly.
    #[inline]
    pub(crate) fn was(&mut self, place: usize) {
        self.last = place;
    }

    /// Returns the index of a point's shape. Returns `None` if the shape is not known yet or cannot
    /// be used.
    #[cold]
    pub(crate) fn find(&mut self, names: Names<'_, '_>, options: Options) -> Option<usize> {
        let hash = names.hash(self.call)?;
        let place = match self.by_hash.get(&hash) {
            Some(&place) => {
                let known = &self.known[place];
                (known.call == self.call && known.equals(names)).then_some(place)?
            }
            None => self.add(hash, names, options)?,
        };
        if let Some(last) = self.known.get_mut(self.last) {
            last.next = place;
        }
        self.last = place;
        Some(place)
    }

    fn add(&mut self, hash: u64, names: Names<'_, '_>, options: Options) -> Option<usize> {
        if !self.once.remove(&hash) {
            if self.once.len() >= MOST_ONCE {
                self.once.clear();
            }
            self.once.insert(hash);
            return None;
        }
        let count = names.tag_count() + names.fields.len();
        if self.known.len() >= MOST_SHAPES || self.names + count > MOST_NAMES {
            self.known.clear();
            self.by_hash.clear();
            self.names = 0;
        }
        self.made += 1;
        let known = self.make(names, options)?;
        self.names += count;
        self.known.push(known);
        self.by_hash.insert(hash, self.known.len() - 1);
        Some(self.known.len() - 1)
    }

    fn make(&self, names: Names<'_, '_>, options: Options) -> Option<Known> {
        let texts = |dict: &Bound<'_, PyDict>| -> Option<Vec<Text>> {
            dict.iter().map(|(key, _)| Text::new(&key)).collect()
        };
        let measurement = match names.measurement {
            Some(name) => Some(Text::new(name)?),
            None => None,
        };
        let tags = names.tags.map_or_else(|| Some(Vec::new()), texts)?;
        let fields = texts(names.fields)?;
        let shared = &self.shared[self.call];
        let name = measurement.as_ref().map(|name| &*name.text);
        let name = name.or(shared.measurement.as_deref())?;
        Some(Known {
            call: self.call,
            number: self.made,
            plan: Plan::new(options, name, &tags, &fields, shared),
            measurement,
            tags,
            fields,
            next: self.known.len(),
        })
    }
}

impl Plan {
    fn new(
        options: Options,
        measurement: &str,
        tags: &[Text],
        fields: &[Text],
        shared: &Shared,
    ) -> Option<Self> {
        // If several tags have the same name, an extra tag takes precedence over the point's own
        // tag. The point's own tag takes precedence over a default tag.
        let extra_tags = &shared.tags[..shared.extra_tags];
        let own = tags
            .iter()
            .enumerate()
            .filter(|(_, tag)| !extra_tags.iter().any(|extra| **extra == *tag.text))
            .map(|(place, tag)| (&*tag.text, Source::Point(place)));
        let extra = shared
            .tags
            .iter()
            .enumerate()
            .filter(|(place, name)| {
                *place < shared.extra_tags || !tags.iter().any(|tag| *tag.text == ***name)
            })
            .map(|(place, tag)| (tag.as_str(), Source::Extra(place)));
        let own_tags = tags.len();
        let (keys, sources): (Vec<&str>, Vec<Source>) = own.chain(extra).unzip();
        let fields: Vec<&str> = fields.iter().map(|field| &*field.text).collect();
        let shape = Shape::new(options, measurement, &keys, &fields)?;
        let tags = shape.tag_order().iter().map(|tag| (*tag, sources[*tag]));
        let tags: Vec<(usize, Source)> = tags.collect();
        let sorted =
            own_tags == tags.len() && (0..own_tags).all(|at| tags[at] == (at, Source::Point(at)));
        Some(Self {
            shape,
            tags,
            sorted,
        })
    }
}
