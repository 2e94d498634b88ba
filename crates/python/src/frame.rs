//! pandas DataFrames as Arrow, column by column; the engine makes the lines.
//!
//! Columns of numpy's numbers and booleans are read as buffers; all others (text, categories,
//! nullable and Arrow dtypes, mixed objects) as Python objects, so that every dtype follows the
//! rules for single values.

use std::collections::HashSet;
use std::sync::Arc;

use aioinflux::frame::{FrameError, FrameLayout, column_of_cells, encode_frame};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow_schema::{Field, Schema};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::place::{Place, shorten};
use crate::points::{Points, refused};
use crate::values;

/// How many rows are encoded between two looks at pending signals.
const SIGNAL_ROWS: usize = 65_536;
/// pandas' mark for a missing time.
const NAT: i64 = i64::MIN;

/// Whether `data` is a pandas DataFrame.
pub(crate) fn is_frame(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !values::is_imported(py, "pandas") {
        return Ok(false);
    }
    data.is_instance(&py.import("pandas")?.getattr("DataFrame")?)
}

/// Adds every row of a DataFrame.
pub(crate) fn push(points: &mut Points, frame: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = frame.py();
    let Some(measurement) = points.measurement.clone() else {
        return Err(PyValueError::new_err(
            "Missing 'measurement': a DataFrame carries none",
        ));
    };
    if frame.len()? == 0 {
        return Ok(());
    }
    let labels = Labels::new(points, frame)?;
    let base = points.encoder.next_index();
    let mut fields = vec![Field::new("time", arrow_schema::DataType::Int64, false)];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(times(frame, base)?)];
    let iloc = frame.getattr("iloc")?;
    let all = pyo3::types::PySlice::full(py);
    for (position, name) in labels.names.iter().enumerate() {
        let column = iloc.get_item((&all, position))?;
        let array = if labels.tags.contains(&(position + 1)) {
            tag_column(points, &column, name, base)?
        } else {
            field_column(&column, name, base)?
        };
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let table = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let layout = FrameLayout {
        measurement: &measurement,
        time: Some(0),
        tags: &labels.tags,
        extra_tags: &points.tags,
    };
    for start in (0..table.num_rows()).step_by(SIGNAL_ROWS) {
        let part = table.slice(start, SIGNAL_ROWS.min(table.num_rows() - start));
        let encoder = &mut points.encoder;
        py.detach(|| encode_frame(&part, &layout, encoder))
            .map_err(refusal)?;
        py.check_signals()?;
    }
    Ok(())
}

