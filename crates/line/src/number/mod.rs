//! Writes numbers as text. Several digits of a number are computed at a time.

pub(crate) mod digits;
pub(crate) mod float;
pub(crate) mod steps;
