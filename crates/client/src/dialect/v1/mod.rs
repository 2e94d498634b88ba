//! Everything that is specific to 1.x: requests and verdicts.

mod place;
mod request;
mod verdict;

pub(crate) use place::Place;
pub(super) use request::{may_answer_nothing, request};
pub(super) use verdict::classify;
