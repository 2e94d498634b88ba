//! Delivers the results of requests to an event loop. The results are delivered on the loop's own
//! thread, and several at a time.
//!
//! When a request ends, a runtime thread puts the result into the event loop's inbox. If the inbox
//! was empty, the thread wakes the loop. The event loop takes all results from its inbox, creates
//! the Python values and resolves the futures. For this reason, the runtime's threads never compete
//! with the event loop for the GIL, and a busy loop is woken only once for many requests.
//!
//! Small requests need no other thread. Small requests run as tasks of the event loop, which polls
//! each task that was woken.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::bell::Bell;
use crate::exit;
use crate::runtime;
use crate::task::Task;

/// The error message for a request whose task panicked.
pub(crate) const WITHOUT_OUTCOME: &str = "the request ended without an outcome";

/// The maximum number of tasks that are polled before the event loop runs the code that awaits
/// their results. If only one task were polled, a server that has already answered all requests
/// would be idle while the event loop runs other code.
const AT_ONCE: usize = 16;

/// A function that creates the Python value, or the exception, for a finished request.
pub(crate) type Convert = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// The results and the tasks that an event loop has not handled yet.
pub(crate) struct Inbox {
    finished: Mutex<VecDeque<Finished>>,
    woken: Mutex<Woken>,
    bell: Bell,
    /// The ID of the process that created the inbox. A forked child has a copy of its parent's
    /// memory, but must not wake the parent's event loop.
    process: u32,
}

/// The tasks that are waiting to be polled.
#[derive(Default)]
struct Woken {
    tasks: VecDeque<Arc<Task>>,
    /// Whether the event loop is already polling the waiting tasks, and therefore needs no wake-up.
    is_polling: bool,
}

/// A future that is to be resolved, and the function that creates the future's result.
struct Finished {
    future: Py<PyAny>,
    convert: Convert,
}

/// An event loop and the inbox that belongs to it. An inbox exists while requests are in flight, or
/// while its event loop watches a file descriptor.
type Known = (Py<PyWeakrefReference>, Weak<Inbox>);

thread_local! {
    /// The event loops that have run on this thread. A thread rarely has more than one.
    static LOOPS: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

impl Inbox {
    /// Returns the inbox of the event loop `event_loop`, which runs on this thread.
    pub(crate) fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        let process = runtime::process();
        if let Some(inbox) = known(event_loop).filter(|inbox| inbox.process == process) {
            return Ok(inbox);
        }
        let inbox = Arc::new(Self {
            finished: Mutex::default(),
            woken: Mutex::default(),
            bell: Bell::new(event_loop)?,
            process,
        });
        let take = Take(Arc::clone(&inbox));
        inbox.bell.hang(event_loop, take)?;
        let of = PyWeakrefReference::new(event_loop)?.unbind();
        LOOPS.with_borrow_mut(|loops| loops.push((of, Arc::downgrade(&inbox))));
        Ok(inbox)
    }

    fn finished(&self) -> MutexGuard<'_, VecDeque<Finished>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a result into the inbox. Any thread may call this method, even without the GIL.
    fn put(self: &Arc<Self>, finished: Finished) {
        let mut all = self.finished();
        all.push_back(finished);
        let was_empty = all.len() == 1;
        drop(all);
        if was_empty {
            self.ring();
        }
    }

    fn ring(self: &Arc<Self>) {
        self.bell.ring(|| Take(Arc::clone(self)));
    }

    /// Returns the reactor of the event loop, if the loop has one.
    #[cfg(unix)]
    pub(crate) fn reactor(&self) -> Option<&aioinflux::engine::Reactor> {
        self.bell.reactor()
    }

    fn woken(&self) -> MutexGuard<'_, Woken> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Schedules a task to be polled. Any thread may call this method, even without the GIL.
    pub(crate) fn wake(self: &Arc<Self>, task: Arc<Task>) {
        let mut woken = self.woken();
        woken.tasks.push_back(task);
        let rings = woken.tasks.len() == 1 && !woken.is_polling;
        drop(woken);
        if rings {
            self.ring();
        }
    }

    /// Polls some of the tasks that were woken. If woken tasks remain, the event loop is woken
    /// again to poll them.
    fn poll(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let mut outcome = Ok(());
        for _ in 0..AT_ONCE {
            let task = self.woken().tasks.pop_front();
            let Some(task) = task else { break };
            outcome = task.poll(py);
            if outcome.is_err() {
                // The usual error is `KeyboardInterrupt`, which occurs on an event loop that does
                // not intercept Ctrl-C. The tasks that were not polled remain in the queue.
                break;
            }
        }
        let mut woken = self.woken();
        woken.is_polling = false;
        let is_left = !woken.tasks.is_empty();
        drop(woken);
        // After an error, the event loop must also be woken again so that it takes the results.
        if is_left || outcome.is_err() {
            self.ring();
        }
        outcome
    }

    /// Polls the tasks that were woken, and resolves all futures whose results have arrived.
    fn take(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        // The flag `is_polling` is set before the inbox is read, so that a thread that adds a
        // result afterwards wakes the event loop again.
        self.woken().is_polling = true;
        let looked = self.bell.look();
        self.poll(py)?;
        let mut all = std::mem::take(&mut *self.finished());
        while let Some(one) = all.pop_front() {
            if let Err((error, unsettled)) = one.settle(py) {
                // The usual error is `KeyboardInterrupt`, which occurs on an event loop that does
                // not intercept Ctrl-C. The results that were not delivered are put back into the
                // inbox.
                if let Some(one) = unsettled {
                    all.push_front(one);
                }
                let mut waiting = self.finished();
                all.append(&mut waiting);
                *waiting = all;
                drop(waiting);
                self.ring();
                return Err(error);
            }
        }
        looked
    }
}

