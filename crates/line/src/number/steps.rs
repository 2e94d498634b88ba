//! Writes timestamps quickly if they are identical or evenly spaced, such as those of sensor data.
//! The difference between two consecutive timestamps is called the step. The step is added to all
//! digits of the previous timestamp in parallel.

use crate::copy::block_mut;
use crate::number::digits::{TEN_16, put_integer, sixteen};

/// Writes timestamps one after the other, and remembers the step between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps {
    last: i64,
    /// The step, which is the difference between the last two timestamps.
    step: i64,
    /// The digits of the last timestamp, if the same step has occurred twice in a row.
    steady: Option<Steady>,
}

/// The digits of the last timestamp and of the step. Each byte of a number holds one digit, and the
/// lowest byte holds the last digit.
#[derive(Debug, Clone, Copy)]
struct Steady {
    /// The digits of the timestamp before its last sixteen digits, as text. A current timestamp has
    /// three such digits.
    high: [u8; 3],
    /// The last sixteen digits of the timestamp.
    digits: u128,
    /// The digits of the step, with `CARRY` added to each digit.
    step: u128,
}

const ONES: u128 = u128::from_ne_bytes([1; 16]);
/// If `CARRY` is added to two digits whose sum is at least ten, the sum carries into the next byte.
const CARRY: u128 = ONES * (0x100 - 10);

impl Steps {
    /// Writes a timestamp to `out` at the offset `at`, and returns the offset of its end. `out`
    /// must have room for 24 bytes at `at`.
    #[inline]
    pub(crate) fn put(&mut self, out: &mut [u8], at: usize, time: i64) -> usize {
        let step = time.wrapping_sub(self.last);
        self.last = time;
        if step == self.step
            && let Some(steady) = &mut self.steady
            && steady.advance()
        {
            return steady.put(out, at);
        }
        self.put_other(out, at, time, step)
    }

    #[inline(never)]
    fn put_other(&mut self, out: &mut [u8], at: usize, time: i64, step: i64) -> usize {
        self.steady = (step == self.step)
            .then(|| Steady::new(time, step))
            .flatten();
        self.step = step;
        put_integer(out, at, time)
    }
}

impl Steady {
    /// Returns the digits of a timestamp and a step. Returns `None` if the timestamp does not have
    /// exactly 19 digits, or if the step is negative or has more than 16 digits.
    fn new(time: i64, step: i64) -> Option<Self> {
        let (time, step) = (u64::try_from(time).ok()?, u64::try_from(step).ok()?);
        let high = time / TEN_16;
        if !(100..1000).contains(&high) || step >= TEN_16 {
            return None;
        }
        let digit = |number: u64| b'0' + (number % 10) as u8;
        Some(Self {
            high: [digit(high / 100), digit(high / 10), digit(high)],
            digits: digits(time % TEN_16),
            step: digits(step) + CARRY,
        })
    }

    /// Adds the step to the last sixteen digits of the timestamp. Returns `false` if the digits
    /// before them would change.
    #[inline]
    fn advance(&mut self) -> bool {
        let (sum, is_over) = self.digits.overflowing_add(self.step);
        // If a byte had no carry, it still contains `CARRY`, whose value in the low half of the
        // byte is six.
        let six = (sum >> 4) & (ONES * 6);
        self.digits = (sum & (ONES * 15)) - six;
        !is_over
    }

    #[inline]
    fn put(&self, out: &mut [u8], at: usize) -> usize {
        *block_mut(out, at) = self.high;
        *block_mut(out, at + 3) = (self.digits | (ONES * 0x30)).to_be_bytes();
        at + 19
    }
}

/// Returns the 16 digits of a number below 10^16, with the last digit in the lowest byte.
fn digits(number: u64) -> u128 {
    sixteen(number).0.swap_bytes() & (ONES * 15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn assert_written(times: impl IntoIterator<Item = i64>) {
        let mut steps = Steps::default();
        for time in times {
            let mut out = [b'x'; 24];
            let end = steps.put(&mut out, 0, time);
            assert_eq!(
                core::str::from_utf8(&out[..end]),
                Ok(time.to_string().as_str())
            );
        }
    }

    #[test]
    fn steps_over_every_power_of_ten_are_written_like_rust_does() {
        for power in 0..18 {
            let step = 10_i64.pow(power);
            for start in [
                1_600_000_000_000_000_000 - 5 * step,
                2_000_000_000_000_000_000 - 5 * step,
                -7 * step,
            ] {
                assert_written((0..40).map(|n| start + n * step));
                assert_written((0..40).map(|n| start + n * (step - 1)));
            }
        }
    }

    #[test]
    fn times_run_over_the_last_sixteen_digits_and_over_all() {
        let last = 1_999_999_999_999_999_990;
        assert_written((0..30).map(|n| last + n));
        assert_written((0..30).map(|n| i64::MAX - 29 + n));
        assert_written((0..9).map(|n| 1_000_000_000_000_000_000 * n));
        assert_written([i64::MAX, i64::MIN, i64::MAX, i64::MIN, 0, 0, 0]);
        assert_written([1 << 62, -(1 << 62), 1 << 62, -(1 << 62)]);
    }

    proptest! {
        #[test]
        fn runs_of_any_steps_are_written_like_rust_does(
            start in any::<i64>(),
            runs in proptest::collection::vec((any::<i64>(), 0..63, 0..6_usize), 0..20),
        ) {
            let mut time = start;
            let mut times = Vec::new();
            for (step, bits, count) in runs {
                for _ in 0..count {
                    times.push(time);
                    time = time.saturating_add(step >> bits);
                }
            }
            assert_written(times);
        }

        #[test]
        fn steady_times_of_our_day_are_written_like_rust_does(
            start in 1_000_000_000_000_000_000..i64::MAX / 2,
            step in any::<i64>(),
            bits in 8..63,
        ) {
            let step = i64::abs(step >> bits);
            assert_written((0..50).map(|n| start.saturating_add(step.saturating_mul(n))));
        }
    }
}
