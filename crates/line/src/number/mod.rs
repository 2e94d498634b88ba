//! The texts of numbers, computed several digits at a time.

pub(crate) mod digits;
pub(crate) mod float;
pub(crate) mod steps;
