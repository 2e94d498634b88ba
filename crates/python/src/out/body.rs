//! Answers that are in memory already.

use std::sync::{Mutex, PoisonError};

use aioinflux::decode::Format;
use aioinflux::{Answer, AnswerParser, Batches, Error, parse_batches};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

use super::{PyAnswer, divisor, json, times};
use crate::errors::{self, Kept};
use crate::place::type_name;

/// What is decoded before signals are looked for.
const PIECE: usize = 256 << 20;

/// The body of an answer, readable without the GIL. `bytes` are not copied.
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
        _ => Err(PyValueError::new_err(format!(
            "argument `content_type`: expected application/json or application/x-msgpack, \
             got `{content_type}`"
        ))),
    }
}

/// The decoded answer in `body`, whose times are in units of `epoch`, as nanoseconds if `frame`.
#[pyfunction]
pub(crate) fn parse_answer(
    py: Python<'_>,
    body: &Bound<'_, PyAny>,
    content_type: &str,
    epoch: &str,
    frame: bool,
) -> PyResult<PyAnswer> {
    let body = bytes_of(body)?;
    let mut parser = AnswerParser::new(format_of(content_type)?);
    let unit = divisor(epoch)?;
    for piece in body.chunks(PIECE) {
        py.detach(|| parser.feed(piece));
        py.check_signals()?;
    }
    let answer = py.detach(|| in_nanoseconds(parser.finish()?, frame.then_some(unit)));
    let answer = answer.map_err(|wrong| wrong.into_exception(py, Kept::Answer))?;
    Ok(PyAnswer::with_unit(answer, if frame { 1 } else { unit }))
}

/// The JSON in `body` as Python objects; the documents of a chunked answer as one.
#[pyfunction]
pub(crate) fn parse_json(py: Python<'_>, body: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let body = bytes_of(body)?;
    let checked = py.detach(|| aioinflux::check_answer(&body));
    checked.map_err(|error| {
        let result = json::parse(py, &body).unwrap_or_else(|_| py.None());
        errors::with_result(py, &error, result)
    })?;
    json::parse(py, &body)
}

/// The batches of an answer in memory, one by one.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Pieces {
    batches: Mutex<Batches<PyBackedBytes>>,
    unit: Option<i64>,
}

#[pymethods]
impl Pieces {
    #[new]
    fn new(
        body: &Bound<'_, PyAny>,
        content_type: &str,
        epoch: &str,
        frame: bool,
    ) -> PyResult<Self> {
        let batches = parse_batches(bytes_of(body)?, format_of(content_type)?);
        let unit = divisor(epoch)?;
        Ok(Self {
            batches: Mutex::new(batches),
            unit: frame.then_some(unit),
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<PyAnswer>> {
        py.check_signals()?;
        let next = py.detach(|| {
            let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            batches
                .next()
                .map(|answer| in_nanoseconds(answer?, self.unit))
        });
        let answer = next.transpose();
        let answer = answer.map_err(|wrong| wrong.into_exception(py, Kept::Nothing))?;
        Ok(answer.map(PyAnswer::new))
    }
}

/// Why there is no answer to give.
enum Wrong {
    Answer(Error),
    Time(String),
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
        }
    }
}

/// The answer with its times in nanoseconds, where they come in a unit.
fn in_nanoseconds(mut answer: Answer, unit: Option<i64>) -> Result<Answer, Wrong> {
    if let Some(unit) = unit {
        times::to_nanoseconds(&mut answer, unit).map_err(Wrong::Time)?;
    }
    Ok(answer)
}
