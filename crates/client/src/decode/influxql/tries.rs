//! Decides when to parse an incomplete row again.

/// Tracks the attempts to parse one incomplete row. The row is parsed again whenever its length has
/// doubled.
///
/// The search for the end of a row checks only a little of the row's grammar. An invalid row could
/// therefore make the search run to the end of the answer. Depending on how the answer was divided
/// into pieces, the error would then say that the answer ends early or that the row is invalid.
/// Parsing the row again finds the fault early, and examines each byte only about twice.
#[derive(Debug, Default)]
pub(in crate::decode) struct Tries {
    /// The number of bytes of the row that had arrived at the last attempt.
    length: usize,
}

impl Tries {
    /// Returns whether a row should be parsed now that `length` bytes of the row have arrived.
    pub(in crate::decode) fn is_due(&self, length: usize) -> bool {
        length >= self.length.saturating_mul(2)
    }

    /// Records that parsing the first `length` bytes of the row found no fault.
    pub(in crate::decode) fn came_short(&mut self, length: usize) {
        self.length = length;
    }

    /// Forgets the last attempt, so that the next attempt is due at once.
    pub(in crate::decode) fn reset(&mut self) {
        self.length = 0;
    }
}
