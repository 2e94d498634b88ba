//! Defines a call, which is a request that has not been sent yet. The caller can either await it or
//! wait for it.
//!
//! One `Call` replaces a pair of methods, of which one would be synchronous and the other
//! asynchronous. Creating a call parses its arguments, but does not start the request. `await`
//! passes the request to the running event loop, `wait` blocks the calling thread, and `start`
//! sends the request at once. Both `await` and `wait` release the GIL while the request is in
//! flight. If a call is cancelled while it is awaited or waited for, the request is dropped.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pyo3::exceptions::{PyBaseException, PyRuntimeError, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTraceback;
use tokio::task::{AbortHandle, JoinHandle};

use crate::engine::Engine;
use crate::exit;
use crate::inbox::{self, Convert, Inbox, Promise};
use crate::runtime;
use crate::task::Task;

/// The interval at which a blocked call checks for signals. Ctrl-C interrupts a blocked call within
/// this interval.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// A request whose result is a function, which returns the Python value or raises the exception.
pub(crate) type Work = Pin<Box<dyn Future<Output = Convert> + Send>>;

/// A request that has not been sent yet, and that the caller can `await` or `wait` for.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Call {
    todo: Mutex<Option<Todo>>,
}

/// The request of a call, with the place where the request can run.
enum Todo {
    /// The request runs in the tokio runtime.
    InRuntime(Work),
    /// The request runs in the tokio runtime or on an event loop, depending on how the caller
    /// waits.
    Anywhere(Engine, Box<dyn FnOnce(aioinflux::Client) -> Work + Send>),
}

impl Todo {
    fn in_runtime(self) -> Work {
        match self {
            Self::InRuntime(work) => work,
            Self::Anywhere(engine, make) => make(engine.client()),
        }
    }
}

