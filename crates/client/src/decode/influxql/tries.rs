//! When to parse an incomplete row again.

/// The attempts for one row: it is parsed again whenever it has become twice as long.
///
/// The scan for the end of a row checks only a little of the row's grammar. An invalid row could
/// make it run to the end of the answer. Then the error would be an early end instead of an invalid
/// row, depending on how the answer was divided. Parsing again finds the fault, and examines each
/// byte about twice.
#[derive(Debug, Default)]
pub(in crate::decode) struct Tries {
    /// Length of the row at the last attempt.
    length: usize,
}

impl Tries {
    /// Whether a row of which `length` bytes have arrived should be parsed.
    pub(in crate::decode) fn is_due(&self, length: usize) -> bool {
        length >= self.length.saturating_mul(2)
    }

    /// The row was parsed up to its end so far without a fault.
    pub(in crate::decode) fn came_short(&mut self, length: usize) {
        self.length = length;
    }

    /// Makes the next attempt due.
    pub(in crate::decode) fn reset(&mut self) {
        self.length = 0;
    }
}
