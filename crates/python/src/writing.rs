//! Writes many batches. Python code creates the batches, and the engine's pipeline sends them.

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use aioinflux::engine::{Finished, Progress, write_all};
use aioinflux::ledger::{self, Ledger};
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

/// The batches that Python has passed to the write, and that are still to be sent.
struct Handed {
    batches: mpsc::UnboundedReceiver<Arc<Batch>>,
    room: Arc<Semaphore>,
}

impl Drop for Handed {
    /// After this value is dropped, the write sends no more batches.
    fn drop(&mut self) {
        self.room.close();
    }
}

/// A write of many batches, which runs until `end` is called. Dropping this value cancels the
/// requests of the write.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Writing {
    /// The ID of the process whose runtime runs the write, because a forked child cannot use the
    /// write.
    process: u32,
    /// The state of the write, which is `None` only while the write is being dropped.
    state: Option<Box<State>>,
}

struct State {
    batches: Mutex<Option<mpsc::UnboundedSender<Arc<Batch>>>>,
    /// The number of permits is the number of additional batches that may be in flight. The
    /// semaphore is closed when the write has failed.
    room: Arc<Semaphore>,
    task: Mutex<Option<JoinHandle<Finished>>>,
    abort: AbortHandle,
    /// The progress of the write since Python last requested it, with one entry for each finished
    /// batch.
    progress: Arc<Mutex<Vec<Progress>>>,
    /// The result of the write, which is known only when the write has ended.
    end: Arc<Mutex<Option<End>>>,
}

/// The result of a write that has ended.
struct End {
    ledger: Ledger,
    /// Whether an error of a request ended the write.
    failed: bool,
}

impl Writing {
    /// Begins a write whose batches are sent by the function `send`. The number of batches in
    /// flight is at most the number of connections.
    pub(crate) fn begin<F>(
        py: Python<'_>,
        send: impl Fn(Arc<Batch>) -> F + Send + 'static,
        connections: usize,
        done: ledger::State,
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
            process: runtime::process(),
            state: Some(Box::new(State {
                batches: Mutex::new(Some(batches)),
                room,
                abort: task.abort_handle(),
                task: Mutex::new(Some(task)),
                progress,
                end: Arc::default(),
            })),
        })
    }

    /// If the write belongs to this process, returns the state of the write.
    fn state(&self) -> PyResult<&State> {
        let here = self.process == runtime::process();
        self.state.as_deref().filter(|_| here).ok_or_else(|| {
            PyRuntimeError::new_err(
                "the process was forked during a write, which goes on in the parent alone",
            )
        })
    }
}

#[pymethods]
impl Writing {
    /// Waits until the write may send another batch. The result is `True` if a batch may be sent,
    /// and `False` if the write has failed.
    fn room(&self) -> PyResult<Call> {
        exit::protect_thread();
        let room = Arc::clone(&self.state()?.room);
        let permit = async move { room.acquire().await.map(SemaphorePermit::forget).is_ok() };
        Ok(Call::new(permit, |py, is_open| is_open.into_py_any(py)))
    }

    /// Sends a batch, for which the caller must already have a permit.
    fn push(&self, batch: &Bound<'_, Encoded>) -> PyResult<()> {
        exit::protect_thread();
        let batch = Arc::clone(&batch.get().batch);
        if let Some(batches) = locked(&self.state()?.batches).as_ref() {
            // If the write has just failed, it accepts no more batches, and the points of this
            // batch count as not written.
            let _ = batches.send(batch);
        }
        Ok(())
    }

    /// Waits until no batch of the write is in flight any longer, and raises the first error.
    fn end(&self) -> PyResult<Call> {
        exit::protect_thread();
        let state = self.state()?;
        drop(locked(&state.batches).take());
        let task = locked(&state.task).take();
        let end = Arc::clone(&state.end);
        let ended = async move {
            let outcome = match task {
                Some(task) => task.await.ok(),
                None => None,
            };
            if outcome.is_none() && runtime::has_ended() {
                // The end of the program cancelled the write, and the calling thread ends together
                // with the program.
                return std::future::pending().await;
            }
            outcome.map(|finished| {
                *locked(&end) = Some(End {
                    ledger: finished.ledger,
                    failed: finished.failed,
                });
                finished.error
            })
        };
        Ok(Call::new(ended, |py, outcome| match outcome {
            Some(None) => true.into_py_any(py),
            Some(Some(error)) => Err(errors::of_write(py, &error)),
            None => Err(PyRuntimeError::new_err(inbox::WITHOUT_OUTCOME)),
        }))
    }

    /// Returns whether an error of a request ended the write, or `None` until `end` is done.
    #[getter]
    fn failed(&self) -> PyResult<Option<bool>> {
        exit::protect_thread();
        Ok(locked(&self.state()?.end).as_ref().map(|end| end.failed))
    }

    /// Cancels the requests of the write that are still in flight. If the write has already ended,
    /// this method does nothing.
    fn stop(&self) {
        exit::protect_thread();
        if let Ok(state) = self.state() {
            state.abort.abort();
        }
    }

    /// Returns the progress of the write after each batch that was finished since the last call of
    /// this method. The progress is the number of points and of bytes that were finished so far.
    fn progress(&self) -> PyResult<Vec<(u64, u64)>> {
        exit::protect_thread();
        let progress = std::mem::take(&mut *locked(&self.state()?.progress));
        let shown = progress.iter().map(|so_far| (so_far.points, so_far.bytes));
        Ok(shown.collect())
    }

    /// Describes the points of a write that the caller ended. Returns a string that says what
    /// happened to the points, and the points that were written. The description is known only
    /// after `end`.
    fn told<'py>(&self, py: Python<'py>) -> PyResult<(String, Bound<'py, PyAny>)> {
        exit::protect_thread();
        let ledger = locked(&self.state()?.end)
            .as_ref()
            .map(|end| end.ledger.clone());
        let mut ledger = ledger.unwrap_or_default();
        ledger.end_before(ledger.next_point());
        let written: Vec<Range<u64>> = ledger.ranges(ledger::State::Stored).collect();
        Ok((ledger.to_string(), errors::ranges(py, &written)))
    }
}

impl Drop for Writing {
    /// If the write has already ended, no request is cancelled.
    fn drop(&mut self) {
        exit::protect_thread();
        self.stop();
        if self.process != runtime::process() {
            // The threads of the write belong to the parent process, and so do the locks that those
            // threads may hold. The state of the write is therefore forgotten and not dropped.
            std::mem::forget(self.state.take());
        }
    }
}

/// This lock is never held while Python code runs.
fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
