//! Provides a clock for points without a timestamp, which never returns the same time twice.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The last time that the clock returned.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

/// Returns the nanoseconds since 1970 (UTC) according to the system clock. Within a process, each
/// call returns a later time than all earlier calls, even if the system clock is set back.
///
/// ```
/// use aioinflux::{Dialect, Encoder, Point, unique_time};
///
/// let mut encoder = Encoder::new(Dialect::V1);
/// encoder.set_clock(Some(unique_time));
/// encoder.push(&Point::new("m").field("f", 1))?;
/// assert!(encoder.batch().is_stamped());
/// assert!(unique_time() < unique_time());
/// # Ok::<(), aioinflux::line::Error>(())
/// ```
pub fn unique_time() -> i64 {
    unique_times(1)
}

/// Reserves `count` consecutive nanoseconds and returns the first one. All of them are later than
/// every time that was returned before.
pub fn unique_times(count: usize) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // A system clock that shows a time before 1970 is wrong. For a clock that is wrong, the
    // returned times only need to differ from each other.
    let now = now.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    });
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let first = |last: i64| now.max(last.saturating_add(1));
    let later = |last| Some(first(last).saturating_add(count - 1));
    match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later) {
        Ok(last) | Err(last) => first(last),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn no_time_is_given_twice_to_any_thread() {
        let give = || {
            let mut times = Vec::new();
            for count in 1..2000 {
                let first = unique_times(count % 5 + 1);
                times.extend((0..).take(count % 5 + 1).map(|n| first + n));
                times.push(unique_time());
            }
            assert!(times.is_sorted_by(|a, b| a < b));
            times
        };
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(give)).collect();
        let mut all: Vec<i64> = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect();
        all.sort_unstable();
        assert!(all.is_sorted_by(|a, b| a < b));
    }
}
