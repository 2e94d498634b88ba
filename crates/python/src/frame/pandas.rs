//! DataFrames: the index, the labels, and what each dtype is held in.

use std::sync::Arc;

use aioinflux::frame::FrameLayout;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyString};
use pyo3_arrow::input::AnyArray;

use super::columns::{Column, Columns, is_aligned, of_numbers};
use super::layout::Labels;
use super::numpy_dtype;
use super::objects::{Cells, Objects};
use crate::points::Points;
use crate::values;

/// Whether `data` is a pandas DataFrame.
pub(super) fn is_frame(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !values::is_imported(py, "pandas") {
        return Ok(false);
    }
    data.is_instance(&py.import("pandas")?.getattr("DataFrame")?)
}

pub(super) fn open(
    points: &mut Points,
    frame: &Bound<'_, PyAny>,
) -> PyResult<(FrameLayout, Columns)> {
    let py = frame.py();
    let labels: Vec<_> = frame
        .getattr("columns")?
        .try_iter()?
        .collect::<PyResult<_>>()?;
    let mut labels = Labels::new(points, &labels)?;
    let rows = frame.len()?;
    let iloc = frame.getattr(intern!(py, "iloc"))?;
    let all = PySlice::full(py);
    let mut columns = Vec::with_capacity(labels.names.len() + 1);
    for position in 0..labels.names.len() {
        let series = iloc.get_item((&all, position))?;
        columns.push(if labels.time == Some(position) {
            time_column(&series)?
        } else {
            column(&series, labels.is_text(position))?
        });
    }
    if labels.time.is_none() && !(points.stamp && has_row_numbers(frame)?) {
        labels.time = Some(columns.len());
        labels.names.push("time".to_owned());
        columns.push(index_column(frame, rows)?);
    }
    let layout = labels.layout(points);
    Ok((layout, Columns::new(labels, columns, rows)))
}

/// Whether the index is nothing but numbers of rows, which nobody misses.
fn has_row_numbers(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = frame.py();
    let index = frame.getattr(intern!(py, "index"))?;
    let levels: usize = index.getattr(intern!(py, "nlevels"))?.extract()?;
    let kind = numpy_dtype(&index)?.map(|dtype| dtype.getattr("kind")?.extract::<char>());
    let numbers = matches!(kind.transpose()?, Some('i' | 'u'));
    Ok(levels == 1 && numbers && index.getattr(intern!(py, "name"))?.is_none())
}

fn index_column(frame: &Bound<'_, PyAny>, rows: usize) -> PyResult<Column> {
    let py = frame.py();
    let index = frame.getattr("index")?;
    if index.is_instance(&py.import("pandas")?.getattr("DatetimeIndex")?)? {
        return ticks(&index);
    }
    if rows == 0 {
        // Nothing to be dated: an empty frame has whatever index it was made with.
        return Ok(Column::Cells(Cells::Series(index.unbind())));
    }
    Err(PyValueError::new_err(format!(
        "DataFrame index is not DatetimeIndex, but `{}`; hint: `time_column` names the column of \
         the times",
        index.get_type().name()?
    )))
}

/// The times of a `DatetimeIndex`.
fn ticks(index: &Bound<'_, PyAny>) -> PyResult<Column> {
    let unit: String = index.getattr("unit")?.extract()?;
    let scale = match unit.as_str() {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1000,
        _ => 1,
    };
    let mut array = index.getattr("asi8")?;
    if !is_aligned(&array)? {
        array = array.call_method0("copy")?;
    }
    let array = array.cast_into::<PyArray1<i64>>()?;
    Ok(Column::Ticks(array.unbind(), scale, unit))
}

fn time_column(series: &Bound<'_, PyAny>) -> PyResult<Column> {
    let py = series.py();
    let dtype = series.getattr(intern!(py, "dtype"))?;
    let pandas = py.import("pandas")?;
    let zoned = dtype.is_instance(&pandas.getattr("DatetimeTZDtype")?)?;
    let kind = numpy_dtype(series)?
        .map(|dtype| dtype.getattr("kind")?.extract::<char>())
        .transpose()?;
    if zoned || kind == Some('M') {
        return ticks(&pandas.getattr("DatetimeIndex")?.call1((series,))?);
    }
    if kind.is_none()
        && let Some(chunks) = arrow_chunks(&series.getattr(intern!(py, "array"))?)?
        && chunks
            .iter()
            .all(|chunk| matches!(chunk.data_type(), DataType::Timestamp(..)))
    {
        return Ok(Column::Arrow(chunks));
    }
    Ok(Column::Times(Cells::Series(series.clone().unbind())))
}

