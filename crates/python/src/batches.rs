//! The lines of what the user hands in, batch by batch.
//!
//! Points of mappings, objects and text come from the caller's thread, tables from threads that work
//! ahead. Nothing is read, and nothing is kept, beyond what the next batches need.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};

use aioinflux::Batch;
use aioinflux::engine::Workers;
use aioinflux::frame::FrameOptions;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::batch::Encoded;
use crate::errors;
use crate::exit;
use crate::frame::{Table, count, refusal};
use crate::input::Input;
use crate::memory::Lease;
use crate::points::Points;
use crate::server::Server;

create_exception!(
    aioinflux._core,
    Pause,
    PyException,
    "Raised when the data of `Batches` has to be waited for; the next call continues."
);

#[doc = docstring!("Batches")]
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Batches {
    state: Mutex<State>,
    /// Points that were handed out, skipped ones too. Not in the state, which is locked for as long
    /// as a batch is made: to wait for that here would be to wait with the GIL.
    rows: AtomicU64,
    at_end: AtomicBool,
}

/// The data of one call on its way to batches.
pub(crate) struct State {
    input: Input,
    pub(crate) points: Lease,
    limits: Limits,
    table: Option<Reading>,
    /// Lines of text that were more than a batch, and how many of them are gone.
    rest: Option<(Batch, usize)>,
    /// Whether the input may have more.
    more: bool,
    warned: bool,
    /// Calls of Python between this iterator and the user.
    frames: i32,
}

/// What data has next.
pub(crate) enum Step {
    Batch(Batch),
    /// A table of many rows; all points before it are out.
    Table(Table),
    End,
}

/// Where batches end, and who makes them.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) lines: usize,
    pub(crate) bytes: usize,
    pub(crate) threads: Option<usize>,
}

/// A table whose rows are on their way.
struct Reading {
    table: Table,
    workers: Workers,
    /// The point that its first row is.
    first: u64,
    /// The point that its next row is.
    next: u64,
    at_end: bool,
    /// Why it cannot be read on; told when all rows before are out.
    failed: Option<PyErr>,
    /// The batch before the last, which waits to learn whether it is the last.
    ahead: Option<Batch>,
}

#[pymethods]
impl Batches {
    #[new]
    #[pyo3(signature = (data, measurement=None, tag_columns=None, extra_tags=None,
        time_column=None, measurement_column=None, batch_lines=None, batch_bytes=None,
        threads=None, frames=0, default_tags=None, time_unit=None, stamp=false, *,
        server))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the Python function"
    )]
    fn new(
        data: Bound<'_, PyAny>,
        measurement: Option<&Bound<'_, PyAny>>,
        tag_columns: Option<Vec<Py<PyAny>>>,
        extra_tags: Option<&Bound<'_, PyDict>>,
        time_column: Option<Py<PyAny>>,
        measurement_column: Option<Py<PyAny>>,
        batch_lines: Option<i64>,
        batch_bytes: Option<i64>,
        threads: Option<i64>,
        frames: i32,
        default_tags: Option<&Bound<'_, PyDict>>,
        time_unit: Option<&str>,
        stamp: bool,
        server: Server,
    ) -> PyResult<Self> {
        exit::protect_thread();
        let mut points = Points::begin(
            server.dialect(),
            measurement,
            tag_columns,
            extra_tags,
            default_tags,
        )?;
        points.time_column = time_column;
        points.measurement_column = measurement_column;
        points.times.begin(time_unit)?;
        points.set_stamp(stamp);
        let limits = Limits {
            lines: positive("batch_lines", batch_lines)?.unwrap_or(FrameOptions::BATCH_LINES),
            bytes: positive("batch_bytes", batch_bytes)?.unwrap_or(FrameOptions::BATCH_BYTES),
            threads: positive("threads", threads)?,
        };
        points.leaves_tables = Some(limits.lines);
        let state = State::new(Input::new(data), points, limits, frames);
        Ok(Self {
            state: Mutex::new(state),
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
        let mut state = match slf.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            // To wait for another thread here would be to wait with the GIL.
            Err(TryLockError::WouldBlock) => {
                return Err(PyValueError::new_err(
                    "the iterator is in use by another thread",
                ));
            }
        };
        let next = state.next(py).map_err(|error| errors::no_end(py, error));
        if let Err(error) = &next
            && !error.is_instance_of::<Pause>(py)
        {
            state.close();
        }
        slf.at_end.store(state.is_at_end(), Ordering::Relaxed);
        Ok(next?.map(|batch| {
            let rows = batch.len() as u64 + batch.skipped();
            slf.rows.fetch_add(rows, Ordering::Relaxed);
            Encoded::new(batch, Some(state.points.spares.clone()))
        }))
    }

    #[doc = docstring!("Batches.rows")]
    #[getter]
    fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Whether it is known that no batch comes any more.
    #[getter]
    fn at_end(&self) -> bool {
        self.at_end.load(Ordering::Relaxed)
    }
}

