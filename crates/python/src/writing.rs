//! A write of many batches: Python makes them, and the engine's pipeline sends them.

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::engine::{Finished, Progress, write_all};
use aioinflux::ledger::{Ledger, State};
use aioinflux::{Batch, Error, Written};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::call::Call;
use crate::encode::Encoded;
use crate::errors;
use crate::exit;
use crate::inbox;
use crate::runtime;

/// A batch that waits for a free connection.
struct Offer {
    batch: Arc<Batch>,
    /// Told when the batch is on its way.
    taken: oneshot::Sender<()>,
}

/// A write that is under way until `end`; dropping it stops its requests.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Writing {
    batches: Mutex<Option<mpsc::UnboundedSender<Offer>>>,
    task: Mutex<Option<JoinHandle<Finished>>>,
    abort: tokio::task::AbortHandle,
    /// How far the write is, once for each batch, since Python last asked.
    progress: Arc<Mutex<Vec<Progress>>>,
    /// What became of the points; known at the end.
    ledger: Arc<Mutex<Option<Ledger>>>,
}

impl Writing {
    /// Begins a write whose batches are sent by `send`, as many at once as there are connections.
    pub(crate) fn begin<F>(
        py: Python<'_>,
        send: impl Fn(Arc<Batch>) -> F + Send + 'static,
        connections: usize,
        done: State,
    ) -> PyResult<Self>
    where
        F: Future<Output = Result<Written, Error>> + Send + 'static,
    {
        let (batches, mut offers) = mpsc::unbounded_channel::<Offer>();
        let next = move |context: &mut std::task::Context<'_>| {
            offers.poll_recv(context).map(|offer| {
                offer.map(|Offer { batch, taken }| {
                    // Who made it need not wait for that any more.
                    let _ = taken.send(());
                    Ok::<_, Error>(batch)
                })
            })
        };
        let progress = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&progress);
        let note = move |so_far| locked(&noted).push(so_far);
        let work = async move { write_all(next, send, connections, done, note).await };
        let task = runtime::get(py)?.spawn(work);
        Ok(Self {
            batches: Mutex::new(Some(batches)),
            abort: task.abort_handle(),
            task: Mutex::new(Some(task)),
            progress,
            ledger: Arc::default(),
        })
    }
}

#[pymethods]
impl Writing {
    /// Hands over the next batch: true when it is on its way, false if the write has failed.
    fn push(&self, batch: &Bound<'_, Encoded>) -> Call {
        exit::protect_thread();
        let (taken, is_taken) = oneshot::channel();
        let batch = Arc::clone(&batch.get().batch);
        if let Some(batches) = locked(&self.batches).as_ref() {
            // A write that has failed drops what it is offered, which says so.
            let _ = batches.send(Offer { batch, taken });
        }
        Call::new(is_taken, |py, taken| taken.is_ok().into_py_any(py))
    }

    /// Waits until nothing is under way any more, and raises the first error.
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

    /// How far the write is: points and bytes, once for each batch that was done with since the
    /// last call.
    fn progress(&self) -> Vec<(u64, u64)> {
        exit::protect_thread();
        let progress = std::mem::take(&mut *locked(&self.progress));
        let shown = progress.iter().map(|so_far| (so_far.points, so_far.bytes));
        shown.collect()
    }

    /// What became of the points of a write that the caller ended: in words, and the points that
    /// were written. Known after `end`.
    fn told<'py>(&self, py: Python<'py>) -> (String, Bound<'py, PyAny>) {
        exit::protect_thread();
        let mut ledger = locked(&self.ledger).clone().unwrap_or_default();
        ledger.end_before(ledger.next_point());
        let written: Vec<Range<u64>> = ledger.ranges(State::Stored).collect();
        (ledger.to_string(), errors::ranges(py, &written))
    }
}

impl Drop for Writing {
    /// Does nothing to a write that has ended.
    fn drop(&mut self) {
        exit::protect_thread();
        self.abort.abort();
    }
}

/// The lock is never held while code of Python runs.
fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
