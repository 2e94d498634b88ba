//! Runs a small request as a task of the event loop, which polls the task on its own thread.
//!
//! No other thread is woken for a small request. If the answer turns out to be large, the request
//! continues in the tokio runtime, where decoding the answer does not block the event loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::call::Work;
use crate::inbox::{Inbox, Promise};
use crate::runtime;

/// A request that is polled by its event loop.
pub(crate) struct Task {
    state: Mutex<State>,
    /// Whether the task has been woken and is waiting to be polled.
    is_woken: AtomicBool,
    inbox: Weak<Inbox>,
}

enum State {
    Here(Work, Promise),
    InRuntime(AbortHandle),
    Over,
}

impl Task {
    pub(crate) fn new(work: Work, promise: Promise, inbox: &Arc<Inbox>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::Here(work, promise)),
            is_woken: AtomicBool::new(false),
            inbox: Arc::downgrade(inbox),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Continues the request until it must wait. If the request ends, the future is resolved.
    pub(crate) fn poll(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        self.is_woken.store(false, Ordering::Release);
        if runtime::has_ended() {
            // The program is ending, and the request's timers belong to a runtime that no longer
            // exists.
            self.abort();
            return Ok(());
        }
        let runtime = runtime::get(py)?;
        let _context = runtime.enter();
        let mut state = self.state();
        let State::Here(work, _) = &mut *state else {
            return Ok(());
        };
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)));
        // The reactor's flag is reset in every case, because one request's need for the runtime
        // must not be applied to the next request.
        let wants_runtime = self.wants_runtime();
        if let Ok(Poll::Pending) = polled
            && !wants_runtime
        {
            return Ok(());
        }
        let State::Here(work, promise) = std::mem::replace(&mut *state, State::Over) else {
            return Ok(());
        };
        match polled {
            Ok(Poll::Ready(convert)) => {
                drop(state);
                promise.keep_now(py, convert)
            }
            Ok(Poll::Pending) => {
                let task = runtime.spawn(async move { promise.keep(work.await) });
                *state = State::InRuntime(task.abort_handle());
                Ok(())
            }
            // If the request panicked, dropping the promise reports the panic to the waiting task.
            Err(_) => Ok(()),
        }
    }

    #[cfg(unix)]
    fn wants_runtime(&self) -> bool {
        let inbox = self.inbox.upgrade();
        inbox.is_some_and(|inbox| {
            inbox
                .reactor()
                .is_some_and(aioinflux::engine::Reactor::wants_tokio)
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "it is used where there are reactors")]
    fn wants_runtime(&self) -> bool {
        false
    }

    /// Shows Python's garbage collector the future to which this request refers. The future refers
    /// to the waiting task.
    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A request that is being polled is not garbage, so nothing is shown to the collector.
        match self.state.try_lock().as_deref() {
            Ok(State::Here(_, promise)) => promise.visit(visit),
            _ => Ok(()),
        }
    }

    /// Cancels the request. If the request has already ended, this method does nothing.
    pub(crate) fn abort(&self) {
        let state = std::mem::replace(&mut *self.state(), State::Over);
        match state {
            State::Here(work, promise) => {
                drop(work);
                promise.forget();
            }
            State::InRuntime(task) => task.abort(),
            State::Over => {}
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel)
            && let Some(inbox) = self.inbox.upgrade()
        {
            inbox.wake(self);
        }
    }
}
