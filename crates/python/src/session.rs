//! Defines a session, which is one call of `write` or of a function that encodes without a server.
//! The session produces the lines of the call, batch by batch.
//!
//! Points from mappings, objects and text are encoded on the caller's thread, and tables are
//! encoded on threads that work ahead. A session reads and keeps only the data that the next
//! batches need.

use aioinflux::Batch;
use aioinflux::engine::Workers;
use aioinflux::frame::FrameOptions;
use pyo3::prelude::*;

use crate::arguments::Arguments;
use crate::exit;
use crate::frame::{Table, count, refusal};
use crate::input::{Filled, Input};
use crate::limits::Limits;
use crate::server::Server;
use crate::sink::{Lease, Sink};

/// A call that encodes data: its data, its arguments, and the lines encoded so far.
pub(crate) struct Session {
    input: Input,
    pub(crate) sink: Lease,
    limits: Limits,
    /// A table with many rows that comes after the points in the sink.
    waiting: Option<Box<Table>>,
    /// The table whose rows are returned next.
    table: Option<Box<Reading>>,
    /// Lines from one string that do not fit into one batch, and the number of those lines that
    /// were already returned.
    rest: Option<Box<(Batch, usize)>>,
    warned: bool,
    /// Whether the session was closed after an error, so that it has no more batches.
    closed: bool,
}

/// The result of one step of a session.
pub(crate) enum Step {
    Batch(Batch),
    /// A table with many rows comes next, and all points before this table have been returned.
    Table(Box<Table>),
    End,
}

/// A table whose rows are being encoded.
struct Reading {
    table: Box<Table>,
    workers: Workers,
    /// The point number of the first row in the table.
    first: u64,
    /// The point number of the next row that is read from the table.
    next: u64,
    at_end: bool,
    /// The error that prevents further rows of the table from being read. The table's error is
    /// raised after all rows before it have been returned.
    failed: Option<PyErr>,
    /// The most recent batch of the table, if all rows of the table have been read. The most recent
    /// batch is held back until it is known whether it is the last batch.
    ahead: Option<Batch>,
}

impl Session {
    /// Begins a call, whose lines are written for `server`. `limits` contains the default limits,
    /// which apply if the call's arguments set no limits.
    pub(crate) fn begin(
        data: Bound<'_, PyAny>,
        arguments: &Arguments,
        server: Server,
        limits: Limits,
    ) -> PyResult<Self> {
        let py = data.py();
        let limits = arguments.limits(py, limits)?;
        let (sink, roles) = arguments.begin(py, server)?;
        Ok(Self {
            input: Input::new(data, roles),
            sink,
            limits,
            waiting: None,
            table: None,
            rest: None,
            warned: false,
            closed: false,
        })
    }

    /// Encodes enough data for one batch, and returns whether this batch contains all data. If one
    /// batch holds all the data of the call, the lines stay in the sink. Most calls are short, and
    /// need none of the later steps.
    pub(crate) fn finish_early(&mut self, py: Python<'_>) -> PyResult<bool> {
        self.fill(py)?;
        if !self.input.is_at_end() || self.waiting.is_some() {
            return Ok(false);
        }
        self.sink.note_undated(py);
        self.warned = true;
        self.sink.warn(py)?;
        Ok(true)
    }

    fn fill(&mut self, py: Python<'_>) -> PyResult<()> {
        if let Filled::Table(table) = self.input.fill(py, &mut self.sink, self.limits)? {
            self.waiting = Some(table);
        }
        Ok(())
    }

    /// Returns the total number of points, including points that were already returned. If the
    /// number is not known, it is at least the length of a list or table.
    pub(crate) fn expected(&self) -> u64 {
        let table = self.table.as_ref().map(|reading| {
            let rows = reading.table.expected().unwrap_or(0) as u64;
            reading.first + rows
        });
        self.input.expected().max(table.unwrap_or(0))
    }

    /// Takes back a batch that the caller no longer needs, so that the batch's memory can be
    /// reused.
    pub(crate) fn put_back(&self, batch: Batch) {
        self.sink.spares.put(batch);
    }

    /// Returns the next batch of the session. Returns `None` if the session has no more batches.
    pub(crate) fn next(&mut self, py: Python<'_>) -> PyResult<Option<Batch>> {
        loop {
            match self.step(py)? {
                Step::Batch(batch) => return Ok(Some(batch)),
                Step::Table(table) => self.open_table(table),
                Step::End => return Ok(None),
            }
        }
    }

