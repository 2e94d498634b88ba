//! An answer that is read while it arrives.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use aioinflux::decode::{Event, SeriesHeader};
use aioinflux::{Answer, Error};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tokio::sync::Mutex;

use crate::call::Call;
use crate::errors::{self, Kept};
use crate::out::{PyAnswer, column_names, divisor, named_rows};

/// An answer that is read while it arrives; one call of `rows` or `batch` gives one batch.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Stream {
    state: Arc<Mutex<State>>,
    /// The columns of the last rows, and what makes rows of them.
    maker: Maker,
}

type Maker = Arc<StdMutex<Option<(SchemaRef, Py<PyAny>)>>>;

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
            state: Arc::new(Mutex::new(state)),
            maker: Arc::default(),
        }
    }
}

/// A piece of an answer.
enum Piece {
    /// Rows of a series; none where it has columns alone.
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
    fn rows(&self, row_type: Py<PyAny>, epoch: &str) -> PyResult<Call> {
        let state = Arc::clone(&self.state);
        let maker = Arc::clone(&self.maker);
        let divisor = divisor(epoch)?;
        Ok(Call::new(
            async move { state.lock().await.next().await },
            move |py, outcome| {
                let outcome =
                    outcome.map_err(|error| errors::of_query(py, &error, Kept::Nothing))?;
                let batch = match outcome {
                    Some(Piece::Batch(_, batch)) => batch,
                    Some(Piece::Nothing(_)) => return PyList::empty(py).into_py_any(py),
                    None => return Ok(py.None()),
                };
                let make = maker_for(py, &maker, &batch.schema(), &row_type)?;
                named_rows(py, batch, divisor, make).map(|rows| rows.into_any().unbind())
            },
        ))
    }

    /// The next batch, as an answer of one series, or of none for a statement that gives none.
    fn batch(&self) -> Call {
        let state = Arc::clone(&self.state);
        Call::new(
            async move { state.lock().await.next().await },
            |py, outcome| {
                let outcome =
                    outcome.map_err(|error| errors::of_query(py, &error, Kept::Nothing))?;
                let answer = match outcome {
                    Some(Piece::Batch(header, batch)) => Answer::of_batch(&header, batch),
                    Some(Piece::Nothing(statement)) => Answer::of_nothing(statement),
                    None => return Ok(py.None()),
                };
                PyAnswer::new(answer).into_py_any(py)
            },
        )
    }

    /// Bytes of the answer that came so far; zero while a call reads.
    #[getter]
    fn received(&self) -> u64 {
        self.state.try_lock().map_or(0, |state| state.received)
    }

    /// Ends the request, if it still runs.
    fn close(&self) {
        // Whoever holds the lock reads right now, and is being cancelled: its end drops the stream.
        if let Ok(mut state) = self.state.try_lock() {
            state.stream = None;
        }
    }
}

/// What makes rows of these columns, made once for as long as the columns stay the same.
fn maker_for(
    py: Python<'_>,
    slot: &Maker,
    schema: &SchemaRef,
    row_type: &Py<PyAny>,
) -> PyResult<Py<PyAny>> {
    let known = slot
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .and_then(|(old, make)| {
            let same = column_names(old) == column_names(schema);
            same.then(|| make.clone_ref(py))
        });
    if let Some(make) = known {
        return Ok(make);
    }
    let make = row_type.call1(py, (column_names(schema),))?;
    *slot.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((SchemaRef::clone(schema), make.clone_ref(py)));
    Ok(make)
}