/// The future is created directly in its final memory, because moving it would cost more than
/// creating it.
fn work<T, F, C>(request: impl FnOnce() -> F + Send + 'static, convert: C) -> Work
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
    C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
{
    Box::pin(async move {
        let outcome = request().await;
        Box::new(move |py: Python<'_>| convert(py, outcome)) as Convert
    })
}

impl Call {
    /// Returns a call that runs `request`, and then converts its result to a Python value with
    /// `convert`. `convert` runs on the thread that waits for the call, so `request` should do all
    /// work that does not need the GIL.
    pub(crate) fn new<T, F, C>(request: F, convert: C) -> Self
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
        C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    {
        Self::of(Todo::InRuntime(work(|| request, convert)))
    }

    /// Creates a call for a small request. If the event loop can drive this request itself, the
    /// threads of the runtime are not used.
    pub(crate) fn small<T, F, C>(
        engine: Engine,
        request: impl FnOnce(aioinflux::Client) -> F + Send + 'static,
        convert: C,
    ) -> Self
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
        C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    {
        let make = move |client| work(|| request(client), convert);
        Self::of(Todo::Anywhere(engine, Box::new(make)))
    }

    fn of(todo: Todo) -> Self {
        Self {
            todo: Mutex::new(Some(todo)),
        }
    }

    fn take(&self) -> PyResult<Todo> {
        let mut todo = self.todo.lock().unwrap_or_else(PoisonError::into_inner);
        todo.take()
            .ok_or_else(|| PyRuntimeError::new_err("a call can be awaited only once"))
    }
}

impl Drop for Call {
    /// `protect_thread` is called because the conversion may hold the last reference to an object
    /// of the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

#[pymethods]
impl Call {
    fn __await__(&self, py: Python<'_>) -> PyResult<Awaited> {
        exit::protect_thread();
        let event_loop = running_loop(py)?;
        let inbox = Inbox::of(&event_loop)?;
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        let todo = self.take()?;
        let promise = Promise::new(Arc::clone(&inbox), future.clone().unbind());
        let (work, is_here) = match todo {
            Todo::InRuntime(work) => (work, false),
            // A request that is made by an exit function after the runtime has ended must not use
            // an event loop, because the loop would cancel it.
            Todo::Anywhere(engine, make) if runtime::has_ended() => (make(engine.client()), false),
            Todo::Anywhere(engine, make) => match engine.driven_by(&inbox) {
                Some(client) => (make(client), true),
                None => (make(engine.client()), false),
            },
        };
        let under_way = if is_here {
            let task = Task::new(work, promise, &inbox);
            task.poll(py)?;
            UnderWay::Here(task)
        } else {
            let task = runtime::get(py)?.spawn(async move { promise.keep(work.await) });
            UnderWay::InRuntime(task.abort_handle())
        };
        Ok(Awaited {
            future: Some(future.unbind()),
            under_way,
            is_given: false,
        })
    }

    /// Sends the request immediately. The caller can do other work while the request is in flight.
    /// Dropping the call cancels the request.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        exit::protect_thread();
        let task = Started(Some(runtime::get(py)?.spawn(self.take()?.in_runtime())));
        let mut todo = self.todo.lock().unwrap_or_else(PoisonError::into_inner);
        *todo = Some(Todo::InRuntime(Box::pin(task)));
        Ok(())
    }

    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        exit::protect_thread();
        let runtime = runtime::get(py)?;
        let mut work = self.take()?.in_runtime();
        loop {
            let tick = py.detach(|| {
                runtime.block_on(async { tokio::time::timeout(SIGNAL_INTERVAL, &mut work).await })
            });
            match tick {
                Ok(convert) => return convert(py),
                // If `wait` returns here with an exception, `work` is dropped, which cancels the
                // request.
                Err(_) => py.check_signals()?,
            }
        }
    }
}

/// The place where a request is running, which is an event loop or the tokio runtime.
enum UnderWay {
    Here(Arc<Task>),
    InRuntime(AbortHandle),
}

impl UnderWay {
    /// Cancels the request. If the request has already ended, this method does nothing.
    fn abort(&self) {
        match self {
            Self::Here(task) => task.abort(),
            Self::InRuntime(task) => task.abort(),
        }
    }
}

/// A request that was sent before its caller waits for it. Dropping this value cancels the request.
/// The handle is `None` if the request was cancelled because the program ended.
struct Started(Option<JoinHandle<Convert>>);

impl Future for Started {
    type Output = Convert;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Convert> {
        let Some(task) = &mut self.0 else {
            return Poll::Pending;
        };
        match ready!(Pin::new(task).poll(context)) {
            Ok(convert) => Poll::Ready(convert),
            // The end of the program cancelled the request, and the calling thread ends together
            // with the program.
            Err(error) if error.is_cancelled() && runtime::has_ended() => {
                self.0 = None;
                Poll::Pending
            }
            Err(_) => Poll::Ready(Box::new(|_| {
                Err(PyRuntimeError::new_err(inbox::WITHOUT_OUTCOME))
            })),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET.import(py, "asyncio", "get_running_loop")?.call0()
}

/// The object over which an asyncio task iterates while it waits for a request. A task iterates
/// over an asyncio future in the same way.
///
/// Unlike an asyncio future, this object is notified when its task is cancelled, and then cancels
/// the request.
#[pyclass]
struct Awaited {
    /// The future is `None` only while the garbage collector clears this object.
    future: Option<Py<PyAny>>,
    under_way: UnderWay,
    is_given: bool,
}

#[pymethods]
impl Awaited {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        exit::protect_thread();
        let future = self.future.as_ref().map(|future| future.bind(py));
        let future = future.ok_or_else(|| PyRuntimeError::new_err("the request is gone"))?;
        if self.is_given {
            let value = future.call_method0(intern!(py, "result"))?;
            return Err(PyStopIteration::new_err((value.unbind(),)));
        }
        self.is_given = true;
        // This attribute tells the asyncio task to wait for the future that this method returns.
        future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
        Ok(future.clone().unbind())
    }

    fn send(&mut self, py: Python<'_>, _value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        exit::protect_thread();
        self.__next__(py)
    }

    /// asyncio calls this method when the waiting task is cancelled. `kind` is the exception that
    /// the task raises, or the class of this exception.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw(
        &self,
        kind: Bound<'_, PyAny>,
        value: Option<Bound<'_, PyAny>>,
        traceback: Option<Bound<'_, PyTraceback>>,
    ) -> PyResult<()> {
        exit::protect_thread();
        self.under_way.abort();
        let error = match value {
            Some(value) if value.is_instance_of::<PyBaseException>() => value,
            Some(value) => kind.call1((value,))?,
            None => kind,
        };
        let py = error.py();
        let error = PyErr::from_value(error);
        if traceback.is_some() {
            error.set_traceback(py, traceback);
        }
        Err(error)
    }

    fn close(&self) {
        exit::protect_thread();
        self.under_way.abort();
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.future)?;
        match &self.under_way {
            UnderWay::Here(task) => task.visit(&visit),
            UnderWay::InRuntime(_) => Ok(()),
        }
    }

    /// The garbage collector calls this method when the waiting task is garbage, which happens if
    /// the task's event loop was closed.
    fn __clear__(&mut self) {
        exit::protect_thread();
        self.future = None;
        self.under_way.abort();
    }
}

impl Drop for Awaited {
    /// Cancels the request, because no task is waiting for the request any longer. If the request
    /// has already ended, nothing is cancelled.
    fn drop(&mut self) {
        exit::protect_thread();
        self.under_way.abort();
    }
}
