//! The tokio runtime for every request of this process.
//!
//! There is one runtime for each process. It is created at the first request and ended before the
//! interpreter: a thread of it that still resolves a future would be ended by the finalized
//! interpreter. Threads do not survive a fork: a child that inherits a runtime gets a new one. The
//! parent's is forgotten and never dropped, because dropping it would wait for threads that do not
//! exist.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::{errors, exit};

/// The runtime and the process that created it.
static RUNTIME: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

/// The process, which is read once: every request needs it, and the system call is slow.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Whether the program is ending: requests for which the loop of a daemon thread still waits are
/// cancelled.
static ENDED: AtomicBool = AtomicBool::new(false);

/// The thread that ends the program.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// Requests wait for sockets, and answers are decoded piece by piece in between. A second thread
/// would be woken for most requests and find nothing to do, which takes a third of their time.
const WORKERS: usize = 1;

/// How long the end of the program waits for requests that are being cancelled.
const END: Duration = Duration::from_secs(5);

/// The id of this process.
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

/// Records the id of a new process. Python calls it in a child after each fork.
#[pyfunction]
#[pyo3(name = "_forked")]
pub(crate) fn forked() {
    PROCESS.store(0, Ordering::Relaxed);
}

/// Whether the program is ending.
pub(crate) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Sleeps until the process has ended, in a thread that the end of the program left behind: what it
/// waited for was cancelled, and its error is of no use. Returns in all other threads.
pub(crate) fn stay_if_left_behind(py: Python<'_>) {
    if has_ended() && ENDING.get() != Some(&thread::current().id()) {
        py.detach(|| {
            loop {
                thread::sleep(Duration::MAX);
            }
        });
    }
}

/// The runtime of this process.
///
/// The lock is held only with the GIL. A fork needs the GIL too, so it never copies a locked lock.
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

/// Ends the runtime and cancels requests that are still running. Registered with `atexit`.
#[pyfunction]
#[pyo3(name = "_end")]
pub(crate) fn end(py: Python<'_>) {
    exit::protect_thread();
    let _ = ENDING.set(thread::current().id());
    // With the GIL, which polling a request also needs, so none is being polled now.
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
        // A daemon thread waits for a request of its own, and drives it itself.
        Err(runtime) => std::mem::forget(runtime),
    }
}
