//! Tables that come by Arrow's C data interface: polars, pyarrow, `DuckDB` and others.

use std::sync::Arc;

use aioinflux::frame::{FrameLayout, Ranges};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader, StringArray};
use arrow_schema::{DataType, Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};
use pyo3_arrow::input::AnyRecordBatch;

use super::layout::Labels;
use crate::place::{Place, type_name};
use crate::points::Points;
use crate::values;

/// A table of which no more than the next rows are held.
pub(super) struct Stream {
    reader: Option<Box<dyn RecordBatchReader + Send>>,
    ranges: Ranges,
    names: Vec<String>,
    tags: Vec<usize>,
    /// The number of rows, where the table has said it.
    expected: Option<usize>,
}

/// Whether `data` gives tables by Arrow's C data interface.
pub(super) fn is_stream(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !data.hasattr(intern!(py, "__arrow_c_stream__"))?
        && !data.hasattr(intern!(py, "__arrow_c_array__"))?
    {
        return Ok(false);
    }
    // One column is no table: a Series of lines or of points is an iterable of these.
    let name = type_name(data);
    let column = ["Series", "Index", "Array"];
    Ok(!column.iter().any(|kind| name.ends_with(kind)))
}

pub(super) fn open(
    points: &mut Points,
    data: &Bound<'_, PyAny>,
) -> PyResult<(FrameLayout, Stream)> {
    let py = data.py();
    let data = without_null_types(data)?;
    let table = data.extract::<AnyRecordBatch>();
    let reader = table
        .map_err(|error| with_column(&data, error))?
        .into_reader()?;
    let schema = reader.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let names: Vec<_> = names
        .map(|name| PyString::new(py, name).into_any())
        .collect();
    let mut labels = Labels::new(points, &names)?;
    labels.date(points, "table")?;
    let layout = labels.layout(points);
    let stream = Stream {
        reader: Some(reader),
        ranges: Ranges::new(1),
        names: labels.names,
        tags: labels.tags,
        expected: rows_of(&data),
    };
    Ok((layout, stream))
}

/// The number of rows of a table of pyarrow or polars. Others may have to run a query to know it.
fn rows_of(data: &Bound<'_, PyAny>) -> Option<usize> {
    let ways = ["num_rows", "height"];
    let found = |way| data.getattr(way).ok()?.extract().ok();
    ways.into_iter().find_map(found)
}

/// The error about a table with a type that is not Arrow's (polars' `Int128`), with the column that
/// has it, where the table has `select`, as those of polars and pyarrow have.
fn with_column(data: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = data.py();
    let names =
        ["column_names", "columns"].map(|list| data.getattr(list)?.extract::<Vec<String>>());
    let names = names.into_iter().flatten().next().unwrap_or_default();
    let is_wrong = |name: &String| {
        let alone = data.call_method1(intern!(py, "select"), ([name],));
        alone.is_ok_and(|alone| alone.extract::<AnyRecordBatch>().is_err())
    };
    match names.iter().find(|name| is_wrong(name)) {
        Some(name) => Place {
            point: None,
            part: "column",
            key: Some(name),
        }
        .wrap(py, &error),
        None => error,
    }
}

/// A table whose columns of the type `Null` are text, where it is a DataFrame of polars: polars hands
/// such columns over with a buffer that Arrow does not have for them.
fn without_null_types<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    if !values::is_imported(py, "polars") {
        return Ok(data.clone());
    }
    let polars = py.import("polars")?;
    let null = polars.getattr("Null")?;
    if !data.is_instance(&polars.getattr("DataFrame")?)?
        || !data.getattr("dtypes")?.contains(&null)?
    {
        return Ok(data.clone());
    }
    let texts = polars
        .call_method1("col", (null,))?
        .call_method1("cast", (polars.getattr("String")?,))?;
    data.call_method1("with_columns", (texts,))
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
        points: &mut Points,
        base: u64,
        rows: usize,
    ) -> PyResult<Vec<RecordBatch>> {
        self.ranges.set_rows(rows);
        let range = loop {
            if let Some(range) = self.ranges.next_whole() {
                break range;
            }
            let reader = self.reader.as_mut();
            // The producer may need the GIL, or take long.
            let Some(next) = py.detach(|| reader.and_then(Iterator::next)) else {
                self.reader = None;
                break self.ranges.rest().unwrap_or_default();
            };
            self.ranges
                .push(next.map_err(|error| PyValueError::new_err(error.to_string()))?);
        };
        let mut base = base;
        let mut pieces = Vec::with_capacity(range.len());
        for piece in range {
            let rows = piece.num_rows() as u64;
            pieces.push(self.with_texts(py, points, piece, base)?);
            base += rows;
        }
        Ok(pieces)
    }

    /// Tags that are no text, as the text that Python has for them.
    fn with_texts(
        &self,
        py: Python<'_>,
        points: &mut Points,
        piece: RecordBatch,
        base: u64,
    ) -> PyResult<RecordBatch> {
        let schema = piece.schema();
        let other = |at: &&usize| is_number(schema.field(**at).data_type());
        if !self.tags.iter().any(|at| other(&at)) {
            return Ok(piece);
        }
        let mut fields: Vec<Field> = schema
            .fields()
            .iter()
            .map(|field| (**field).clone())
            .collect();
        let mut arrays = piece.columns().to_vec();
        for &at in self.tags.iter().filter(other) {
            arrays[at] = texts(py, &arrays[at])?;
            fields[at] = Field::new(&self.names[at], DataType::Utf8, true);
            for (index, row) in (base..).zip(0..arrays[at].len()) {
                if arrays[at].is_valid(row) {
                    points
                        .converted
                        .add(Place::of(index, "tag").key(&self.names[at]));
                }
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_floating() || data_type.is_integer() || *data_type == DataType::Boolean
}

/// What Python's `str` makes of each cell; NaN is null.
fn texts(py: Python<'_>, array: &ArrayRef) -> PyResult<ArrayRef> {
    let cell = |row: usize| -> PyResult<Option<String>> {
        if array.is_null(row) {
            return Ok(None);
        }
        let float = |value: f64| -> PyResult<Option<String>> {
            if value.is_nan() {
                Ok(None)
            } else {
                values::text_of(&PyFloat::new(py, value)).map(Some)
            }
        };
        macro_rules! integer {
            ($($data_type:ident: $kind:ident),+) => {
                match array.data_type() {
                    $(DataType::$data_type => {
                        array.as_primitive::<arrow_array::types::$kind>().value(row).to_string()
                    })+
                    DataType::Float16 => return float(array.as_primitive::<Float16Type>().value(row).into()),
                    DataType::Float32 => return float(array.as_primitive::<Float32Type>().value(row).into()),
                    DataType::Float64 => return float(array.as_primitive::<Float64Type>().value(row)),
                    _ => values::text_of(&PyBool::new(py, array.as_boolean().value(row)))?,
                }
            };
        }
        Ok(Some(integer!(
            Int8: Int8Type, Int16: Int16Type, Int32: Int32Type, Int64: Int64Type,
            UInt8: UInt8Type, UInt16: UInt16Type, UInt32: UInt32Type, UInt64: UInt64Type
        )))
    };
    let texts = (0..array.len())
        .map(cell)
        .collect::<PyResult<StringArray>>()?;
    Ok(Arc::new(texts))
}
