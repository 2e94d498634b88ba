//! Holds the names that all points of a class share in calls of the same kind. The shared names are
//! checked and escaped only once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::Options;
use aioinflux::line::Shape;

use super::schema::{PLACEHOLDER, Schema};
use crate::sink::CommonTags;

/// The maximum number of plans that a class keeps. A class may have many plans, because the
/// measurement may be an attribute.
const MOST_PLANS: usize = 64;

/// The plans of a class, with one plan for each measurement and kind of call.
#[derive(Default)]
pub(super) struct Plans(Mutex<Vec<Arc<Plan>>>);

impl Plans {
    /// Returns the plan for a measurement in a call with the shared tags `common`.
    pub(super) fn get(
        &self,
        schema: &Schema,
        options: Options,
        measurement: &str,
        common: &CommonTags,
    ) -> Arc<Plan> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plans
            .iter()
            .find(|plan| plan.fits(options, measurement, common));
        if let Some(plan) = known {
            return Arc::clone(plan);
        }
        if plans.len() >= MOST_PLANS {
            plans.clear();
        }
        let plan = Arc::new(Plan::new(schema, options, measurement, common));
        plans.push(Arc::clone(&plan));
        plan
    }
}

/// The plan by which objects of a class are written as rows.
pub(super) struct Plan {
    /// A number that identifies the plan.
    pub(super) number: u64,
    options: Options,
    measurement: String,
    tag_names: Vec<String>,
    extra_tags: usize,
    /// The shape of the rows, which is `None` if each point needs `PointEncoder`.
    pub(super) shape: Option<Shape>,
    /// The tags of the shape in the order of the lines. Each tag has an index and the source of its
    /// value.
    pub(super) tags: Vec<(usize, Source)>,
}

#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The value comes from the object, from the tag attribute at this position in the schema.
    Attribute(usize),
    /// The value comes from the class, from the extra tag at this position in the schema.
    Declared(usize),
    /// The value comes from the call, from the shared tag at this position.
    Extra(usize),
}

impl Plan {
    pub(super) fn new(
        schema: &Schema,
        options: Options,
        measurement: &str,
        common: &CommonTags,
    ) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let (keys, sources): (Vec<&str>, Vec<Source>) = sources(schema, common).unzip();
        let placeholder = schema.placeholder.then_some(PLACEHOLDER);
        let fields = schema.fields().iter().map(|field| field.key.as_str());
        let fields: Vec<&str> = placeholder.into_iter().chain(fields).collect();
        let shape = Shape::new(options, measurement, &keys, &fields);
        let order = shape.as_ref().map_or(&[][..], Shape::tag_order);
        Self {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            options,
            measurement: measurement.to_owned(),
            tag_names: common.all.iter().map(|(key, _)| key.clone()).collect(),
            extra_tags: common.extra().len(),
            tags: order.iter().map(|tag| (*tag, sources[*tag])).collect(),
            shape,
        }
    }

    /// Returns whether this plan is for the given measurement and kind of call.
    pub(super) fn fits(&self, options: Options, measurement: &str, common: &CommonTags) -> bool {
        self.options == options
            && self.measurement == measurement
            && self.extra_tags == common.extra().len()
            && self.tag_names.len() == common.all.len()
            && self
                .tag_names
                .iter()
                .zip(&common.all)
                .all(|(a, (b, _))| a == b)
    }
}

/// Returns the keys of the tags in a line, each with the source of its value. If several tags have
/// the same name, an extra tag of the call takes precedence over an extra tag of the class. Both
/// take precedence over an attribute, and an attribute takes precedence over a default tag.
pub(super) fn sources<'a>(
    schema: &'a Schema,
    common: &'a CommonTags,
) -> impl Iterator<Item = (&'a str, Source)> {
    let extra = move |key: &str| common.extra().iter().any(|(other, _)| other == key);
    let declared = |key: &str| schema.extra_tags.iter().any(|(other, _)| other == key);
    let attributes = schema.tags().iter().enumerate();
    let attributes = attributes
        .filter(move |(_, tag)| !extra(&tag.key) && !declared(&tag.key))
        .map(|(at, tag)| (tag.key.as_str(), Source::Attribute(at)));
    let of_class = schema.extra_tags.iter().enumerate();
    let of_class = of_class
        .filter(move |(_, (key, _))| !extra(key))
        .map(|(at, (key, _))| (key.as_str(), Source::Declared(at)));
    let own = move |key: &str| declared(key) || schema.tags().iter().any(|tag| tag.key == key);
    let of_call = common.beside(own);
    let of_call = of_call.map(|(at, (key, _))| (key.as_str(), Source::Extra(at)));
    attributes.chain(of_class).chain(of_call)
}
