//! A range of the rows of a table.

/// Some rows of a table.
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The point number of the first row.
    pub(super) base: u64,
}
