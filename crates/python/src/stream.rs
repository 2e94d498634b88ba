//! An answer that is read while it arrives.

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

/// An answer that is read while it arrives. Each call of `rows` or `batch` returns one batch.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Stream {
    source: Arc<OpenAnswer>,
    /// The cell names of the last rows, and the function that makes rows of them.
    maker: Maker,
}

type Maker = Arc<StdMutex<Option<(Vec<String>, Py<PyAny>)>>>;

/// The answer, for the call that reads and for the call that ends the request.
struct OpenAnswer {
    state: Mutex<State>,
    is_closed: AtomicBool,
    closed: Notify,
    /// Whether it was opened before the end of the program, which closes its connection.
    is_of_program: bool,
}

/// The result of a read: a piece, the end of the answer or its error. Nothing if the stream was
/// closed meanwhile.
type Outcome = Option<Result<Option<Piece>, Error>>;

impl OpenAnswer {
    async fn next(&self) -> Outcome {
        // Dropped last, when nothing holds the state any more.
        let _reads = Reads(self);
        let closed = self.closed.notified();
        // After the line above, so that a close in between is seen.
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

/// A read. It ends the request if the stream was closed meanwhile: a read that is being cancelled
/// does not check that any more.
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

/// The piece that was read, or the reason why there is none.
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
    pub(crate) fn new(stream: aioinflux::Stream) -> Self {
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
        }
    }
}

/// A piece of an answer.
enum Piece {
    /// Rows of a series. There are none if it has only columns.
    Batch(SeriesHeader, RecordBatch),
    /// A statement without any series.
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
    /// The next rows, which `row_type` makes of their cells. With `tags`, those of GROUP BY are
    /// cells after the others.
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

    /// The next batch, as an answer of one series, or of none for a statement without series.
    fn batch(&self) -> Call {
        exit::protect_thread();
        let source = Arc::clone(&self.source);
        let of = Arc::clone(&self.source);
        Call::new(async move { source.next().await }, move |py, outcome| {
            let answer = match read(py, &of, outcome)? {
                Some(Piece::Batch(header, batch)) => Answer::of_batch(&header, batch),
                Some(Piece::Nothing(statement)) => Answer::of_nothing(statement),
                None => return Ok(py.None()),
            };
            PyAnswer::new(answer).into_py_any(py)
        })
    }

    /// Bytes of the answer so far; zero while a call reads.
    #[getter]
    fn received(&self) -> u64 {
        self.source
            .state
            .try_lock()
            .map_or(0, |state| state.received)
    }

    /// Ends the request, if it is still running.
    fn close(&self) {
        exit::protect_thread();
        // A call that holds the lock is reading now. It is cancelled, and ends the request.
        self.source.is_closed.store(true, Ordering::SeqCst);
        match self.source.state.try_lock() {
            Ok(mut state) => state.stream = None,
            Err(_) => self.source.closed.notify_waiters(),
        }
    }
}

impl Drop for Stream {
    /// It may hold the last reference to a class of the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

/// The names of the cells of a row. They are all different if there are tags.
fn names(batch: &RecordBatch, tags: &[(String, String)]) -> Vec<String> {
    let columns = column_names(&batch.schema());
    if tags.is_empty() {
        return columns;
    }
    let tags = tags.iter().map(|(key, _)| key.as_str());
    free_labels(columns.iter().map(String::as_str).chain(tags))
}

/// The function that makes rows of cells with these names. It is created once for as long as the
/// names stay the same.
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
    // The old one is dropped after the lock is released, because that may run Python code.
    let _old = mem::replace(
        &mut *slot.lock().unwrap_or_else(PoisonError::into_inner),
        new,
    );
    Ok(make)
}