/// What the dtype of a column is held in.
fn column(series: &Bound<'_, PyAny>, is_text: bool) -> PyResult<Column> {
    let py = series.py();
    let cells = || {
        let cells = Cells::Series(series.clone().unbind());
        Ok(if is_text {
            Column::Texts(cells)
        } else {
            Column::Cells(cells)
        })
    };
    if numpy_dtype(series)?.is_some() {
        let array = series.call_method0(intern!(py, "to_numpy"))?;
        if is_aligned(&array)?
            && let Ok(array) = array.cast::<PyArray1<Py<PyAny>>>()
        {
            return Ok(Column::Objects(Objects::new(
                array.clone().unbind(),
                is_text,
            )));
        }
        return match of_numbers(&array)? {
            Some(numbers) if !is_text => Ok(numbers),
            _ => cells(),
        };
    }
    let array = series.getattr(intern!(py, "array"))?;
    let pandas = py.import("pandas")?;
    if array.is_instance(&pandas.getattr("Categorical")?)? {
        return category_column(&array)?.map_or_else(cells, Ok);
    }
    if let Some(chunks) = arrow_chunks(&array)? {
        let known = |chunk: &ArrayRef| is_known(chunk.data_type(), is_text);
        // Texts of numbers are Python's; rare types go by the rules for single values.
        return if chunks.iter().all(known) {
            Ok(Column::Arrow(chunks))
        } else {
            cells()
        };
    }
    if !is_text && let Some(masked) = masked_column(&array)? {
        return Ok(masked);
    }
    if array.get_type().name()? == "StringArray" {
        let objects = series.call_method1(intern!(py, "to_numpy"), ("object",))?;
        if is_aligned(&objects)?
            && let Ok(objects) = objects.cast::<PyArray1<Py<PyAny>>>()
        {
            return Ok(Column::Objects(Objects::new(
                objects.clone().unbind(),
                is_text,
            )));
        }
    }
    cells()
}

/// The chunks of a column that is held in Arrow; `None` for others.
fn arrow_chunks(array: &Bound<'_, PyAny>) -> PyResult<Option<Vec<ArrayRef>>> {
    let py = array.py();
    let arrays = py.import("pandas")?.getattr("arrays")?;
    if !array.is_instance(&arrays.getattr("ArrowExtensionArray")?)? {
        return Ok(None);
    }
    let chunked = array.call_method0(intern!(py, "__arrow_array__"))?;
    let chunked: AnyArray = chunked.extract()?;
    let chunks = chunked.into_chunked_array().map_err(PyErr::from)?;
    Ok(Some(chunks.chunks().to_vec()))
}

/// Whether the engine makes of a type what the rules for single values would.
fn is_known(data_type: &DataType, is_text: bool) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_known(values, true),
        DataType::Boolean => !is_text,
        other => !is_text && (other.is_integer() || other.is_floating()),
    }
}

/// Codes and categories, where these are text.
fn category_column(array: &Bound<'_, PyAny>) -> PyResult<Option<Column>> {
    let categories = array.getattr("categories")?.call_method0("tolist")?;
    let mut texts = Vec::new();
    for category in categories.try_iter()? {
        match category?.cast_into_exact::<PyString>() {
            Ok(text) => texts.push(text),
            Err(_) => return Ok(None),
        }
    }
    let texts = texts
        .iter()
        .map(|text| text.to_str())
        .collect::<PyResult<Vec<_>>>();
    // A lone surrogate is refused where a row has it.
    let Ok(texts) = texts else { return Ok(None) };
    let texts: ArrayRef = Arc::new(StringArray::from(texts));
    Ok(match of_numbers(&array.getattr("codes")?)? {
        Some(Column::Numbers(codes)) => Some(Column::Categories(codes, texts)),
        _ => None,
    })
}

/// Numbers and a mask, as the nullable dtypes of pandas hold them; `None` for what is held otherwise.
fn masked_column(array: &Bound<'_, PyAny>) -> PyResult<Option<Column>> {
    // Their public interface only makes copies.
    let (Some(data), Some(mask)) = (array.getattr_opt("_data")?, array.getattr_opt("_mask")?)
    else {
        return Ok(None);
    };
    let aligned = is_aligned(&mask)?;
    let Ok(mask) = mask.cast_into::<PyArray1<bool>>() else {
        return Ok(None);
    };
    if !aligned {
        return Ok(None);
    }
    let numpy = array.py().import("numpy")?.getattr("ndarray")?;
    if !data.is_instance(&numpy)? {
        return Ok(None);
    }
    let data = of_numbers(&data)?;
    Ok(data.map(|data| Column::Masked(Box::new(data), mask.unbind())))
}