    /// Returns the next step of the session. If the next step is a table, the caller receives the
    /// table and may pass it to [`Self::open_table`].
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
                && let Some(table) = self.waiting.take()
            {
                return Ok(Step::Table(table));
            } else if self.waiting.is_some() || self.is_full() || self.has_no_input() {
                break self.next_of_points();
            } else {
                self.fill(py)?;
            }
        };
        if let Some(batch) = &batch {
            self.sink.warnings.note_undated(py, batch);
        }
        if !self.closed && !self.warned && self.is_at_end() {
            self.warned = true;
            self.sink.warn(py)?;
        }
        Ok(batch.map_or(Step::End, Step::Batch))
    }

    /// Returns whether the caller's thread encodes all batches without the help of other threads.
    pub(crate) fn has_one_thread(&self) -> bool {
        self.frame_options().thread_count() == 1
    }

    /// Returns the number of lines at which a batch is full.
    pub(crate) fn lines(&self) -> usize {
        self.limits.lines
    }

    fn is_full(&self) -> bool {
        self.limits.reached(&self.sink.encoder)
    }

    /// Returns whether all points that were encoded so far have been returned, including the
    /// skipped points.
    fn is_drained(&self) -> bool {
        let batch = self.sink.encoder.batch();
        batch.is_empty() && batch.skipped() == 0
    }

    fn has_no_input(&self) -> bool {
        self.closed || self.input.is_at_end()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.has_no_input()
            && self.is_drained()
            && self.table.is_none()
            && self.waiting.is_none()
            && self.rest.is_none()
    }

    fn frame_options(&self) -> FrameOptions {
        self.limits.of_tables(self.sink.encoder.options())
    }

    /// Begins to encode batches of `table`, which the session returns before any other data.
    pub(crate) fn open_table(&mut self, table: Box<Table>) {
        let options = self.frame_options();
        let encoder = &self.sink.encoder;
        self.table = Some(Box::new(Reading {
            workers: Workers::new(table.layout.clone(), options, self.sink.spares.clone())
                .on_thread_start(exit::protect_thread),
            table,
            first: encoder.next_index(),
            next: encoder.next_index(),
            at_end: false,
            failed: None,
            ahead: None,
        }));
    }

    /// Returns the next batch of the table that is being read. Returns `None` if the table has no
    /// more batches.
    fn next_of_table(&mut self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let Some(reading) = &mut self.table else {
            return Ok(None);
        };
        loop {
            reading.read_ahead(py, &mut self.sink, self.limits.lines);
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
            self.sink.warnings.note_removed(removed);
        }
        self.sink.encoder.set_next_index(reading.next);
        let last = reading.ahead.take();
        self.table = None;
        Ok(last)
    }

    /// Returns the next batch of the lines that were passed in a single string.
    fn next_of_rest(&mut self) -> Option<Batch> {
        let (batch, gone) = &mut **self.rest.as_mut()?;
        let end = *gone + self.limits.fitting(batch, *gone);
        let part = batch.part(*gone..end, self.sink.spares.get(batch.dialect()));
        *gone = end;
        if end == batch.len() {
            self.rest = None;
        }
        Some(part)
    }

    /// Returns the lines in the encoder as a batch, or as many of them as fit into a batch.
    fn next_of_points(&mut self) -> Option<Batch> {
        let Sink {
            encoder, spares, ..
        } = &mut *self.sink;
        let dialect = encoder.options().dialect();
        let (lines, skipped) = (encoder.batch().len(), encoder.batch().skipped());
        let fitting = self.limits.fitting(encoder.batch(), 0);
        if lines == 0 && skipped == 0 {
            None
        } else if lines > fitting + 1 {
            let whole = encoder.take_lines(lines, spares.get(dialect));
            self.rest = Some(Box::new((whole, 0)));
            self.next_of_rest()
        } else {
            Some(encoder.take_lines(fitting, spares.get(dialect)))
        }
    }

    /// Ends the session after an error, because an iterator that has raised an error has no more
    /// items.
    pub(crate) fn close(&mut self) {
        self.table = None;
        self.rest = None;
        self.waiting = None;
        self.sink.encoder.clear();
        self.closed = true;
    }
}

impl Reading {
    fn read_ahead(&mut self, py: Python<'_>, sink: &mut Sink, lines: usize) {
        while !self.at_end && self.workers.has_room() {
            match self.table.read(py, sink, self.next, lines) {
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