impl Finished {
    /// Creates the Python value of a request, and resolves the future if it is still pending. If
    /// creating or delivering the value fails, usually because of Ctrl-C, returns the error. A
    /// result that was not delivered is returned together with the error.
    fn settle(self, py: Python<'_>) -> Result<(), (PyErr, Option<Self>)> {
        let settled = |error| (error, None);
        // If the future is already done, it was cancelled, and needs no result.
        if self.is_done(py).map_err(settled)? {
            return Ok(());
        }
        let outcome = (self.convert)(py);
        // Creating the Python value may take a long time. If a signal arrived in the meantime,
        // `set_result` would raise an exception after it stored the value and before it woke the
        // waiting task.
        if let Err(error) = py.check_signals() {
            let (future, convert) = (self.future, Box::new(|_: Python<'_>| outcome) as Convert);
            return Err((error, Some(Self { future, convert })));
        }
        let future = self.future.bind(py);
        let done = match outcome {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,)),
            Err(error) => {
                let error = error.into_value(py);
                future.call_method1(intern!(py, "set_exception"), (error,))
            }
        };
        done.map(drop).map_err(settled)
    }

    fn is_done(&self, py: Python<'_>) -> PyResult<bool> {
        let done = self.future.bind(py).call_method0(intern!(py, "done"))?;
        done.is_truthy()
    }
}

/// Returns the inbox that was created earlier for this event loop, if it still exists. If there is
/// no such inbox, the entries of event loops that no longer exist are removed.
fn known(event_loop: &Bound<'_, PyAny>) -> Option<Arc<Inbox>> {
    let py = event_loop.py();
    LOOPS.with_borrow_mut(|loops| {
        let found = loops.iter().find_map(|(of, inbox)| {
            let same = of.bind(py).upgrade()?.is(event_loop);
            same.then(|| inbox.upgrade())?
        });
        if found.is_none() {
            loops.retain(|(_, inbox)| inbox.strong_count() > 0);
        }
        found
    })
}

/// The callable that an event loop calls after a wake-up.
#[pyclass(frozen)]
pub(crate) struct Take(Arc<Inbox>);

#[pymethods]
impl Take {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        exit::protect_thread();
        self.0.take(py)
    }
}

impl Drop for Take {
    /// `protect_thread` is called because futures whose results were not taken may hold the last
    /// references to the tasks that wait for them.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

/// A future that is always resolved, no matter what happens to the task that should resolve it.
pub(crate) struct Promise {
    inbox: Arc<Inbox>,
    future: Option<Py<PyAny>>,
}

impl Promise {
    pub(crate) fn new(inbox: Arc<Inbox>, future: Py<PyAny>) -> Self {
        Self {
            inbox,
            future: Some(future),
        }
    }

    pub(crate) fn keep(mut self, convert: Convert) {
        self.settle(convert);
    }

    /// Resolves the future immediately, on the thread of the future's event loop.
    pub(crate) fn keep_now(mut self, py: Python<'_>, convert: Convert) -> PyResult<()> {
        let Some(future) = self.future.take() else {
            return Ok(());
        };
        let settled = Finished { future, convert }.settle(py);
        settled.map_err(|(error, unsettled)| {
            if let Some(one) = unsettled {
                self.inbox.put(one);
            }
            error
        })
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.future)
    }

    /// Leaves the future unchanged, because no task waits for it.
    pub(crate) fn forget(mut self) {
        self.future = None;
    }

    fn settle(&mut self, convert: Convert) {
        if let Some(future) = self.future.take() {
            self.inbox.put(Finished { future, convert });
        }
    }
}

impl Drop for Promise {
    /// If a task has no result, it panicked or was cancelled. If it was cancelled, the task's
    /// future is cancelled too, and needs no result. The end of the program also cancels tasks, but
    /// then the threads that wait for those tasks end together with the program.
    fn drop(&mut self) {
        if runtime::has_ended() {
            return;
        }
        self.settle(Box::new(|_| Err(PyRuntimeError::new_err(WITHOUT_OUTCOME))));
    }
}