impl Drop for Batches {
    /// It may hold the last reference to a generator of the user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

pub(crate) fn positive(name: &str, value: Option<i64>) -> PyResult<Option<usize>> {
    let checked = |value| usize::try_from(value).ok().filter(|value| *value > 0);
    let refuse = |value| {
        PyValueError::new_err(format!(
            "argument `{name}`: expected a positive number, got {value}"
        ))
    };
    value
        .map(|value| checked(value).ok_or_else(|| refuse(value)))
        .transpose()
}

impl State {
    /// `points` may hold lines already; `frames` is the number of calls between the user and this
    /// module, for warnings.
    pub(crate) fn new(input: Input, points: Lease, limits: Limits, frames: i32) -> Self {
        Self {
            input,
            points,
            limits,
            table: None,
            rest: None,
            more: true,
            warned: false,
            frames,
        }
    }

    /// How many points there are in all, those handed out too, as far as that is known: at least
    /// what a list or a table has.
    pub(crate) fn expected(&self) -> u64 {
        let table = self.table.as_ref().map(|reading| {
            let rows = reading.table.expected().unwrap_or(0) as u64;
            reading.first + rows
        });
        self.input.expected().max(table.unwrap_or(0))
    }

    /// Takes a batch back that is no longer needed, for its memory.
    pub(crate) fn put_back(&self, batch: Batch) {
        self.points.spares.put(batch);
    }

    /// The next batch; `None` at the end.
    pub(crate) fn next(&mut self, py: Python<'_>) -> PyResult<Option<Batch>> {
        loop {
            match self.step(py)? {
                Step::Batch(batch) => return Ok(Some(batch)),
                Step::Table(table) => self.open_table(table),
                Step::End => return Ok(None),
            }
        }
    }

    /// What comes next. A table is the caller's, who may give it back to [`Self::open_table`].
    pub(crate) fn step(&mut self, py: Python<'_>) -> PyResult<Step> {
        py.check_signals()?;
        let batch = loop {
            if self.table.is_some() {
                if let Some(batch) = self.next_of_table(py)? {
                    break Some(batch);
                }
            } else if let Some(batch) = self.next_of_rest() {
                break Some(batch);
            } else if self.is_drained()
                && let Some(table) = self.points.table.take()
            {
                return Ok(Step::Table(table));
            } else if self.points.table.is_some() || self.is_full() || !self.more {
                break self.next_of_points();
            } else {
                let limits = self.limits;
                let full = |points: &Points| points.table.is_some() || limits.reached(points);
                self.more = self.input.fill(py, &mut self.points, full)?;
            }
        };
        if let Some(batch) = &batch {
            self.points.note_undated(py, batch);
        }
        if self.is_at_end() && !self.warned {
            self.warned = true;
            self.points.warn(py, self.frames)?;
        }
        Ok(batch.map_or(Step::End, Step::Batch))
    }

    /// Whether the caller's thread makes all batches.
    pub(crate) fn has_one_thread(&self) -> bool {
        self.frame_options().thread_count() == 1
    }

    /// How many lines make a batch.
    pub(crate) fn lines(&self) -> usize {
        self.limits.lines
    }

    fn is_full(&self) -> bool {
        self.limits.reached(&self.points)
    }

    /// Whether all points before the table, or before the end, are out: skipped ones too.
    fn is_drained(&self) -> bool {
        let batch = self.points.encoder.batch();
        batch.is_empty() && batch.skipped() == 0
    }

    fn is_at_end(&self) -> bool {
        !self.more
            && self.is_drained()
            && self.table.is_none()
            && self.points.table.is_none()
            && self.rest.is_none()
    }

    fn frame_options(&self) -> FrameOptions {
        let options = FrameOptions::new(self.points.encoder.options())
            .batch_lines(self.limits.lines)
            .batch_bytes(self.limits.bytes);
        match self.limits.threads {
            Some(threads) => options.threads(threads),
            None => options,
        }
    }

