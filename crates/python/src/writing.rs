//! A write of many batches: Python makes them, and the pipeline of the engine sends them.

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use aioinflux::engine::{Finished, Progress, write_all};
use aioinflux::ledger::{Ledger, State};
use aioinflux::{Batch, Error, Written};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::{AbortHandle, JoinHandle};

use crate::call::Call;
use crate::encode::Encoded;
use crate::errors;
use crate::exit;
use crate::inbox;
use crate::runtime;

/// The batches that were passed.
struct Handed {
    batches: mpsc::UnboundedReceiver<Arc<Batch>>,
    room: Arc<Semaphore>,
}

impl Drop for Handed {
    /// No more of them are sent.
    fn drop(&mut self) {
        self.room.close();
    }
}

/// A write that runs until `end`. Dropping it cancels its requests.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Writing {
    batches: Mutex<Option<mpsc::UnboundedSender<Arc<Batch>>>>,
    /// A permit for each batch that may be in flight. Closed when the write has failed.
    room: Arc<Semaphore>,
    task: Mutex<Option<JoinHandle<Finished>>>,
    abort: AbortHandle,
    /// The progress of the write since Python last asked, one entry for each batch.
    progress: Arc<Mutex<Vec<Progress>>>,
    /// The state of the points. Known at the end.
    ledger: Arc<Mutex<Option<Ledger>>>,
}

impl Writing {
    /// Begins a write whose batches `send` sends, as many at once as there are connections.
    pub(crate) fn begin<F>(
        py: Python<'_>,
        send: impl Fn(Arc<Batch>) -> F + Send + 'static,
        connections: usize,
        done: State,
    ) -> PyResult<Self>
    where
        F: Future<Output = Result<Written, Error>> + Send + 'static,
    {
        let (batches, receiver) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        let mut handed = Handed {
            batches: receiver,
            room: Arc::clone(&room),
        };
        let next = move |context: &mut Context<'_>| {
            let batch = handed.batches.poll_recv(context);
            batch.map(|batch| batch.map(Ok::<_, Error>))
        };
        let progress = Arc::new(Mutex::new(Vec::new()));
        let (noted, freed) = (Arc::clone(&progress), Arc::clone(&room));
        let note = move |so_far| {
            locked(&noted).push(so_far);
            freed.add_permits(1);
        };
        let task = runtime::get(py)?.spawn(write_all(next, send, connections, done, note));
        Ok(Self {
            batches: Mutex::new(Some(batches)),
            room,
            abort: task.abort_handle(),
            task: Mutex::new(Some(task)),
            progress,
            ledger: Arc::default(),
        })
    }
}

#[pymethods]
impl Writing {
    /// Waits until another batch may be sent. Returns true, or false if the write has failed.
    fn room(&self) -> Call {
        exit::protect_thread();
        let room = Arc::clone(&self.room);
        let permit = async move { room.acquire().await.map(SemaphorePermit::forget).is_ok() };
        Call::new(permit, |py, is_open| is_open.into_py_any(py))
    }

    /// Sends the next batch, for which there is a permit.
    fn push(&self, batch: &Bound<'_, Encoded>) {
        exit::protect_thread();
        let batch = Arc::clone(&batch.get().batch);
        if let Some(batches) = locked(&self.batches).as_ref() {
            // A write that has just failed accepts no more: the points count as not written.
            let _ = batches.send(batch);
        }
    }

    /// Waits until nothing is in flight any more, and raises the first error.
    fn end(&self) -> Call {
        exit::protect_thread();
        drop(locked(&self.batches).take());
        let task = locked(&self.task).take();
        let ledger = Arc::clone(&self.ledger);
        let ended = async move {
            let outcome = match task {
                Some(task) => task.await.ok(),
                None => None,
            };
            if outcome.is_none() && runtime::has_ended() {
                // The thread of the caller ends with the program.
                return std::future::pending().await;
            }
            outcome.map(|finished| {
                *locked(&ledger) = Some(finished.ledger);
                finished.error
            })
        };
        Call::new(ended, |py, outcome| match outcome {
            Some(None) => true.into_py_any(py),
            Some(Some(error)) => Err(errors::of_write(py, &error)),
            None => Err(PyRuntimeError::new_err(inbox::WITHOUT_OUTCOME)),
        })
    }

    /// The progress of the write: points and bytes, for each batch that was done since the last
    /// call.
    fn progress(&self) -> Vec<(u64, u64)> {
        exit::protect_thread();
        let progress = std::mem::take(&mut *locked(&self.progress));
        let shown = progress.iter().map(|so_far| (so_far.points, so_far.bytes));
        shown.collect()
    }

    /// The state of the points of a write that the caller ended: as text, and the points that were
    /// written. Known after `end`.
    fn told<'py>(&self, py: Python<'py>) -> (String, Bound<'py, PyAny>) {
        exit::protect_thread();
        let mut ledger = locked(&self.ledger).clone().unwrap_or_default();
        ledger.end_before(ledger.next_point());
        let written: Vec<Range<u64>> = ledger.ranges(State::Stored).collect();
        (ledger.to_string(), errors::ranges(py, &written))
    }
}

impl Drop for Writing {
    /// Does nothing if the write has ended.
    fn drop(&mut self) {
        exit::protect_thread();
        self.abort.abort();
    }
}

/// The lock is never held while Python code runs.
fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
