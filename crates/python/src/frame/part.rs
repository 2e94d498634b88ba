//! Defines a range of a table's rows.

/// A range of a table's rows.
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The point number of the first row in this range.
    pub(super) base: u64,
}
