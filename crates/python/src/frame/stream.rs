//! Reads tables that have Arrow's C data interface, such as those of polars, pyarrow and `DuckDB`.

use std::sync::Arc;

use aioinflux::engine::Ranges;
use aioinflux::frame::{FrameError, FrameLayout};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{Field, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::layout::Labels;
use super::reader::{BatchReader, without_foreign_types};
use super::roles::Roles;
use super::texts;
use crate::place::{shorten, type_name};
use crate::sink::Sink;
use crate::text::arrow;

/// A table whose batches are read one after another, so that only the next rows are in memory.
pub(super) struct Stream {
    reader: Option<BatchReader>,
    ranges: Ranges,
    names: Vec<String>,
    /// The number of rows in the table, if the table reports it.
    expected: Option<usize>,
    /// The positions of the columns that are written as text, which are the tags and the
    /// measurement.
    texts: Vec<usize>,
    /// The positions of tag and measurement columns that were converted to text before the table
    /// was read.
    converted: Vec<usize>,
    /// The positions of columns with an Arrow extension type, which are stored as arrays of a
    /// different type.
    extensions: Vec<usize>,
}

/// Returns whether `data` is a table with Arrow's C data interface.
pub(super) fn is_stream(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !data.hasattr(intern!(py, "__arrow_c_stream__"))?
        && !data.hasattr(intern!(py, "__arrow_c_array__"))?
    {
        return Ok(false);
    }
    // A single column is not a table: a Series that contains lines or points is iterated over item
    // by item.
    let name = type_name(data);
    let column = ["Series", "Index", "Array"];
    Ok(!column.iter().any(|kind| name.ends_with(kind)))
}

pub(super) fn open(
    sink: &mut Sink,
    roles: &Roles,
    data: &Bound<'_, PyAny>,
) -> PyResult<(FrameLayout, Stream)> {
    let py = data.py();
    let (data, converted) = without_foreign_types(sink, roles, data)?;
    let reader = BatchReader::open(&data)?;
    let schema = reader.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let names: Vec<_> = names
        .map(|name| PyString::new(py, name).into_any())
        .collect();
    let mut labels = Labels::new(sink, roles, &names)?;
    labels.date(sink, "table")?;
    if let Some(time) = labels.time {
        refuse_periods(schema.field(time))?;
    }
    let layout = labels.layout(sink);
    let fields = schema.fields().iter().enumerate();
    let extensions = fields.filter(|(_, field)| arrow::is_bool8(field));
    let stream = Stream {
        reader: Some(reader),
        ranges: Ranges::new(1),
        extensions: extensions.map(|(at, _)| at).collect(),
        texts: (0..names.len()).filter(|at| labels.is_text(*at)).collect(),
        converted: (0..names.len())
            .filter(|at| converted.contains(&labels.names[*at]))
            .collect(),
        names: labels.names,
        expected: rows_of(&data),
    };
    Ok((layout, stream))
}

/// Returns the number of rows of a pyarrow or polars table. Other tables are not asked for this
/// number, because they might have to run a query to count their rows.
fn rows_of(data: &Bound<'_, PyAny>) -> Option<usize> {
    let ways = ["num_rows", "height"];
    let found = |way| data.getattr(way).ok()?.extract().ok();
    ways.into_iter().find_map(found)
}

/// Refuses a time column of pandas periods. Arrow stores each period as a plain integer that counts
/// months, or another frequency, from 1970.
fn refuse_periods(field: &Field) -> PyResult<()> {
    let extension = field.metadata().get("ARROW:extension:name");
    if extension.is_none_or(|name| name != "pandas.period") {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "column `{}`: expected {}, got periods of pandas; hint: `to_timestamp` returns their start",
        shorten(field.name()),
        FrameError::TIMES
    )))
}

impl Stream {
    pub(super) fn expected(&self) -> Option<usize> {
        self.expected
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.reader.is_none() && self.ranges.is_empty()
    }

    pub(super) fn read(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        base: u64,
        rows: usize,
    ) -> PyResult<Vec<RecordBatch>> {
        self.ranges.set_rows(rows);
        let range = loop {
            if let Some(range) = self.ranges.next_whole() {
                break range;
            }
            let next = match &mut self.reader {
                Some(reader) => reader.next(py)?,
                None => None,
            };
            let Some(batch) = next else {
                self.reader = None;
                break self.ranges.rest().unwrap_or_default();
            };
            self.ranges.push(batch);
        };
        let mut base = base;
        let mut pieces = Vec::with_capacity(range.len());
        for piece in range {
            let rows = piece.num_rows() as u64;
            pieces.push(self.plain(py, sink, piece, base)?);
            base += rows;
        }
        Ok(pieces)
    }

    /// Converts a piece of the table, so that tags and measurements are text and no column has an
    /// extension type.
    fn plain(
        &self,
        py: Python<'_>,
        sink: &mut Sink,
        piece: RecordBatch,
        base: u64,
    ) -> PyResult<RecordBatch> {
        if self.texts.is_empty() && self.extensions.is_empty() {
            return Ok(piece);
        }
        let schema = piece.schema();
        let mut fields: Vec<Field> = schema
            .fields()
            .iter()
            .map(|field| (**field).clone())
            .collect();
        let mut arrays = piece.columns().to_vec();
        for &at in &self.extensions {
            arrays[at] = arrow::plain(&fields[at], arrays[at].clone());
        }
        for &at in &self.texts {
            let (name, array) = (&self.names[at], arrays[at].clone());
            arrays[at] = texts::column(py, sink, name, base, array)?;
            if self.converted.contains(&at) {
                texts::note(sink, name, base, &arrays[at]);
            }
        }
        for (field, array) in fields.iter_mut().zip(&arrays) {
            if field.data_type() != array.data_type() {
                *field = Field::new(field.name(), array.data_type().clone(), true);
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}
