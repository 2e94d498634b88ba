//! Writes numbers as text, computing several digits at a time.

pub(crate) mod digits;
pub(crate) mod float;
pub(crate) mod steps;
