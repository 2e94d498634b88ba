//! The tokio runtime, which runs the requests of this process.
//!
//! Each process has one runtime. The runtime is created at the first request, and ends before the
//! interpreter does: otherwise the interpreter, while it finalizes, would end a runtime thread that
//! still resolves a future. Threads do not survive a fork, so a child process that inherits a
//! runtime creates a new runtime. The parent's runtime is forgotten and never dropped, because
//! dropping it would wait for threads that do not exist in the child.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::{errors, exit};

/// The runtime, and the ID of the process that created it.
static RUNTIME: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

/// The process ID, which is read only once, because every request needs it and the system call is
/// slow.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Whether the program is ending: requests for which the event loop of a daemon thread is still
/// waiting are cancelled.
static ENDED: AtomicBool = AtomicBool::new(false);

/// The thread that ends the program.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// One thread is enough, because requests mostly wait for sockets, and answers are decoded piece by
/// piece in between. A second thread would be woken for most requests and find nothing to do, which
/// would take a third of the requests' time.
const WORKERS: usize = 1;

/// The time for which the end of the program waits for requests that are being cancelled.
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

/// Makes the new process read its own ID again. Python calls this function in the child process
/// after each fork.
#[pyfunction]
#[pyo3(name = "_forked")]
pub(crate) fn forked() {
    PROCESS.store(0, Ordering::Relaxed);
}

/// Returns whether the program is ending.
pub(crate) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// If the end of the program leaves this thread behind, sleeps until the process has ended: the
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

/// Returns the runtime of this process.
///
/// The lock is held only by threads that also hold the GIL. A fork needs the GIL too, so a child
/// process never inherits the lock while it is held.
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

/// Ends the runtime, and cancels requests that are still running. This function is registered with
/// `atexit`.
#[pyfunction]
#[pyo3(name = "_end")]
pub(crate) fn end(py: Python<'_>) {
    exit::protect_thread();
    let _ = ENDING.set(thread::current().id());
    // This thread holds the GIL, which polling a request also requires, so no request is being
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
        // A daemon thread is still waiting for its own request, and drives that request itself.
        Err(runtime) => std::mem::forget(runtime),
    }
}
