//! Time limits of a request.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Limit};

/// A moment at which a limit runs out.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    at: Option<(Instant, Duration)>,
    which: Limit,
}

impl Deadline {
    pub(crate) fn new(limit: Option<Duration>, which: Limit) -> Self {
        // A limit beyond what the clock can tell is none.
        let at = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Self { at, which }
    }

    /// Waits for the future until the limit runs out.
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

/// When something last moved towards the server.
#[derive(Clone)]
pub(crate) struct Progress {
    limit: Option<Duration>,
    last: Arc<Mutex<Instant>>,
}

impl Progress {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            last: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Something moves.
    pub(crate) fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// When the limit runs out, if nothing moves until then.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.checked_add(self.limit?)
    }
}
