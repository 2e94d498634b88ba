//! Decides when to parse an incomplete row again.

/// Tracks the attempts to parse one row: the row is parsed again whenever its length has doubled.
///
/// The search for the end of a row checks only a little of the row's grammar. An invalid row could
/// therefore make the search run to the end of the answer. The error would then say either that the
/// answer ends early or that the row is invalid, depending on how the answer was divided into
/// pieces. Parsing the row again finds the fault early, and examines each byte only about twice.
#[derive(Debug, Default)]
pub(in crate::decode) struct Tries {
    /// The length of the row at the last attempt.
    length: usize,
}

impl Tries {
    /// Whether a row should be parsed when `length` bytes of it have arrived.
    pub(in crate::decode) fn is_due(&self, length: usize) -> bool {
        length >= self.length.saturating_mul(2)
    }

    /// Records that the first `length` bytes of the row were parsed without a fault.
    pub(in crate::decode) fn came_short(&mut self, length: usize) {
        self.length = length;
    }

    /// Makes the next attempt due at once.
    pub(in crate::decode) fn reset(&mut self) {
        self.length = 0;
    }
}
