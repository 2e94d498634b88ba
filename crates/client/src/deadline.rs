//! Enforces the time limits of a request.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Limit};

/// The time at which a time limit expires.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    at: Option<(Instant, Duration)>,
    which: Limit,
}

impl Deadline {
    pub(crate) fn new(limit: Option<Duration>, which: Limit) -> Self {
        Self::since(Instant::now(), limit, which)
    }

    /// Returns the deadline of a time limit that is counted from `start`, which may be in the past.
    fn since(start: Instant, limit: Option<Duration>, which: Limit) -> Self {
        // A time limit that exceeds the range of the clock never expires.
        let at = limit.and_then(|limit| Some((start.checked_add(limit)?, limit)));
        Self { at, which }
    }

    /// Returns the earlier of two deadlines, so that one timer is enough for both.
    pub(crate) fn or_before(self, other: Self) -> Self {
        match (self.at, other.at) {
            (Some((this, _)), Some((that, _))) if that < this => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }

    /// Whether the deadline has passed.
    pub(crate) fn is_over(self) -> bool {
        self.check().is_err()
    }

    /// Returns an error if the time limit has expired. Unlike a timer, this check also works for a
    /// caller that never has to wait.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self.at {
            Some((at, limit)) if at <= Instant::now() => Err(Error::timeout(self.which, limit)),
            _ => Ok(()),
        }
    }

    /// Waits for the future, but at most until the time limit expires.
    pub(crate) async fn run<F: Future + Unpin>(self, future: F) -> Result<F::Output, Error> {
        match self.at {
            None => Ok(future.await),
            Some((at, limit)) => {
                let done = timeout_at(at, future).await;
                done.map_err(|_| Error::timeout(self.which, limit))
            }
        }
    }
}

/// The time at which a reader began to wait for the server. Waits of the reader that were cancelled
/// and repeated count as one wait.
pub(crate) struct Silence {
    limit: Option<Duration>,
    since: Option<Instant>,
}

impl Silence {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, since: None }
    }

    /// Records that data has arrived, so that the time limit starts again with the next wait.
    pub(crate) fn end(&mut self) {
        self.since = None;
    }

    /// Returns the deadline for a reader that starts to wait now.
    ///
    /// A time limit that expired between two calls proves nothing about the server, because perhaps
    /// no caller drove the connection in the meantime. If a time limit expired between two calls,
    /// the limit therefore starts again.
    pub(crate) fn deadline(&mut self, now: Instant) -> Deadline {
        let since = self.since.filter(|&since| {
            let end = self.limit.and_then(|limit| since.checked_add(limit));
            end.is_none_or(|end| end > now)
        });
        let since = *self.since.insert(since.unwrap_or(now));
        Deadline::since(since, self.limit, Limit::Read)
    }
}

/// The time when a request last made progress, and whether the whole request has been sent.
#[derive(Clone)]
pub(crate) struct Progress {
    limit: Option<Duration>,
    shared: Arc<Shared>,
}

struct Shared {
    last: Mutex<Instant>,
    has_rest: AtomicBool,
}

impl Progress {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            shared: Arc::new(Shared {
                last: Mutex::new(Instant::now()),
                has_rest: AtomicBool::new(false),
            }),
        }
    }

    /// Something moves.
    pub(crate) fn touch(&self) {
        *self.last() = Instant::now();
    }

    fn last(&self) -> MutexGuard<'_, Instant> {
        let last = self.shared.last.lock();
        last.unwrap_or_else(PoisonError::into_inner)
    }

    /// Records whether a part of the request has not been sent yet.
    pub(crate) fn set_rest(&self, has_rest: bool) {
        self.shared.has_rest.store(has_rest, Ordering::Relaxed);
    }

    /// Whether a part of the request has not been handed to the connection yet.
    pub(crate) fn has_rest(&self) -> bool {
        self.shared.has_rest.load(Ordering::Relaxed)
    }

    /// Returns the time at which the limit expires if no data is sent or received before.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::since(*self.last(), self.limit, Limit::Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_first_wait_and_across_calls() {
        let limit = Duration::from_secs(10);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut silence = Silence::new(Some(limit));
        let mut ends = |now| silence.deadline(now).at.map(|(at, _)| at);
        assert_eq!(ends(at(0)), Some(at(10)));
        assert_eq!(ends(at(9)), Some(at(10)), "the wait goes on");
        assert_eq!(ends(at(25)), Some(at(35)), "nobody waited at its end");
        silence.end();
        assert_eq!(
            silence.deadline(at(30)).at.map(|(at, _)| at),
            Some(at(40)),
            "something came"
        );
    }

    #[test]
    fn no_limit_and_one_beyond_the_clock_never_run_out() {
        for limit in [None, Some(Duration::MAX)] {
            let mut silence = Silence::new(limit);
            let now = Instant::now();
            assert!(silence.deadline(now).at.is_none());
            assert!(silence.deadline(now).at.is_none());
        }
    }
}
