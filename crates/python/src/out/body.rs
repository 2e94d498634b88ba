//! Reads answers whose whole body is already in memory.

use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use aioinflux::decode::Format;
use aioinflux::{Answer, AnswerParser, Error, parse_batches};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

use super::ahead::Ahead;
use super::{PyAnswer, divisor, json, times};
use crate::errors::{self, Kept};
use crate::exit;
use crate::place::type_name;

/// The number of bytes of an answer that are decoded between two signal checks.
const PIECE: usize = 256 << 20;

/// Returns the body of an answer as memory that can be read without the GIL. If the body is a
/// `bytes` object, its memory is not copied.
fn bytes_of(body: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = body.cast::<PyBytes>() {
        return Ok(bytes.clone().into());
    }
    if let Ok(bytes) = body.cast::<PyByteArray>() {
        return Ok(bytes.clone().into());
    }
    let view = if body.is_instance_of::<PyString>() {
        None
    } else {
        PyMemoryView::from(body).ok()
    };
    let view = view.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "argument `body`: expected a bytes-like object, got `{}`",
            type_name(body)
        ))
    })?;
    let bytes = view.call_method0("tobytes")?.cast_into::<PyBytes>()?;
    Ok(bytes.into())
}

fn format_of(content_type: &str) -> PyResult<Format> {
    let media = content_type.split(';').next().unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Format::Json),
        "application/x-msgpack" => Ok(Format::Msgpack),
        "text/csv" => Ok(Format::FluxCsv),
        _ => Err(PyValueError::new_err(format!(
            "argument `content_type`: expected application/json, application/x-msgpack or \
             text/csv, got `{content_type}`"
        ))),
    }
}

/// Returns the number of nanoseconds in the unit of an answer's times. The times of a Flux answer
/// are texts, and have no unit.
fn unit_of(format: Format, epoch: &str) -> PyResult<i64> {
    if format == Format::FluxCsv && epoch != "ns" {
        return Err(PyValueError::new_err(
            "argument `epoch`: not for answers to Flux, whose times need no unit",
        ));
    }
    divisor(epoch)
}

/// Decodes the answer in `body`, whose times have the unit `epoch`. If `frame` is set, the times
/// are converted to nanoseconds. If `views` is set, strings have the Arrow type that polars uses
/// internally.
#[pyfunction]
#[pyo3(signature = (body, content_type, epoch, frame, views=false))]
pub(crate) fn parse_answer(
    py: Python<'_>,
    body: &Bound<'_, PyAny>,
    content_type: &str,
    epoch: &str,
    frame: bool,
    views: bool,
) -> PyResult<PyAnswer> {
    exit::protect_thread();
    let body = bytes_of(body)?;
    let format = format_of(content_type)?;
    let is_flux = format == Format::FluxCsv;
    let mut parser = AnswerParser::new(format);
    if views {
        parser = parser.text_views();
    }
    let unit = unit_of(format, epoch)?;
    for piece in body.chunks(PIECE) {
        py.detach(|| parser.feed(piece));
        py.check_signals()?;
    }
    if is_flux {
        let answer = py.detach(|| parser.finish());
        let answer = answer.map_err(|error| errors::of_query(py, &error, Kept::Flux))?;
        return Ok(PyAnswer::flux(answer));
    }
    let answer = py.detach(|| in_nanoseconds(parser.finish()?, frame.then_some(unit)));
    let answer = answer.map_err(|wrong| wrong.into_exception(py, Kept::Answer))?;
    Ok(PyAnswer::with_unit(answer, if frame { 1 } else { unit }))
}

/// Returns the JSON answer in `body` as Python objects. If the answer is chunked, its documents are
/// joined into one document.
#[pyfunction]
pub(crate) fn parse_json(py: Python<'_>, body: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    exit::protect_thread();
    let body = bytes_of(body)?;
    let checked = py.detach(|| aioinflux::engine::check_answer(&body));
    checked.map_err(|error| {
        let result = json::parse(py, &body).unwrap_or_else(|_| py.None());
        errors::with_result(py, &error, result)
    })?;
    json::parse(py, &body)
}

/// The minimum size of a body that is decoded ahead, on another thread. For a smaller body,
/// starting a thread takes as long as decoding the body.
const AHEAD: usize = 1 << 20;

/// Iterates over the batches of an answer whose whole body is in memory.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Pieces {
    batches: Arc<Mutex<Decoding>>,
    is_flux: bool,
}

type Decoded = Result<Answer, Wrong>;

enum Decoding {
    Here(Box<dyn Iterator<Item = Decoded> + Send>),
    Ahead(Ahead<Decoded>),
}

impl Decoding {
    fn next(&mut self) -> Result<Option<Answer>, Wrong> {
        let next = match self {
            Self::Here(batches) => batches.next(),
            Self::Ahead(batches) => batches.next().map_err(Wrong::Thread)?,
        };
        if next.is_none() {
            // Decoding has ended, so an empty iterator replaces the decoder.
            *self = Self::Here(Box::new(iter::empty()));
        }
        next.transpose()
    }
}

impl Drop for Pieces {
    /// `protect_thread` is called because the iterator may hold the last reference to an object of
    /// the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

#[pymethods]
impl Pieces {
    #[new]
    #[pyo3(signature = (body, content_type, epoch, frame, views=false))]
    fn new(
        body: &Bound<'_, PyAny>,
        content_type: &str,
        epoch: &str,
        frame: bool,
        views: bool,
    ) -> PyResult<Self> {
        exit::protect_thread();
        let body = bytes_of(body)?;
        let is_large = body.len() >= AHEAD;
        let format = format_of(content_type)?;
        let is_flux = format == Format::FluxCsv;
        let unit = unit_of(format, epoch)?;
        let unit = (frame && !is_flux).then_some(unit);
        let mut batches = parse_batches(body, format);
        if views {
            batches = batches.text_views();
        }
        let batches = batches.map(move |answer| in_nanoseconds(answer?, unit));
        let source = if is_large {
            Decoding::Ahead(Ahead::new(batches)?)
        } else {
            Decoding::Here(Box::new(batches))
        };
        Ok(Self {
            batches: Arc::new(Mutex::new(source)),
            is_flux,
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<PyAnswer>> {
        exit::protect_thread();
        py.check_signals()?;
        // This call takes its own reference to the batches. The caller may hold no reference to the
        // iterator (`map`), and another thread may end the iterator.
        let batches = Arc::clone(&self.batches);
        let next = py.detach(|| {
            let mut batches = batches.lock().unwrap_or_else(PoisonError::into_inner);
            batches.next()
        });
        let answer = next.map_err(|wrong| wrong.into_exception(py, Kept::Nothing))?;
        Ok(answer.map(|answer| PyAnswer::of_language(answer, self.is_flux)))
    }
}

/// The reason why a batch of the answer cannot be returned.
enum Wrong {
    Answer(Error),
    Time(String),
    Thread(&'static str),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Answer(error)
    }
}

impl Wrong {
    fn into_exception(self, py: Python<'_>, kept: Kept) -> PyErr {
        match self {
            Self::Answer(error) => errors::of_query(py, &error, kept),
            Self::Time(text) => PyValueError::new_err(text),
            Self::Thread(text) => PyRuntimeError::new_err(text),
        }
    }
}

/// If `unit` is set, converts the times of the answer from this unit to nanoseconds.
fn in_nanoseconds(mut answer: Answer, unit: Option<i64>) -> Result<Answer, Wrong> {
    if let Some(unit) = unit {
        times::to_nanoseconds(&mut answer, unit).map_err(Wrong::Time)?;
    }
    Ok(answer)
}
