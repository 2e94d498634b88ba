//! Reads pandas DataFrames: their index, their column labels, and the memory format of each dtype.

use std::sync::Arc;

use aioinflux::frame::FrameLayout;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyDate, PySlice, PyString, PyType};
use pyo3_arrow::input::AnyArray;

use super::columns::{Column, Columns, is_aligned, is_of_arrow, of_numbers};
use super::dtypes::{no_floats, numpy_dtype};
use super::layout::Labels;
use super::objects::{Cells, Objects};
use super::part::Part;
use super::roles::Roles;
use super::texts::texts_of;
use crate::place::shorten;
use crate::sink::Sink;
use crate::text::arrow::plain;
use crate::{text, times, values};

/// Returns whether `data` is a pandas DataFrame.
pub(super) fn is_frame(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !values::is_imported(py, "pandas") {
        return Ok(false);
    }
    data.is_instance(&py.import("pandas")?.getattr("DataFrame")?)
}

pub(super) fn open(
    sink: &mut Sink,
    roles: &Roles,
    frame: &Bound<'_, PyAny>,
) -> PyResult<(FrameLayout, Columns)> {
    let py = frame.py();
    check_levels(roles, frame)?;
    let labels = labels_of(&frame.getattr("columns")?)?;
    let mut labels = Labels::new(sink, roles, &labels)?;
    let rows = frame.len()?;
    let iloc = frame.getattr(intern!(py, "iloc"))?;
    let all = PySlice::full(py);
    let mut columns = Vec::with_capacity(labels.names.len() + 1);
    for position in 0..labels.names.len() {
        let series = iloc.get_item((&all, position))?;
        columns.push(if labels.time == Some(position) {
            time_column(&labels.names[position], &series, rows)?
        } else {
            column(sink, &series, labels.is_text(position))?
        });
    }
    if labels.time.is_none() && !(sink.stamp && has_row_numbers(frame)?) {
        labels.time = Some(columns.len());
        labels.names.push("time".to_owned());
        columns.push(index_column(frame, rows)?);
    }
    let layout = labels.layout(sink);
    Ok((layout, Columns::new(labels, columns, rows)))
}

/// Refuses column labels with several levels, and arguments that name a level of the index instead
/// of a column.
fn check_levels(roles: &Roles, frame: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = frame.py();
    let multi = py.import("pandas")?.getattr("MultiIndex")?;
    let columns = frame.getattr("columns")?;
    if columns.is_instance(&multi)? {
        return Err(PyValueError::new_err(
            "the columns of the DataFrame are a MultiIndex; hint: give each column one name, for \
             example with `df.columns = [\"_\".join(map(str, names)) for names in df.columns]`",
        ));
    }
    let levels = frame.getattr("index")?.getattr("names")?;
    for name in roles.named() {
        let name = name.bind(py);
        if name.is_instance_of::<PyString>() && !columns.contains(name)? && levels.contains(name)? {
            let shown = shorten(&text::lossy(name)?);
            return Err(PyValueError::new_err(format!(
                "`{shown}` is an index of the DataFrame, not a column; hint: `reset_index()` turns \
                 its indexes into columns"
            )));
        }
    }
    Ok(())
}

/// Returns the column labels of a DataFrame, each with its own type.
fn labels_of<'py>(columns: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let numbers = numpy_dtype(columns)?.is_some_and(|dtype| {
        let kind = dtype.getattr("kind").and_then(|kind| kind.extract());
        kind.is_ok_and(|kind: char| kind == 'f')
    });
    if numbers {
        // Iterating over the labels directly would create Python floats, which are wider than the
        // labels' own type.
        return columns.call_method0("to_numpy")?.try_iter()?.collect();
    }
    columns.try_iter()?.collect()
}

/// Returns whether a DataFrame's index contains only row numbers, which need not be written.
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
        // If a DataFrame has no rows, its index may be of any type, because no row needs a time.
        return Ok(Column::Cells(Cells::Series(index.unbind())));
    }
    if let Some(column) = times_of_index(&index, rows)? {
        return Ok(column);
    }
    let multi = py.import("pandas")?.getattr("MultiIndex")?;
    if index.is_instance(&multi)? {
        return Err(PyValueError::new_err(
            "DataFrame index is not DatetimeIndex, but `MultiIndex`; hint: `reset_index()` turns \
             its levels into columns, which `time_column` and `tag_columns` can name",
        ));
    }
    Err(PyValueError::new_err(format!(
        "DataFrame index is not DatetimeIndex, but `{}`; hint: `time_column` names the column of \
         the times",
        index.get_type().name()?
    )))
}

