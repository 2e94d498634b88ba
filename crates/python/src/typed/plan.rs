//! The names that points of one class share in one kind of call, checked and escaped once.

use std::sync::atomic::{AtomicU64, Ordering};

use aioinflux::{Options, Shape};

use super::schema::{PLACEHOLDER, Schema};

/// How objects of a class become rows.
pub(super) struct Plan {
    /// No other plan has the same.
    pub(super) number: u64,
    options: Options,
    measurement: String,
    extra_tags: Vec<String>,
    /// `None` where each point needs the plain encoder.
    pub(super) shape: Option<Shape>,
    /// Where the tags come from, in the order of the shape.
    pub(super) tags: Vec<(usize, Source)>,
}

#[derive(Clone, Copy)]
pub(super) enum Source {
    /// Position in the tags of the schema.
    Attribute(usize),
    /// Position in the extra tags of the schema.
    Declared(usize),
    /// Position in the extra tags of the call.
    Extra(usize),
}

impl Plan {
    pub(super) fn new(
        schema: &Schema,
        options: Options,
        measurement: &str,
        extra_tags: &[(String, String)],
    ) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let (keys, sources): (Vec<&str>, Vec<Source>) = sources(schema, extra_tags).unzip();
        let placeholder = schema.placeholder.then_some(PLACEHOLDER);
        let fields = schema.fields.iter().map(|field| field.key.as_str());
        let fields: Vec<&str> = placeholder.into_iter().chain(fields).collect();
        let shape = Shape::new(options, measurement, &keys, &fields);
        let order = shape.as_ref().map_or(&[][..], Shape::tag_order);
        Self {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            options,
            measurement: measurement.to_owned(),
            extra_tags: extra_tags.iter().map(|(key, _)| key.clone()).collect(),
            tags: order.iter().map(|tag| (*tag, sources[*tag])).collect(),
            shape,
        }
    }

    /// Whether it is the plan for this measurement in this call.
    pub(super) fn fits(
        &self,
        options: Options,
        measurement: &str,
        extra_tags: &[(String, String)],
    ) -> bool {
        self.options == options
            && self.measurement == measurement
            && self.extra_tags.len() == extra_tags.len()
            && self
                .extra_tags
                .iter()
                .zip(extra_tags)
                .all(|(a, (b, _))| a == b)
    }
}

/// The tags of a line: an extra tag of the call beats one of the class, and that an attribute.
pub(super) fn sources<'a>(
    schema: &'a Schema,
    extra_tags: &'a [(String, String)],
) -> impl Iterator<Item = (&'a str, Source)> {
    let extra = move |key: &str| extra_tags.iter().any(|(other, _)| other == key);
    let declared = |key: &str| schema.extra_tags.iter().any(|(other, _)| other == key);
    let attributes = schema.tags.iter().enumerate();
    let attributes = attributes
        .filter(move |(_, tag)| !extra(&tag.key) && !declared(&tag.key))
        .map(|(at, tag)| (tag.key.as_str(), Source::Attribute(at)));
    let of_class = schema.extra_tags.iter().enumerate();
    let of_class = of_class
        .filter(move |(_, (key, _))| !extra(key))
        .map(|(at, (key, _))| (key.as_str(), Source::Declared(at)));
    let of_call = extra_tags.iter().enumerate();
    let of_call = of_call.map(|(at, (key, _))| (key.as_str(), Source::Extra(at)));
    attributes.chain(of_class).chain(of_call)
}
