//! Reads the data that was passed to `write`. The data can be text, mappings, objects of classes
//! with a schema, tables, and iterables of all of these.
//!
//! Points are numbered from 0 in the order in which they are read, even if the data is nested.
//! Error messages and the server's refusals identify points by these numbers.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};

use crate::dicts::Before;
use crate::frame::{Roles, Table};
use crate::limits::Limits;
use crate::place::{Place, type_name};
use crate::sink::Sink;
use crate::values::string;
use crate::{almost, dicts, frame, typed};

/// The maximum depth of nested iterables, which exists because an iterable that contains itself
/// would never end.
const MAX_DEPTH: usize = 100;
/// The number of items in an iterable that are encoded between two signal checks.
const SIGNAL_ITEMS: u64 = 4096;

/// The part of a call's data that has not been encoded yet.
pub(crate) struct Input {
    roles: Roles,
    /// The data of the call, until its type has been examined.
    whole: Option<Py<PyAny>>,
    /// The nested iterables that are being read, from the outermost to the innermost.
    open: Vec<Py<PyIterator>>,
    /// The number of items read so far. Items are counted instead of points, because an iterable
    /// may contain only empty lists.
    items: u64,
    /// The number of items in the data if the data is a list or a tuple, and otherwise 0.
    expected: u64,
}

/// The reason why the encoding of data stopped.
pub(crate) enum Filled {
    /// The encoded lines are enough for a batch, and there may be more data.
    Batch,
    /// The next item is a table with many rows, and there may be more data after this table.
    Table(Box<Table>),
    /// All data of the call has been encoded.
    End,
}

/// The data that the points of a call reuse from earlier points.
#[derive(Default)]
struct Seen<'py> {
    dicts: Before<'py>,
    typed: typed::Last<'py>,
}

impl Input {
    pub(crate) fn new(data: Bound<'_, PyAny>, roles: Roles) -> Self {
        Self {
            roles,
            whole: Some(data.unbind()),
            open: Vec::new(),
            items: 0,
            expected: 0,
        }
    }

    /// If the data is a list or a tuple of points, returns the number of points, and otherwise 0.
    pub(crate) fn expected(&self) -> u64 {
        self.expected
    }

