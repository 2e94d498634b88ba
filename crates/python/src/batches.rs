//! Provides the batches of a session as a Python iterator.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;

use crate::arguments::Arguments;
use crate::batch::Encoded;
use crate::errors;
use crate::exit;
use crate::limits::Limits;
use crate::server::Server;
use crate::session::Session;

create_exception!(
    aioinflux._core,
    Pause,
    PyException,
    "Raised when the data of `Batches` has to be waited for; the next call continues."
);

#[doc = docstring!("Batches")]
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Batches {
    session: Mutex<Session>,
    /// The number of points in the batches returned so far, including skipped points. The number is
    /// not stored in the session, because the session is locked while a batch is made. Waiting for
    /// the session's lock would block this thread while it holds the GIL.
    rows: AtomicU64,
    at_end: AtomicBool,
}

#[pymethods]
impl Batches {
    #[new]
    fn new(
        data: Bound<'_, PyAny>,
        arguments: &Bound<'_, Arguments>,
        server: Server,
    ) -> PyResult<Self> {
        exit::protect_thread();
        let session = Session::begin(data, arguments.get(), server, Limits::OF_WRITES)?;
        Ok(Self {
            session: Mutex::new(session),
            rows: AtomicU64::new(0),
            at_end: AtomicBool::new(false),
        })
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reference of its own: who asks may hold none (`itertools.chain`), and be ended \
            meanwhile"
    )]
    fn __next__(slf: PyRef<'_, Self>) -> PyResult<Option<Encoded>> {
        exit::protect_thread();
        let py = slf.py();
        let mut session = match slf.session.try_lock() {
            Ok(session) => session,
            Err(TryLockError::Poisoned(session)) => session.into_inner(),
            // If another thread is making a batch, this call fails. Waiting for the other thread
            // would block this thread while it holds the GIL.
            Err(TryLockError::WouldBlock) => {
                return Err(PyValueError::new_err(
                    "the iterator is in use by another thread",
                ));
            }
        };
        let next = session.next(py).map_err(|error| errors::no_end(py, error));
        if let Err(error) = &next
            && !error.is_instance_of::<Pause>(py)
        {
            session.close();
        }
        slf.at_end.store(session.is_at_end(), Ordering::Relaxed);
        Ok(next?.map(|batch| {
            let rows = batch.len() as u64 + batch.skipped();
            slf.rows.fetch_add(rows, Ordering::Relaxed);
            Encoded::new(batch, Some(session.sink.spares.clone()))
        }))
    }

    #[doc = docstring!("Batches.rows")]
    #[getter]
    fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Returns whether the iterator is known to have no more batches.
    #[getter]
    fn at_end(&self) -> bool {
        self.at_end.load(Ordering::Relaxed)
    }
}

impl Drop for Batches {
    /// `protect_thread` is called because the iterator may hold the last reference to a generator
    /// of the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}
