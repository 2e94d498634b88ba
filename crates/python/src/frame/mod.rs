//! Reads tables as Arrow data, one range of rows at a time. The engine turns the Arrow data that
//! this module reads into lines.
//!
//! | file | knows |
//! |---|---|
//! | `pandas` | DataFrames: index, labels, what each dtype is held in |
//! | `structured` | structured arrays of numpy |
//! | `stream` | everything that speaks Arrow's C data interface: polars, pyarrow, `DuckDB` |
//! | `part` | a range of rows |
//! | `reader` | where the batches of such a table come from |
//! | `columns` | a column that is held in numpy or Arrow, and a range of its rows |
//! | `objects` | cells that are Python objects |
//! | `texts` | columns that stand where text belongs, such as tags |
//! | `roles` | what the arguments of a call make of columns |
//! | `layout` | names of columns, and what each is for |
//! | `dtypes` | the types of numpy that columns have |
//!
//! Numeric numpy columns are copied range by range. If they were not copied, another thread could
//! change the data while it is read without the GIL. Columns in Arrow memory are shared and not
//! copied. Columns whose type has no fast path are read cell by cell.

mod columns;
mod dtypes;
mod layout;
mod objects;
mod pandas;
mod part;
mod reader;
mod roles;
mod stream;
mod structured;
mod texts;

use std::sync::Arc;

use aioinflux::frame::{FrameEncoder, FrameError, FrameLayout};
use aioinflux::unique_times;
use arrow_array::{Array as _, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{Field, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::sink::{Sink, refused};
use columns::Columns;
pub(crate) use roles::Roles;
use stream::Stream;

/// The maximum number of rows of a table that is always encoded at once, so that many small tables
/// can share a batch.
const SMALL: usize = 1024;
/// The number of rows that are encoded between two signal checks, if the caller makes no batches.
const RANGE: usize = 8192;

/// A table whose rows are read one range at a time.
pub(crate) struct Table {
    pub(crate) layout: FrameLayout,
    rows: RowSource,
}

enum RowSource {
    Columns(Columns),
    Stream(Box<Stream>),
}

/// Returns whether `data` is a table: a DataFrame, a structured array, or an object with Arrow's C
/// data interface.
pub(crate) fn is_frame(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(pandas::is_frame(data)? || structured::is_array(data)? || stream::is_stream(data)?)
}

/// Adds every row of a table to the lines of a call. The table's measurement is `own`, unless the
/// call sets a different measurement.
///
/// If the table has more than `most` rows, the table is returned instead, so that the caller can
/// make batches from it.
pub(crate) fn push(
    sink: &mut Sink,
    roles: &Roles,
    data: &Bound<'_, PyAny>,
    own: Option<String>,
    most: usize,
) -> PyResult<Option<Box<Table>>> {
    let py = data.py();
    let mut table = Table::new(sink, roles, data, own)?;
    if table.len().is_none_or(|rows| rows > most.min(SMALL)) {
        return Ok(Some(Box::new(table)));
    }
    let encode = FrameEncoder::new(table.layout.clone());
    let mut base = sink.encoder.next_index();
    while let Some(pieces) = table.read(py, sink, base, RANGE)? {
        let encoder = &mut sink.encoder;
        base += count(&pieces);
        py.detach(|| {
            pieces
                .iter()
                .try_for_each(|piece| encode.encode(piece, encoder))
        })
        .map_err(refusal)?;
        py.check_signals()?;
    }
    Ok(None)
}

impl Table {
    fn new(
        sink: &mut Sink,
        roles: &Roles,
        data: &Bound<'_, PyAny>,
        own: Option<String>,
    ) -> PyResult<Self> {
        // The measurement that the caller passes takes precedence, because a query result may be
        // written to a different measurement.
        let measurement = sink.measurement.clone().or(own);
        let is_pandas = pandas::is_frame(data)?;
        let of_table = roles.of_table(data, is_pandas, measurement.as_deref())?;
        let roles = of_table.as_ref().unwrap_or(roles);
        if measurement.is_none() && roles.measurement.is_none() {
            return Err(PyValueError::new_err(
                "Missing 'measurement': a DataFrame has none",
            ));
        }
        let (mut layout, rows) = if is_pandas {
            let (layout, columns) = pandas::open(sink, roles, data)?;
            (layout, RowSource::Columns(columns))
        } else if structured::is_array(data)? {
            let (layout, columns) = structured::open(sink, roles, data)?;
            (layout, RowSource::Columns(columns))
        } else {
            let (layout, stream) = stream::open(sink, roles, data)?;
            (layout, RowSource::Stream(Box::new(stream)))
        };
        layout.measurement = measurement;
        Ok(Self { layout, rows })
    }

    /// Returns the number of rows of the table, or `None` if this number is not certain.
    pub(crate) fn len(&self) -> Option<usize> {
        match &self.rows {
            RowSource::Columns(columns) => Some(columns.len()),
            RowSource::Stream(_) => None,
        }
    }

    /// Returns the number of rows that the table reports, which may be wrong.
    pub(crate) fn expected(&self) -> Option<usize> {
        match &self.rows {
            RowSource::Columns(columns) => Some(columns.len()),
            RowSource::Stream(stream) => stream.expected(),
        }
    }

    /// Returns the next `rows` rows, in one or more pieces. If fewer rows remain, returns those
    /// rows; after the end of the table, returns `None`. The first row that is returned has the
    /// point number `base`.
    pub(crate) fn read(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        base: u64,
        rows: usize,
    ) -> PyResult<Option<Vec<RecordBatch>>> {
        let pieces = match &mut self.rows {
            RowSource::Columns(columns) => columns.read(py, sink, base, rows)?,
            RowSource::Stream(stream) => stream.read(py, sink, base, rows)?,
        };
        let pieces = pieces.into_iter().map(|piece| self.stamped(piece));
        let pieces = pieces.collect::<PyResult<Vec<_>>>()?;
        Ok((!pieces.is_empty()).then_some(pieces))
    }

    /// Adds timestamps from the clock to the rows of `piece`, if the table has no times and `stamp`
    /// is set. The timestamps increase in row order, no matter which thread encodes the rows.
    fn stamped(&self, piece: RecordBatch) -> PyResult<RecordBatch> {
        if self.layout.time != Some(piece.num_columns()) {
            return Ok(piece);
        }
        let times = (unique_times(piece.num_rows())..).take(piece.num_rows());
        // The added time column has a timestamp type, because integers would be read in the user's
        // time unit.
        let times = TimestampNanosecondArray::from_iter_values(times);
        let fields = piece.schema_ref().fields().iter().cloned();
        let time = Arc::new(Field::new("time", times.data_type().clone(), false));
        let fields: Vec<_> = fields.chain([time]).collect();
        let mut columns = piece.columns().to_vec();
        columns.push(Arc::new(times));
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Returns whether all rows of the table have been read.
    pub(crate) fn is_at_end(&self) -> bool {
        match &self.rows {
            RowSource::Columns(columns) => columns.is_at_end(),
            RowSource::Stream(stream) => stream.is_at_end(),
        }
    }
}

/// Returns the total number of rows in these record batches.
pub(crate) fn count(pieces: &[RecordBatch]) -> u64 {
    pieces.iter().map(|piece| piece.num_rows() as u64).sum()
}

/// Converts an error that the engine raises for a table to a Python exception.
pub(crate) fn refusal(error: FrameError) -> PyErr {
    match error {
        FrameError::Line(error) => refused(&error),
        FrameError::Type { .. } => PyTypeError::new_err(error.to_string()),
        other => PyValueError::new_err(other.to_string()),
    }
}