    /// Returns whether all data is known to have been read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.whole.is_none() && self.open.is_empty()
    }

    /// Encodes data until the encoded lines are enough for a batch. If the data is an iterable, the
    /// limit is checked after each item. Other data is encoded completely.
    pub(crate) fn fill(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        limits: Limits,
    ) -> PyResult<Filled> {
        let mut before = Seen::default();
        if let Some(data) = self.whole.take() {
            let data = data.bind(py);
            let table = self.push(data, sink, &mut before, limits)?;
            if data.is_exact_instance_of::<PyList>() || data.is_exact_instance_of::<PyTuple>() {
                self.expected = data.len()? as u64;
            }
            if let Some(table) = table {
                return Ok(Filled::Table(table));
            }
        }
        while let Some(innermost) = self.open.last() {
            let mut items = innermost.bind(py).clone();
            let depth = self.open.len();
            while self.open.len() == depth {
                let Some(item) = items.next() else {
                    self.open.pop();
                    break;
                };
                let table = self.push(&item?, sink, &mut before, limits)?;
                self.items += 1;
                if self.items.is_multiple_of(SIGNAL_ITEMS) {
                    py.check_signals()?;
                }
                if let Some(table) = table {
                    return Ok(Filled::Table(table));
                }
                if limits.reached(&sink.encoder) {
                    return Ok(Filled::Batch);
                }
            }
        }
        Ok(Filled::End)
    }

    /// Encodes `data`. An iterable is only opened, and a table with many rows is returned. The
    /// table is returned in a box, because most calls are for a single point.
    fn push<'py>(
        &mut self,
        data: &Bound<'py, PyAny>,
        sink: &mut Sink,
        before: &mut Seen<'py>,
        limits: Limits,
    ) -> PyResult<Option<Box<Table>>> {
        if let Ok(point) = data.cast_exact::<PyDict>() {
            self.push_mapping(sink, before, point)?;
        } else if let Ok(items) = data.cast_exact::<PyList>() {
            if items.len() == 2 {
                let (first, second) = (items.get_item(0)?, items.get_item(1)?);
                almost::check_list(&first, &second, sink.encoder.next_index())?;
            }
            self.begin(data)?;
        } else if data.is_exact_instance_of::<PyTuple>() {
            match almost::pair(data, sink.encoder.next_index())? {
                Some((name, table)) => {
                    return frame::push(sink, &self.roles, &table, name, limits.lines);
                }
                None => self.begin(data)?,
            }
        } else if typed::push(sink, &mut before.typed, data)? {
        } else if let Ok(text) = data.cast::<PyString>() {
            let place = Place::of(sink.encoder.next_index(), "line protocol");
            sink.push_lines(string(text, place)?.as_bytes())?;
        } else if let Ok(text) = data.cast::<PyBytes>() {
            sink.push_lines(text.as_bytes())?;
        } else if let Ok(text) = data.cast::<PyByteArray>() {
            sink.push_lines(&text.to_vec())?;
        } else if frame::is_frame(data)? {
            let name = almost::own_name(data);
            return frame::push(sink, &self.roles, data, name, limits.lines);
        } else if let Some(point) = dicts::of_mapping(data)? {
            self.push_mapping(sink, before, &point)?;
        } else {
            self.open(data, sink)?;
        }
        Ok(None)
    }

    /// Encodes a mapping that is a point, or starts to read a mapping that contains tables by name.
    #[inline]
    fn push_mapping<'py>(
        &mut self,
        sink: &mut Sink,
        before: &mut Seen<'py>,
        point: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        match dicts::push(sink, &mut before.dicts, point) {
            Ok(()) => Ok(()),
            Err(error) => self.push_tables(point, error),
        }
    }

    /// Starts to read a mapping of tables, or returns the error for a mapping that is neither a
    /// point nor contains only tables.
    #[cold]
    fn push_tables(&mut self, point: &Bound<'_, PyDict>, error: PyErr) -> PyResult<()> {
        match almost::tables(point)? {
            Some(items) => self.begin(&items),
            None => Err(almost::with_hint(point, error)),
        }
    }

    /// If the data is an iterable, starts to read it.
    fn open(&mut self, data: &Bound<'_, PyAny>, sink: &mut Sink) -> PyResult<()> {
        let py = data.py();
        if data.hasattr(intern!(py, "to_lineprotocol"))? {
            // The method `to_lineprotocol` is an attribute of the object itself and not of the
            // object's class.
            return typed::push_by_method(sink, data);
        }
        almost::check(data, sink.encoder.next_index())?;
        if self.open.len() < MAX_DEPTH && !almost::is_iterable(data)? {
            return Err(PyValueError::new_err(format!(
                "Invalid input at point {}: expected line protocol, a mapping, a DataFrame, an \
                 object of a class with @lineprotocol or an iterable of these, got `{}`{}",
                sink.encoder.next_index(),
                type_name(data),
                hint(data)?
            )));
        }
        self.begin(data)
    }

    fn begin(&mut self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(PyValueError::new_err(format!(
                "Invalid input: iterables are nested more than {MAX_DEPTH} deep"
            )));
        }
        self.open.push(data.try_iter()?.unbind());
        Ok(())
    }
}

/// Returns a hint for data that must be awaited, which only `write` in `async` mode can do.
fn hint(data: &Bound<'_, PyAny>) -> PyResult<&'static str> {
    let py = data.py();
    Ok(if data.hasattr(intern!(py, "__aiter__"))? {
        "; an async iterable can be written only with `await client.write(...)` in `async` mode, and \
         not inside another iterable; hint: pass a list: [point async for point in points]"
    } else if data.hasattr(intern!(py, "__await__"))? {
        "; hint: await it first"
    } else {
        ""
    })
}
