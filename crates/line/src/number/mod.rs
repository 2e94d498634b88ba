//! The texts of numbers, several digits at a time.

pub(crate) mod digits;
pub(crate) mod float;
pub(crate) mod steps;
