//! Reads an answer while it is still arriving.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use aioinflux::decode::{Event, SeriesHeader};
use aioinflux::{Answer, Error};
use arrow_array::RecordBatch;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tokio::sync::{Mutex, Notify};

use crate::call::Call;
use crate::errors::{self, Kept};
use crate::exit;
use crate::out::{PyAnswer, column_names, divisor, free_labels, named_rows};
use crate::runtime;

/// An answer that can be read while it is still arriving. Each call of `rows` or `batch` returns
/// one batch of the answer.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Stream {
    source: Arc<OpenAnswer>,
    /// The names of the cells in the most recent rows, and the function that creates rows with
    /// these names.
    maker: Maker,
    /// Whether this is the answer to a Flux query.
    is_flux: bool,
}

type Maker = Arc<StdMutex<Option<(Vec<String>, Py<PyAny>)>>>;

/// An open answer, which is shared by the call that reads the answer and the call that ends its
/// request.
struct OpenAnswer {
    state: Mutex<State>,
    is_closed: AtomicBool,
    closed: Notify,
    /// Whether the answer was opened before the program began to end. The end of the program closes
    /// the connection of such an answer.
    is_of_program: bool,
}

/// The result of a read, which is a piece, the end of the answer, or an error. The result is `None`
/// if the stream was closed during the read.
type Outcome = Option<Result<Option<Piece>, Error>>;

impl OpenAnswer {
    async fn next(&self) -> Outcome {
        // The value `_reads` is dropped last, when the state is no longer locked.
        let _reads = Reads(self);
        let closed = self.closed.notified();
        // The flag `is_closed` is checked after `closed` is created, so that a call of `close` in
        // between is noticed.
        if self.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        tokio::select! {
            biased;
            () = closed => {
                self.state.lock().await.stream = None;
                None
            }
            piece = async { self.state.lock().await.next().await } => Some(piece),
        }
    }
}

/// A read. A read that is in progress. If the stream was closed during the read, dropping this
/// value ends the request. A read that is being cancelled no longer checks whether the stream was
/// closed.
struct Reads<'s>(&'s OpenAnswer);

impl Drop for Reads<'_> {
    fn drop(&mut self) {
        if self.0.is_closed.load(Ordering::SeqCst)
            && let Ok(mut state) = self.0.state.try_lock()
        {
            state.stream = None;
        }
    }
}

/// Returns the piece that was read, or an error that states why there is no piece.
fn read(py: Python<'_>, source: &OpenAnswer, outcome: Outcome) -> PyResult<Option<Piece>> {
    if source.is_of_program && matches!(outcome, Some(Err(_))) {
        runtime::stay_if_left_behind(py);
    }
    let closed = || PyRuntimeError::new_err("the stream was closed while it was read");
    let outcome = outcome.ok_or_else(closed)?;
    outcome.map_err(|error| errors::of_query(py, &error, Kept::Nothing))
}

struct State {
    stream: Option<aioinflux::Stream>,
    header: Option<SeriesHeader>,
    received: u64,
}

impl Stream {
    pub(crate) fn new(stream: aioinflux::Stream, is_flux: bool) -> Self {
        let state = State {
            stream: Some(stream),
            header: None,
            received: 0,
        };
        Self {
            source: Arc::new(OpenAnswer {
                state: Mutex::new(state),
                is_closed: AtomicBool::new(false),
                closed: Notify::new(),
                is_of_program: !runtime::has_ended(),
            }),
            maker: Arc::default(),
            is_flux,
        }
    }
}

/// A piece of an answer, as one read returns it.
enum Piece {
    /// A batch with rows of one series. The batch has no rows if the series has column names but no
    /// values.
    Batch(SeriesHeader, RecordBatch),
    /// The end of a statement that has no series.
    Nothing(u32),
}

impl State {
    async fn next(&mut self) -> Result<Option<Piece>, Error> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        while let Some(event) = stream.next().await {
            self.received = stream.received();
            match event {
                Ok(Event::Series(header)) => self.header = Some(header),
                Ok(Event::Batch(batch)) => {
                    if let Some(header) = &self.header {
                        return Ok(Some(Piece::Batch(header.clone(), batch)));
                    }
                }
                Ok(Event::StatementEnd { statement }) => {
                    let last = self.header.as_ref().map(|header| header.statement);
                    if last != Some(statement) {
                        return Ok(Some(Piece::Nothing(statement)));
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.stream = None;
                    return Err(error);
                }
            }
        }
        self.stream = None;
        Ok(None)
    }
}

