//! Converts integers to floats, because Go's JSON does not distinguish integers from whole floats.

/// A signed or unsigned integer.
pub(crate) trait Whole: Copy + ToString {
    /// Returns the integer as a float, if floats can represent every integer up to this size
    /// exactly.
    fn small(self) -> Option<f64>;
    /// Returns the integer as an `i128`, which can hold every `i64` and every `u64`.
    fn widened(self) -> i128;
}

impl Whole for i64 {
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 nothing is lost")]
    fn small(self) -> Option<f64> {
        (self.unsigned_abs() <= 1 << 53).then_some(self as f64)
    }

    fn widened(self) -> i128 {
        i128::from(self)
    }
}

impl Whole for u64 {
    fn small(self) -> Option<f64> {
        None
    }

    fn widened(self) -> i128 {
        i128::from(self)
    }
}

/// Returns the float that the integer represents, or `None` if no float does.
///
/// Go writes a whole float below 1e21 as its shortest digits followed by zeros, so the float 2^63
/// is written as 9223372036854776000. The integer 9223372036854776000 therefore also represents
/// this float, although it is not the float's exact value.
#[inline]
pub(crate) fn float_of<N: Whole>(n: N) -> Option<f64> {
    n.small().or_else(|| large_float_of(n))
}

#[cold]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "what is lost is what this looks for"
)]
fn large_float_of<N: Whole>(n: N) -> Option<f64> {
    let float = n.widened() as f64;
    (float as i128 == n.widened() || float.to_string() == n.to_string()).then_some(float)
}