    /// Makes batches of a table before all else.
    pub(crate) fn open_table(&mut self, table: Table) {
        let options = self.frame_options();
        let encoder = &self.points.encoder;
        self.table = Some(Reading {
            workers: Workers::new(table.layout.clone(), options, self.points.spares.clone())
                .on_thread_start(exit::protect_thread),
            table,
            first: encoder.next_index(),
            next: encoder.next_index(),
            at_end: false,
            failed: None,
            ahead: None,
        });
    }

    /// The next batch of the table; `None` when there is none, and the table is done.
    fn next_of_table(&mut self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let Some(reading) = &mut self.table else {
            return Ok(None);
        };
        loop {
            reading.read_ahead(py, &mut self.points, self.limits.lines);
            match py.detach(|| reading.workers.next()) {
                Some(Ok(batch)) if reading.at_end => {
                    if let Some(before) = reading.ahead.replace(batch) {
                        return Ok(Some(before));
                    }
                }
                Some(Ok(batch)) => return Ok(Some(batch)),
                Some(Err(error)) => {
                    reading.at_end = true;
                    reading.failed = Some(refusal(error));
                }
                None if reading.at_end => break,
                None => {}
            }
        }
        if let Some(last) = reading.ahead.take_if(|_| reading.failed.is_some()) {
            return Ok(Some(last));
        }
        if let Some(error) = reading.failed.take() {
            return Err(error);
        }
        if let Some(removed) = reading.workers.removed_newlines() {
            if self.points.removed.count == 0 {
                self.points.removed.first.clone_from(&removed.first);
            }
            self.points.removed.count += removed.count;
        }
        self.points.encoder.set_next_index(reading.next);
        let last = reading.ahead.take();
        self.table = None;
        Ok(last)
    }

    /// The next batch of lines that came as one text.
    fn next_of_rest(&mut self) -> Option<Batch> {
        let (batch, gone) = self.rest.as_mut()?;
        let end = *gone + self.limits.fitting(batch, *gone);
        let part = batch.part(*gone..end, self.points.spares.get(batch.dialect()));
        *gone = end;
        if end == batch.len() {
            self.rest = None;
        }
        Some(part)
    }

    /// The lines in the encoder, or as many as make a batch.
    fn next_of_points(&mut self) -> Option<Batch> {
        let Points {
            encoder, spares, ..
        } = &mut *self.points;
        let dialect = encoder.options().dialect();
        let (lines, skipped) = (encoder.batch().len(), encoder.batch().skipped());
        let fitting = self.limits.fitting(encoder.batch(), 0);
        if lines == 0 && skipped == 0 {
            None
        } else if lines > fitting + 1 {
            let whole = encoder.take_lines(lines, spares.get(dialect));
            self.rest = Some((whole, 0));
            self.next_of_rest()
        } else {
            Some(encoder.take_lines(fitting, spares.get(dialect)))
        }
    }

    /// Gives up: an iterator that failed has no more.
    fn close(&mut self) {
        self.table = None;
        self.rest = None;
        self.points.table = None;
        self.points.encoder.clear();
        self.more = false;
        self.warned = true;
    }
}

impl Reading {
    fn read_ahead(&mut self, py: Python<'_>, points: &mut Points, lines: usize) {
        while !self.at_end && self.workers.has_room() {
            match self.table.read(py, points, self.next, lines) {
                Ok(Some(pieces)) => {
                    let first = self.next;
                    self.next += count(&pieces);
                    self.at_end = self.table.is_at_end();
                    self.workers.push(pieces, first, self.at_end);
                }
                Ok(None) => self.at_end = true,
                Err(error) => {
                    self.at_end = true;
                    self.failed = Some(error);
                }
            }
        }
    }
}

impl Limits {
    /// Whether the points make a batch.
    pub(crate) fn reached(self, points: &Points) -> bool {
        let batch = points.encoder.batch();
        let rows = batch.len() as u64 + batch.skipped();
        rows >= self.lines as u64 || points.encoder.len_bytes() > self.bytes
    }

    /// How many lines from `start` on make a batch; 1 at least, unless there is none.
    fn fitting(self, batch: &Batch, start: usize) -> usize {
        let ends = &batch.ends()[start..];
        let from = if start == 0 {
            0
        } else {
            batch.ends()[start - 1]
        };
        let lines = ends.partition_point(|end| end - from <= self.bytes);
        lines.max(1).min(self.lines).min(ends.len())
    }
}
