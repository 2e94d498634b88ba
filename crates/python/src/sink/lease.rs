//! Memory that outlives a call: fresh memory costs as much as the encoding itself, and so does
//! making the acquaintance of the user's keys again for each point.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::Dialect;

use super::Sink;

/// Most that are kept: calls of that many threads, or within each other.
const MOST: usize = 4;

/// Those that no call uses, the last used at the end. They stay where they are: to move them takes as long as a short line.
#[expect(
    clippy::vec_box,
    reason = "the boxes go in and out, and nothing in them is moved"
)]
static IDLE: Mutex<Vec<Box<Sink>>> = Mutex::new(Vec::new());

#[expect(clippy::vec_box, reason = "as above")]
fn idle() -> MutexGuard<'static, Vec<Box<Sink>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sink of one call, whose memory goes to a later one. A call within a call, by a value's own
/// code, finds the next one.
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
        // Before the lock is held: what goes here may be objects with code of their own.
        sink.forget();
        let mut idle = idle();
        let oldest = (idle.len() == MOST).then(|| idle.remove(0));
        idle.push(sink);
        // Not under the lock, either.
        drop(idle);
        drop(oldest);
    }
}
