//! Lines of what the user hands in, and points of lines: no server is needed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};

pub(crate) use crate::batch::Encoded;
use crate::batches::{Limits, State, positive};
use crate::errors;
use crate::exit;
use crate::input::Input;
use crate::place::Place;
use crate::points::Points;
use crate::server::Server;
use crate::times::Times;
use crate::whole::joined;

/// Points in a batch: of the usual lines these are fewer bytes than the next limit.
const BATCH_LINES: usize = 2_000;
/// Bytes in a batch, which is copied once: it should be in the processor's cache by then.
const BATCH_BYTES: usize = 1 << 20;

#[doc = docstring!("to_line_protocol")]
#[expect(clippy::doc_markdown, reason = "a docstring of Python")]
// No function of Python stands before it: that one took a sixth of the time of a call with a point.
#[pyfunction]
#[pyo3(signature = (data, measurement=None, tag_columns=None, *, time_column=None,
    measurement_column=None, time_unit=None, tags=None, stamp=false, threads=None,
    server=Server::V1, **extra_tags), text_signature = "(data, measurement=None, tag_columns=None, *, \
    time_column=None, measurement_column=None, time_unit=None, tags=None, stamp=False, \
    threads=None, server='1.x', **extra_tags)")]
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of the Python function"
)]
pub(crate) fn to_line_protocol<'py>(
    data: Bound<'py, PyAny>,
    measurement: Option<&Bound<'py, PyAny>>,
    tag_columns: Option<&Bound<'py, PyAny>>,
    time_column: Option<Py<PyAny>>,
    measurement_column: Option<Py<PyAny>>,
    time_unit: Option<&Bound<'py, PyAny>>,
    tags: Option<&Bound<'py, PyAny>>,
    stamp: bool,
    threads: Option<&Bound<'py, PyAny>>,
    server: Server,
    extra_tags: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyBytes>> {
    exit::protect_thread();
    let py = data.py();
    let helpers = || py.import("aioinflux._lines");
    if let Some(extra_tags) = &extra_tags {
        check_tags(extra_tags)?;
    }
    let extra_tags = match tags {
        Some(tags) => Some(
            helpers()?
                .call_method1("_with", (tags, extra_tags))?
                .cast_into()?,
        ),
        None => extra_tags,
    };
    let tag_columns = match tag_columns {
        Some(columns) => {
            let checks = py.import("aioinflux._arguments")?;
            let names = checks.call_method1("names", ("tag_columns", columns))?;
            Some(names.extract()?)
        }
        None => None,
    };
    let limits = Limits {
        lines: BATCH_LINES,
        bytes: BATCH_BYTES,
        threads: match threads {
            Some(threads) => number_of_threads(threads)?,
            None => None,
        },
    };
    let mut points = Points::begin(
        server.dialect(),
        measurement,
        tag_columns,
        extra_tags.as_ref(),
        None,
    )?;
    points.time_column = time_column;
    points.measurement_column = measurement_column;
    if let Some(unit) = time_unit {
        let checks = py.import("aioinflux._arguments")?;
        let unit = checks.call_method1("unit", ("time_unit", unit))?;
        points.times.begin(Some(unit.extract()?))?;
    }
    points.set_stamp(stamp);
    points.leaves_tables = Some(limits.lines);
    let mut input = Input::new(data);
    let enough = |points: &Points| points.table.is_some() || limits.reached(points);
    let more = input.fill(py, &mut points, enough);
    let more = more.map_err(|error| errors::no_end(py, error))?;
    let (lines, skipped) = if more || points.table.is_some() {
        joined(py, State::new(input, points, limits, 0))
            .map_err(|error| errors::no_end(py, error))?
    } else {
        points.note_lines(py);
        points.warn(py, 0)?;
        let batch = points.encoder.batch();
        (PyBytes::new(py, batch.bytes()), batch.skipped())
    };
    if skipped > 0 {
        helpers()?.call_method1("_skipped", (skipped,))?;
    }
    if lines.as_bytes().starts_with("\u{feff}".as_bytes()) {
        // Here it begins a measurement. A blank line before it says so to whoever reads text.
        return Ok(PyBytes::new(py, &[b"\n", lines.as_bytes()].concat()));
    }
    Ok(lines)
}

fn number_of_threads(threads: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let py = threads.py();
    let checks = py.import("aioinflux._arguments")?;
    checks.call_method1("positive", ("threads", threads))?;
    positive("threads", Some(threads.extract()?))
}

/// Refuses keywords that other clients read as something else than tags.
fn check_tags(extra_tags: &Bound<'_, PyDict>) -> PyResult<()> {
    static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let check = CHECK.import(extra_tags.py(), "aioinflux._keywords", "check_tags")?;
    check.call1((extra_tags,)).map(drop)
}

/// The nanoseconds since 1970 in UTC that a time stands for.
#[pyfunction]
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    exit::protect_thread();
    Times::default().nanoseconds(time, Place::argument("time"))
}
