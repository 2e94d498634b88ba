//! Contains everything that is specific to InfluxDB 1.x: how requests are built, and what answers
//! mean.

mod delete;
mod place;
mod request;
mod verdict;

pub(super) use delete::{counting, deletion, is_count};
pub(crate) use place::Place;
pub(super) use request::request;
pub(super) use verdict::classify;
