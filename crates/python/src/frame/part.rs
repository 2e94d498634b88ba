//! A range of the rows of a table.

/// Some rows of a table.
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The point that the first of them is.
    pub(super) base: u64,
}
