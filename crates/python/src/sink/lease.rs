//! Memory that is kept between calls. Fresh memory costs as much as the encoding itself, and so
//! does learning the user's keys again for each point.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::Dialect;

use super::Sink;

/// Maximum number of sinks that are kept: for calls of so many threads, or nested calls.
const MOST: usize = 4;

/// Those that no call uses, the most recently used last. They are not moved, because moving them
/// takes as long as a short line.
#[expect(
    clippy::vec_box,
    reason = "the boxes go in and out, and nothing in them is moved"
)]
static IDLE: Mutex<Vec<Box<Sink>>> = Mutex::new(Vec::new());

#[expect(clippy::vec_box, reason = "as above")]
fn idle() -> MutexGuard<'static, Vec<Box<Sink>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sink of one call, whose memory is reused by a later one. A nested call, from the code of a
/// value, finds the next sink.
pub(crate) struct Lease(Option<Box<Sink>>);

impl Lease {
    pub(crate) fn take(dialect: Dialect) -> Self {
        let mut idle = idle();
        let fits = |at: &usize| idle[*at].encoder.options().dialect() == dialect;
        let kept = (0..idle.len()).rfind(fits).map(|at| idle.remove(at));
        Self(Some(kept.unwrap_or_else(|| Box::new(Sink::new(dialect)))))
    }
}

impl Deref for Lease {
    type Target = Sink;

    #[inline]
    fn deref(&self) -> &Sink {
        self.0.as_deref().expect("there until it is dropped")
    }
}

impl DerefMut for Lease {
    #[inline]
    fn deref_mut(&mut self) -> &mut Sink {
        self.0.as_deref_mut().expect("there until it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut sink) = self.0.take() else {
            return;
        };
        // Before the lock is held, because the dropped objects may have their own code.
        sink.forget();
        let mut idle = idle();
        let oldest = (idle.len() == MOST).then(|| idle.remove(0));
        idle.push(sink);
        // Not under the lock, for the same reason.
        drop(idle);
        drop(oldest);
    }
}
