//! Everything that is specific to InfluxDB 1.x: its requests, and the verdicts on its answers.

mod place;
mod request;
mod verdict;

pub(crate) use place::Place;
pub(super) use request::request;
pub(super) use verdict::classify;