/// Reads an index of times that is not a `DatetimeIndex`. The index contains periods, Arrow types,
/// or objects that are all times, for example in several time zones.
fn times_of_index(index: &Bound<'_, PyAny>, rows: usize) -> PyResult<Option<Column>> {
    let py = index.py();
    let pandas = py.import("pandas")?;
    let dtype = index.getattr(intern!(py, "dtype"))?;
    let is_of_times = if numpy_dtype(index)?.is_some() {
        dtype.getattr("kind")?.eq("O")? && are_times(index)?
    } else {
        is_of_dates(&dtype)? || is_of_periods(&dtype)?
    };
    if !is_of_times {
        return Ok(None);
    }
    // If no dtype is passed, pandas 2 guesses a different dtype and emits a warning.
    let dtype = [("dtype", dtype)].into_py_dict(py)?;
    let series = pandas.call_method("Series", (index,), Some(&dtype))?;
    time_column("time", &series, rows).map(Some)
}

/// Returns whether an index of objects contains at least one time, and otherwise only times and
/// missing values.
fn are_times(index: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut found = false;
    for object in index.call_method0("to_numpy")?.try_iter()? {
        let object = object?;
        if times::is_moment(&object)? {
            found = true;
        } else if !values::is_missing(&object)? {
            return Ok(false);
        }
    }
    Ok(found)
}

/// Returns whether the scalars of a pandas dtype are Python dates or datetimes, which is the case
/// for Arrow's date and time dtypes.
fn is_of_dates(dtype: &Bound<'_, PyAny>) -> PyResult<bool> {
    match dtype.getattr("type")?.cast::<PyType>() {
        Ok(kind) => kind.is_subclass_of::<PyDate>(),
        Err(_) => Ok(false),
    }
}

fn is_of_periods(dtype: &Bound<'_, PyAny>) -> PyResult<bool> {
    dtype.is_instance(&dtype.py().import("pandas")?.getattr("PeriodDtype")?)
}

/// Returns the times of a `DatetimeIndex` as a column of ticks.
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