fn refusal(error: FrameError) -> PyErr {
    match error {
        FrameError::Line(error) => refused(&error),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// The names of the columns, and which of them are tags (counted after the time column).
struct Labels {
    names: Vec<String>,
    tags: Vec<usize>,
}

impl Labels {
    fn new(points: &mut Points, frame: &Bound<'_, PyAny>) -> PyResult<Self> {
        let labels: Vec<Bound<'_, PyAny>> = frame
            .getattr("columns")?
            .try_iter()?
            .collect::<PyResult<_>>()?;
        let place = Place::of(points.encoder.next_index(), "column");
        let mut names = Vec::with_capacity(labels.len());
        let mut seen = HashSet::new();
        for label in &labels {
            let name = points.name(label, place)?;
            if !seen.insert(name.clone()) {
                let name = shorten(&name);
                return Err(PyValueError::new_err(format!(
                    "column `{name}` appears twice"
                )));
            }
            names.push(name);
        }
        let mut tags = Vec::new();
        for tag in points.tag_columns.as_deref().unwrap_or_default() {
            let tag = tag.bind(frame.py());
            let text = values::text_of(tag)?;
            let position = names
                .iter()
                .zip(&labels)
                .position(|(name, label)| *name == text || label.eq(tag).unwrap_or(false))
                .ok_or_else(|| {
                    let tag = shorten(&text);
                    PyValueError::new_err(format!("tag column `{tag}` is not in the DataFrame"))
                })?;
            tags.push(position + 1);
        }
        Ok(Self { names, tags })
    }
}

fn times(frame: &Bound<'_, PyAny>, base: u64) -> PyResult<Int64Array> {
    let py = frame.py();
    let index = frame.getattr("index")?;
    if !index.is_instance(&py.import("pandas")?.getattr("DatetimeIndex")?)? {
        return Err(PyValueError::new_err(format!(
            "DataFrame index is not DatetimeIndex, but `{}`",
            index.get_type().name()?
        )));
    }
    let unit: String = index.getattr("unit")?.extract()?;
    let scale = match unit.as_str() {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1000,
        _ => 1,
    };
    let mut times = contiguous::<i64>(&index.getattr("asi8")?, "i8")?;
    for (row, time) in times.iter_mut().enumerate() {
        let refused = |what: &str| {
            let point = base + row as u64;
            PyValueError::new_err(format!("point {point}: time of row {row}: {what}"))
        };
        if *time == NAT {
            return Err(refused("expected a time, got NaT"));
        }
        *time = time
            .checked_mul(scale)
            .ok_or_else(|| refused(&format!("{time} {unit} is outside 64-bit nanoseconds")))?;
    }
    Ok(Int64Array::from(times))
}

/// The elements of an array, as `T`, whose numpy name is `dtype`.
fn contiguous<T: numpy::Element + Copy>(array: &Bound<'_, PyAny>, dtype: &str) -> PyResult<Vec<T>> {
    let numpy = array.py().import("numpy")?;
    let array = numpy.call_method1("ascontiguousarray", (array, dtype))?;
    Ok(array.cast::<PyArray1<T>>()?.to_vec()?)
}

fn field_column(column: &Bound<'_, PyAny>, name: &str, base: u64) -> PyResult<ArrayRef> {
    let kind = numpy_kind(column)?;
    Ok(match kind {
        Some('f') => Arc::new(Float64Array::from(contiguous::<f64>(column, "f8")?)),
        Some('i') => Arc::new(Int64Array::from(contiguous::<i64>(column, "i8")?)),
        Some('u') => Arc::new(UInt64Array::from(contiguous::<u64>(column, "u8")?)),
        Some('b') => Arc::new(BooleanArray::from(contiguous::<bool>(column, "?")?)),
        _ => {
            let cells = objects(column)?;
            let mut values = Vec::with_capacity(cells.len());
            for (row, (index, cell)) in (base..).zip(&cells).enumerate() {
                if row % SIGNAL_ROWS == 0 {
                    column.py().check_signals()?;
                }
                values.push(values::field(cell, Place::of(index, "field").key(name))?);
            }
            column_of_cells(&values)
        }
    })
}

fn tag_column(
    points: &mut Points,
    column: &Bound<'_, PyAny>,
    name: &str,
    base: u64,
) -> PyResult<ArrayRef> {
    let cells = objects(column)?;
    let mut texts = Vec::with_capacity(cells.len());
    for (index, cell) in (base..).zip(&cells) {
        let place = Place::of(index, "tag").key(name);
        let mut converted = false;
        texts.push(values::tag(cell, place, &mut converted)?);
        if converted {
            points.converted.add(place);
        }
    }
    Ok(Arc::new(StringArray::from_iter(texts)))
}

/// The kind of a column that numpy itself holds; `None` for the dtypes of pandas.
fn numpy_kind(column: &Bound<'_, PyAny>) -> PyResult<Option<char>> {
    let dtype = column.getattr("dtype")?;
    if dtype.is_instance(&column.py().import("numpy")?.getattr("dtype")?)? {
        return dtype.getattr("kind")?.extract().map(Some);
    }
    Ok(None)
}

/// The cells of a column as Python objects.
fn objects<'py>(column: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = column.py();
    let array = column.call_method1("astype", (PyString::new(py, "object"),))?;
    array.call_method0("tolist")?.try_iter()?.collect()
}