#[pymethods]
impl Stream {
    /// Returns the next rows of the answer, which `row_type` creates from their cells. If `tags` is
    /// set, the values of the GROUP BY tags follow the other cells of each row.
    fn rows(&self, row_type: Py<PyAny>, epoch: &str, tags: bool) -> PyResult<Call> {
        exit::protect_thread();
        let source = Arc::clone(&self.source);
        let of = Arc::clone(&self.source);
        let maker = Arc::clone(&self.maker);
        let divisor = divisor(epoch)?;
        Ok(Call::new(
            async move { source.next().await },
            move |py, outcome| {
                let (header, batch) = match read(py, &of, outcome)? {
                    Some(Piece::Batch(header, batch)) => (header, batch),
                    Some(Piece::Nothing(_)) => return PyList::empty(py).into_py_any(py),
                    None => return Ok(py.None()),
                };
                let tags = if tags { header.tags.as_slice() } else { &[] };
                let make = maker_for(py, &maker, names(&batch, tags), &row_type)?;
                named_rows(py, batch, divisor, make, tags).map(|rows| rows.into_any().unbind())
            },
        ))
    }

    /// Returns the next batch of the stream as an answer with one series. If the statement has no
    /// series, the answer has no series.
    fn batch(&self) -> Call {
        exit::protect_thread();
        let source = Arc::clone(&self.source);
        let of = Arc::clone(&self.source);
        let is_flux = self.is_flux;
        Call::new(async move { source.next().await }, move |py, outcome| {
            let answer = match read(py, &of, outcome)? {
                Some(Piece::Batch(header, batch)) => Answer::of_batch(&header, batch),
                Some(Piece::Nothing(statement)) => Answer::of_nothing(statement),
                None => return Ok(py.None()),
            };
            PyAnswer::of_language(answer, is_flux).into_py_any(py)
        })
    }

    /// Returns the number of bytes received so far, or zero while a call is reading the answer.
    #[getter]
    fn received(&self) -> u64 {
        self.source
            .state
            .try_lock()
            .map_or(0, |state| state.received)
    }

    /// Ends the request of this answer, if it is still running.
    fn close(&self) {
        exit::protect_thread();
        // If another call holds the lock of the state, that call is reading now. The call that is
        // reading is cancelled, and ends the request.
        self.source.is_closed.store(true, Ordering::SeqCst);
        match self.source.state.try_lock() {
            Ok(mut state) => state.stream = None,
            Err(_) => self.source.closed.notify_waiters(),
        }
    }
}

impl Drop for Stream {
    /// `protect_thread` is called because the stream may hold the last reference to a class of the
    /// user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

/// Returns the names of the cells in a row, including the tags. If the series has tags, duplicate
/// names are changed, so that all names are different.
fn names(batch: &RecordBatch, tags: &[(String, String)]) -> Vec<String> {
    let columns = column_names(&batch.schema());
    if tags.is_empty() {
        return columns;
    }
    let tags = tags.iter().map(|(key, _)| key.as_str());
    free_labels(columns.iter().map(String::as_str).chain(tags))
}

/// Returns the function that creates rows from cells with the names in `names`. The function is
/// created once, and reused as long as the names of the cells stay the same.
fn maker_for(
    py: Python<'_>,
    slot: &Maker,
    names: Vec<String>,
    row_type: &Py<PyAny>,
) -> PyResult<Py<PyAny>> {
    let known = slot
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .and_then(|(old, make)| (*old == names).then(|| make.clone_ref(py)));
    if let Some(make) = known {
        return Ok(make);
    }
    let make = row_type.call1(py, (names.clone(),))?;
    let new = Some((names, make.clone_ref(py)));
    // The previous function is dropped after the lock is released, because dropping it may run
    // Python code.
    let _old = mem::replace(
        &mut *slot.lock().unwrap_or_else(PoisonError::into_inner),
        new,
    );
    Ok(make)
}
