//! When to read a row again that is not there as a whole.

/// The tries of one row: it is read again whenever it has become twice as long.
///
/// The search for the end of a row knows little of its grammar. A row that is wrong could lead it
/// to the end of the answer, and be an early end instead of a wrong row, depending on how the
/// answer was cut. Trying again finds the fault, and costs each byte two looks or so.
#[derive(Debug, Default)]
pub(in crate::decode) struct Tries {
    /// Length of the row at the last try that came to nothing.
    length: usize,
}

impl Tries {
    /// Whether a row of which `length` bytes are there is worth a try.
    pub(in crate::decode) fn is_due(&self, length: usize) -> bool {
        length >= self.length.saturating_mul(2)
    }

    /// The row was read up to its end so far, and nothing was wrong.
    pub(in crate::decode) fn came_short(&mut self, length: usize) {
        self.length = length;
    }

    /// Makes the next try due.
    pub(in crate::decode) fn reset(&mut self) {
        self.length = 0;
    }
}
