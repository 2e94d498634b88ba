//! The tokio runtime that carries every request of this process.
//!
//! One runtime a process, made at the first request. Threads do not survive a fork: a child that
//! inherits a runtime gets one of its own, and the parent's is forgotten, never dropped, since
//! dropping it would wait for threads that do not exist here.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

/// The runtime and the process that made it.
static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

/// Requests wait for sockets, and answers are decoded in between: two threads keep a slow decode
/// from holding up the next request.
const WORKERS: usize = 2;

/// The runtime of this process.
///
/// The lock is only ever held with the GIL, so a fork, which needs the GIL too, never copies it locked.
pub(crate) fn get(_py: Python<'_>) -> PyResult<&'static Runtime> {
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match *slot {
        Some((owner, runtime)) if owner == process => Ok(runtime),
        _ => {
            let runtime = Builder::new_multi_thread()
                .worker_threads(WORKERS)
                .thread_name("aioinflux")
                .enable_all()
                .build()
                .map_err(|error| {
                    PyRuntimeError::new_err(format!("no threads for requests: {error}"))
                })?;
            let runtime: &'static Runtime = Box::leak(Box::new(runtime));
            *slot = Some((process, runtime));
            Ok(runtime)
        }
    }
}
