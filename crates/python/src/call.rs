//! One request, not sent yet: await it, or wait for it.
//!
//! `Call` replaces pairs of sync and async methods. Building it parses arguments and starts
//! nothing; `await` hands it to the running loop, `wait` blocks this thread. Both release the GIL
//! while the request travels, and both drop the request when they are given up.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::runtime;

/// How often a blocked call looks for signals; Ctrl-C is obeyed within this time.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Makes the Python value, or the exception, of a finished request.
type Convert = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;
type Work = Pin<Box<dyn Future<Output = Convert> + Send>>;

/// A request that has not been sent.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Call {
    work: Mutex<Option<Work>>,
}

impl Call {
    /// A call that runs `request`, then makes a Python value of its outcome by `convert`.
    pub(crate) fn new<T, F, C>(request: F, convert: C) -> Self
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
        C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    {
        let work = async move {
            let outcome = request.await;
            Box::new(move |py: Python<'_>| convert(py, outcome)) as Convert
        };
        Self {
            work: Mutex::new(Some(Box::pin(work))),
        }
    }

    fn take(&self) -> PyResult<Work> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.take()
            .ok_or_else(|| PyRuntimeError::new_err("a call can be awaited only once"))
    }
}

#[pymethods]
impl Call {
    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let future = event_loop.call_method0("create_future")?;
        let promise = Promise {
            event_loop: event_loop.unbind(),
            future: future.clone().unbind(),
            kept: false,
        };
        let task = runtime::get(py)?.spawn(deliver(self.take()?, promise));
        let cancel = Canceller {
            task: task.abort_handle(),
        };
        future.call_method1("add_done_callback", (cancel,))?;
        future.call_method0("__await__")
    }

    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let runtime = runtime::get(py)?;
        let mut work = self.take()?;
        loop {
            let tick = py.detach(|| {
                runtime.block_on(async { tokio::time::timeout(SIGNAL_INTERVAL, &mut work).await })
            });
            match tick {
                Ok(convert) => return convert(py),
                // Leaving drops `work`, which stops the request.
                Err(_) => py.check_signals()?,
            }
        }
    }
}

/// An asyncio future that must be settled, whatever happens to the task that settles it.
struct Promise {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
    kept: bool,
}

impl Promise {
    fn settle(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) {
        self.kept = true;
        let (good, value) = match outcome {
            Ok(value) => (true, value),
            Err(error) => (false, error.into_value(py).into_any()),
        };
        let settle = Settle { good };
        // A loop that is closed refuses, and nobody waits any more.
        let _ = self.event_loop.call_method1(
            py,
            "call_soon_threadsafe",
            (settle, self.future.clone_ref(py), value),
        );
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if !self.kept {
            // The task was aborted (then the future is cancelled, and this does nothing) or it panicked.
            Python::try_attach(|py| {
                let error = PyRuntimeError::new_err("the request ended without an outcome");
                self.settle(py, Err(error));
            });
        }
    }
}

async fn deliver(work: Work, mut promise: Promise) {
    let convert = work.await;
    // No interpreter any more: the program is ending, and nobody waits.
    Python::try_attach(|py| {
        let outcome = convert(py);
        promise.settle(py, outcome);
    });
}

/// Settles a future on its own loop's thread.
#[pyclass(frozen)]
struct Settle {
    good: bool,
}

#[pymethods]
impl Settle {
    fn __call__(&self, future: &Bound<'_, PyAny>, value: Py<PyAny>) -> PyResult<()> {
        if !future.call_method0("done")?.is_truthy()? {
            let method = if self.good {
                "set_result"
            } else {
                "set_exception"
            };
            future.call_method1(method, (value,))?;
        }
        Ok(())
    }
}

/// Stops the request when its future is done before it: the awaiting task was cancelled.
#[pyclass(frozen)]
struct Canceller {
    task: AbortHandle,
}

#[pymethods]
impl Canceller {
    fn __call__(&self, _future: &Bound<'_, PyAny>) {
        self.task.abort();
    }
}
