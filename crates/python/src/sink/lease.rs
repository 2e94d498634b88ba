//! Keeps sinks between calls. A new sink would take as much time as the encoding of a point: it
//! allocates memory, and it has to look up and escape the keys of the user's tags and fields again.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::Dialect;

use super::Sink;

/// The maximum number of sinks that are kept. Several sinks are needed for calls from several
/// threads and for nested calls.
const MOST: usize = 4;

/// The sinks that no call is using; the most recently used sink is last. Each sink is in a box so
/// that it is not moved, because moving a sink takes as long as encoding a short line.
#[expect(
    clippy::vec_box,
    reason = "the boxes go in and out, and nothing in them is moved"
)]
static IDLE: Mutex<Vec<Box<Sink>>> = Mutex::new(Vec::new());

#[expect(clippy::vec_box, reason = "as above")]
fn idle() -> MutexGuard<'static, Vec<Box<Sink>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sink of one call. A later call reuses the sink's memory. A nested call, which the code of a
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
        // The sink forgets its objects before the lock is taken, because the dropped objects may
        // run their own code.
        sink.forget();
        let mut idle = idle();
        let oldest = (idle.len() == MOST).then(|| idle.remove(0));
        idle.push(sink);
        // The lock is released before the oldest sink is dropped, because the objects in that sink
        // may run their own code.
        drop(idle);
        drop(oldest);
    }
}
