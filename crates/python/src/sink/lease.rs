//! Keeps memory between calls. Newly allocated memory costs as much time as the encoding itself,
//! and so does learning the user's keys again for each point.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::Dialect;

use super::Sink;

/// The maximum number of sinks that are kept, for calls from several threads or for nested calls.
const MOST: usize = 4;

/// The sinks that no call is using, with the most recently used sink last. The sinks are boxed, so
/// that they are not moved: moving a sink takes as long as encoding a short line.
#[expect(
    clippy::vec_box,
    reason = "the boxes go in and out, and nothing in them is moved"
)]
static IDLE: Mutex<Vec<Box<Sink>>> = Mutex::new(Vec::new());

#[expect(clippy::vec_box, reason = "as above")]
fn idle() -> MutexGuard<'static, Vec<Box<Sink>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sink of one call, whose memory is reused by a later call. A nested call, which the code of a
/// value may make, uses a different sink.
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
        // This happens before the lock is taken, because the dropped objects may run their own
        // code.
        sink.forget();
        let mut idle = idle();
        let oldest = (idle.len() == MOST).then(|| idle.remove(0));
        idle.push(sink);
        // The lock is released before the oldest sink is dropped, because its objects may run their
        // own code.
        drop(idle);
        drop(oldest);
    }
}