fn time_column(name: &str, series: &Bound<'_, PyAny>, rows: usize) -> PyResult<Column> {
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
    if matches!(kind, Some('i' | 'u'))
        && let Some(integers) = of_numbers(&series.call_method0(intern!(py, "to_numpy"))?)?
    {
        return Ok(integers);
    }
    let is_float = pandas.getattr("api")?.getattr("types")?;
    let is_float = is_float.call_method1("is_float_dtype", (&dtype,))?;
    if rows > 0 && is_float.is_truthy()? {
        return Err(no_floats(name, &dtype));
    }
    // If a period is out of range, this conversion of the column fails. The error is raised when
    // the cell with this period is read.
    if is_of_periods(&dtype)?
        && let Ok(starts) = pandas
            .getattr("PeriodIndex")?
            .call1((series,))?
            .call_method1("to_timestamp", (py.None(), "start"))
    {
        return ticks(&starts);
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

/// Returns a column of a DataFrame in its memory format, which depends on the column's dtype.
fn column(sink: &mut Sink, series: &Bound<'_, PyAny>, is_text: bool) -> PyResult<Column> {
    let py = series.py();
    let by_cells = |cells: Cells| {
        if is_text {
            Column::Texts(cells)
        } else {
            Column::Cells(cells)
        }
    };
    let cells = || Ok(by_cells(Cells::Series(series.clone().unbind())));
    let as_text = |column: Column| {
        if is_text {
            Column::AsText(Box::new(column))
        } else {
            column
        }
    };
    if numpy_dtype(series)?.is_some() {
        let array = series.call_method0(intern!(py, "to_numpy"))?;
        if let Some(objects) = objects(&array, is_text)? {
            return Ok(objects);
        }
        if !is_text || is_of_arrow(&array)? {
            return of_numbers(&array)?.map_or_else(cells, |numbers| Ok(as_text(numbers)));
        }
        // Reading the column through its Series would create Python floats, which are wider than
        // the column's own type.
        return Ok(by_cells(Cells::Array(array.unbind())));
    }
    let array = series.getattr(intern!(py, "array"))?;
    let pandas = py.import("pandas")?;
    if array.is_instance(&pandas.getattr("Categorical")?)? {
        return category_column(sink, &array, is_text)?.map_or_else(cells, Ok);
    }
    if let Some(chunks) = arrow_chunks(&array)? {
        let is_texts = chunks.iter().all(|chunk| is_texts(chunk.data_type()));
        let chunks = Column::Arrow(chunks);
        return Ok(if is_texts { chunks } else { as_text(chunks) });
    }
    if let Some(masked) = masked_column(&array, is_text)? {
        return Ok(as_text(masked));
    }
    if is_text && array.is_instance(&pandas.getattr("arrays")?.getattr("SparseArray")?)? {
        let dense = array.call_method0("to_dense")?;
        return column(sink, &pandas.getattr("Series")?.call1((dense,))?, true);
    }
    if array.get_type().name()? == "StringArray" {
        let array = series.call_method1(intern!(py, "to_numpy"), ("object",))?;
        if let Some(objects) = objects(&array, is_text)? {
            return Ok(objects);
        }
    }
    cells()
}

/// Returns the column for a numpy array of Python objects. Returns `None` for arrays of any other
/// type.
fn objects(array: &Bound<'_, PyAny>, is_text: bool) -> PyResult<Option<Column>> {
    if !is_aligned(array)? {
        return Ok(None);
    }
    let objects = array.cast::<PyArray1<Py<PyAny>>>().ok();
    Ok(objects.map(|array| Column::Objects(Objects::new(array.clone().unbind(), is_text))))
}

/// Returns the Arrow chunks of a column that is in Arrow memory. Returns `None` if the column is
/// not in Arrow memory.
fn arrow_chunks(array: &Bound<'_, PyAny>) -> PyResult<Option<Vec<ArrayRef>>> {
    let py = array.py();
    let arrays = py.import("pandas")?.getattr("arrays")?;
    if !array.is_instance(&arrays.getattr("ArrowExtensionArray")?)? {
        return Ok(None);
    }
    let chunked = array.call_method0(intern!(py, "__arrow_array__"))?;
    let chunked: AnyArray = chunked.extract()?;
    let chunked = chunked.into_chunked_array().map_err(PyErr::from)?;
    let field = Arc::clone(chunked.field());
    let chunks = chunked.chunks().iter();
    let chunks = chunks.map(|chunk| plain(&field, Arc::clone(chunk)));
    Ok(Some(chunks.collect()))
}

/// Returns whether an Arrow type is a string type, or a dictionary of strings.
fn is_texts(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_texts(values),
        other => matches!(
            other,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ),
    }
}

/// Returns a categorical column as codes and category strings. The categories must be strings, or
/// it must be possible to read all of them at once.
fn category_column(
    sink: &mut Sink,
    array: &Bound<'_, PyAny>,
    is_text: bool,
) -> PyResult<Option<Column>> {
    let py = array.py();
    let categories = array.getattr("categories")?;
    let codes = of_numbers(&array.getattr("codes")?)?;
    let Some(Column::Numbers(codes)) = codes else {
        return Ok(None);
    };
    if let Some(texts) = category_texts(&categories)? {
        return Ok(Some(Column::Categories(codes, texts)));
    }
    if !is_text {
        return Ok(None);
    }
    let series = py
        .import("pandas")?
        .getattr("Series")?
        .call1((&categories,))?;
    let Column::AsText(mut held) = column(sink, &series, true)? else {
        return Ok(None);
    };
    let whole = Part {
        start: 0,
        end: categories.len()?,
        base: 0,
    };
    if held.chunk_end(0).is_some_and(|end| end < whole.end) {
        return Ok(None);
    }
    let values = held.read(py, sink, "", &whole)?;
    let texts = texts_of(py, values)?;
    Ok(Some(Column::AsText(Box::new(Column::Categories(
        codes, texts,
    )))))
}

/// Returns the categories of a column as an Arrow array of strings. Returns `None` if any category
/// is not a string.
fn category_texts(categories: &Bound<'_, PyAny>) -> PyResult<Option<ArrayRef>> {
    let mut texts = Vec::new();
    for category in categories.call_method0("tolist")?.try_iter()? {
        match category?.cast_into_exact::<PyString>() {
            Ok(text) => texts.push(text),
            Err(_) => return Ok(None),
        }
    }
    let texts = texts
        .iter()
        .map(|text| text.to_str())
        .collect::<PyResult<Vec<_>>>();
    // If a category contains a lone surrogate, the error is raised later, for the row that uses the
    // category.
    Ok(texts
        .ok()
        .map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef))
}

/// Returns a column of numbers with a mask, as pandas stores columns with nullable dtypes. Returns
/// `None` for columns in other memory formats.
fn masked_column(array: &Bound<'_, PyAny>, is_text: bool) -> PyResult<Option<Column>> {
    // The private attributes are used because the public methods of these pandas arrays always
    // copy.
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
    if !data.is_instance(&numpy)? || (is_text && !is_of_arrow(&data)?) {
        return Ok(None);
    }
    let data = of_numbers(&data)?;
    Ok(data.map(|data| Column::Masked(Box::new(data), mask.unbind())))
}
