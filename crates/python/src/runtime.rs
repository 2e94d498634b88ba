//! Runs the requests of this process in a tokio runtime.
//!
//! Each process has at most one tokio runtime. The runtime is created at the first request, and
//! must end before the interpreter does. If the runtime ended later, the finalizing interpreter
//! would end a runtime thread that is still resolving a future. Threads do not survive a fork, so a
//! child process that inherits a runtime creates a new one. A child process never drops its
//! parent's runtime, because dropping it would wait for threads that do not exist in the child.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::{errors, exit};

/// The tokio runtime, and the ID of the process that created it.
static RUNTIME: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

/// The ID of this process. The ID is read only once, because every request needs it and the system
/// call is slow.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Whether the program is ending, so that requests are cancelled. Requests for which the event loop
/// of a daemon thread is still waiting are then cancelled.
static ENDED: AtomicBool = AtomicBool::new(false);

/// The thread in which the end of the program runs.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// The number of threads of the runtime. One thread is enough, because requests mostly wait for
/// sockets, and answers are decoded piece by piece in between. A second thread would be woken for
/// most requests and find nothing to do, and waking it would take a third of the requests' time.
const WORKERS: usize = 1;

/// The longest time for which the end of the program waits for requests that are being cancelled.
const END: Duration = Duration::from_secs(5);

/// Returns the ID of this process.
pub(crate) fn process() -> u32 {
    match PROCESS.load(Ordering::Relaxed) {
        0 => {
            let process = std::process::id();
            PROCESS.store(process, Ordering::Relaxed);
            process
        }
        process => process,
    }
}

/// Forgets the stored process ID, so that the new process reads its own ID. Python calls this
/// function in the child process after each fork.
#[pyfunction]
#[pyo3(name = "_forked")]
pub(crate) fn forked() {
    PROCESS.store(0, Ordering::Relaxed);
}

/// Returns whether the program is ending.
pub(crate) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// If the end of the program leaves this thread behind, sleeps until the process has ended. The
/// thread's request was cancelled, and raising an error for it would be of no use. In all other
/// threads, this function returns immediately.
pub(crate) fn stay_if_left_behind(py: Python<'_>) {
    if has_ended() && ENDING.get() != Some(&thread::current().id()) {
        py.detach(|| {
            loop {
                thread::sleep(Duration::MAX);
            }
        });
    }
}

/// Returns the tokio runtime of this process, and creates it if necessary.
///
/// The lock of the runtime is held only by threads that also hold the GIL. A fork needs the GIL
/// too, so a child process never inherits this lock while it is held.
pub(crate) fn get(py: Python<'_>) -> PyResult<Arc<Runtime>> {
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = process();
    if let Some((owner, runtime)) = slot.as_ref()
        && *owner == process
    {
        return Ok(Arc::clone(runtime));
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("aioinflux")
        .on_thread_start(exit::protect_thread)
        .enable_all()
        .build()
        .map_err(|error| errors::no_connection(py, &error))?;
    let runtime = Arc::new(runtime);
    std::mem::forget(slot.replace((process, Arc::clone(&runtime))));
    Ok(runtime)
}

/// Ends the tokio runtime, and cancels requests that are still running. This function is registered
/// with `atexit`.
#[pyfunction]
#[pyo3(name = "_end")]
pub(crate) fn end(py: Python<'_>) {
    exit::protect_thread();
    let _ = ENDING.set(thread::current().id());
    // This thread holds the GIL. A request can be polled only with the GIL, so no request is being
    // polled now.
    ENDED.store(true, Ordering::Relaxed);
    let slot = RUNTIME
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some((owner, runtime)) = slot else { return };
    if owner != process() {
        return std::mem::forget(runtime);
    }
    match Arc::try_unwrap(runtime) {
        Ok(runtime) => py.detach(|| runtime.shutdown_timeout(END)),
        // If the runtime is still in use, a daemon thread is waiting for its own request, and
        // drives that request itself.
        Err(runtime) => std::mem::forget(runtime),
    }
}
