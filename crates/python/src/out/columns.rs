//! Converts the columns of a series to numpy arrays, from which pandas columns are made.
//!
//! A column that consists of one batch is passed to numpy without a copy. A column that consists of
//! several batches is joined in a new numpy array, for which numpy requests huge pages. With pages
//! of normal size, the page faults on newly allocated memory would take longer than the copy
//! itself.

use aioinflux::Series;
use aioinflux::unify::{as_type, common_type};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema};
use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::Arc;

use super::cells::Cells;
use super::table::Table;
use super::tags_dict;
use super::texts::Texts;

/// The value that marks a missing time in pandas.
const NAT: i64 = i64::MIN;

/// A column as its kind, its values, and a mask of its nulls. The mask is `None` if the column has
/// no nulls.
pub(super) type Column = (&'static str, Py<PyAny>, Py<PyAny>);

/// Returns the columns of a series as `(name, tags, rows, [(label, kind, values, mask)])`.
///
/// Columns of the kind `time` have int64 nanoseconds, and columns of the kind `int` have int64 or
/// uint64 numbers. In columns of the kind `float`, nulls are NaN. Columns of the kinds `int` and
/// `bool` have a mask if there are nulls. Columns of the kind `null` have no values at all. Columns
/// of the kind `text` are a [`Table`] of one column if `arrow` is set, and otherwise a list.
/// Columns of the kind `object` are a list.
pub(super) fn series_columns(py: Python<'_>, series: Series, arrow: bool) -> PyResult<Py<PyAny>> {
    let Series {
        name,
        tags,
        batches,
        ..
    } = series;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let schema = batches.first().map(RecordBatch::schema);
    let mut parts: Vec<Vec<ArrayRef>> = Vec::new();
    parts.resize_with(
        schema.as_ref().map_or(0, |schema| schema.fields().len()),
        Vec::new,
    );
    for batch in batches {
        // The columns are moved out of the batch, so that each Arrow array has only one owner and
        // its memory can be passed to numpy.
        let (_, columns, _) = batch.into_parts();
        for (column, array) in parts.iter_mut().zip(columns) {
            column.push(array);
        }
    }
    let columns = PyList::empty(py);
    let fields = schema.iter().flat_map(|schema| schema.fields());
    for (field, parts) in fields.zip(parts) {
        let (kind, values, mask) = column(py, parts, arrow)?;
        columns.append((field.name(), kind, values, mask))?;
    }
    (name, tags_dict(py, &tags)?, rows, columns).into_py_any(py)
}

/// Joins the parts of one column, each of which comes from a different batch.
pub(super) fn column(py: Python<'_>, parts: Vec<ArrayRef>, arrow: bool) -> PyResult<Column> {
    let views: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let Ok(kind) = common_type(&views) else {
        return Ok(("object", objects(py, &parts)?, py.None()));
    };
    let parts: Vec<ArrayRef> = if parts.iter().all(|part| *part.data_type() == kind) {
        parts
    } else {
        parts.iter().map(|part| as_type(part, &kind)).collect()
    };
    Ok(match kind {
        DataType::Timestamp(..) => {
            let values = joined::<TimestampNanosecondType>(py, parts, Some(NAT))?;
            ("time", values, py.None())
        }
        DataType::Float64 => {
            let values = joined::<Float64Type>(py, parts, Some(f64::NAN))?;
            ("float", values, py.None())
        }
        DataType::Int64 => {
            let mask = mask(py, &parts);
            ("int", joined::<Int64Type>(py, parts, None)?, mask)
        }
        DataType::UInt64 => {
            let mask = mask(py, &parts);
            ("int", joined::<UInt64Type>(py, parts, None)?, mask)
        }
        DataType::Boolean => {
            let values = parts
                .iter()
                .flat_map(|part| part.as_boolean().values().iter());
            let values: Vec<bool> = values.collect();
            ("bool", array(py, values), mask(py, &parts))
        }
        DataType::Utf8 if arrow => ("text", text_table(py, parts, &kind)?, py.None()),
        DataType::Utf8 => ("text", objects(py, &parts)?, py.None()),
        _ => ("null", py.None(), py.None()),
    })
}

fn array<T: Element>(py: Python<'_>, values: Vec<T>) -> Py<PyAny> {
    values.into_pyarray(py).into_any().unbind()
}

/// Returns the values of all parts of a column, one part after another, with `missing` in place of
/// nulls.
fn joined<T>(
    py: Python<'_>,
    mut parts: Vec<ArrayRef>,
    missing: Option<T::Native>,
) -> PyResult<Py<PyAny>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return Ok(array(py, owned::<T>(part, missing)));
    }
    let rows: usize = parts.iter().map(Array::len).sum();
    let dtype = numpy::dtype::<T::Native>(py);
    let values = py.import("numpy")?.call_method1("empty", (rows, dtype))?;
    let values = values.cast_into::<PyArray1<T::Native>>()?;
    let mut writer = values.try_readwrite()?;
    let mut rest = writer.as_slice_mut()?;
    for part in parts {
        let (target, after) = rest.split_at_mut(part.len());
        let part = part.as_primitive::<T>();
        target.copy_from_slice(part.values());
        mark(target, part.nulls(), missing);
        rest = after;
    }
    Ok(values.into_any().unbind())
}

/// Returns the values of one Arrow array, without a copy if nothing else uses the array's memory.
fn owned<T: ArrowPrimitiveType>(array: ArrayRef, missing: Option<T::Native>) -> Vec<T::Native> {
    let typed: PrimitiveArray<T> = array.as_primitive::<T>().clone();
    drop(array);
    let (_, values, nulls) = typed.into_parts();
    let buffer = values.into_inner().into_vec::<T::Native>();
    let mut values = buffer.unwrap_or_else(|shared| shared.typed_data().to_vec());
    mark(&mut values, nulls.as_ref(), missing);
    values
}

fn mark<N: Copy>(values: &mut [N], nulls: Option<&NullBuffer>, missing: Option<N>) {
    if let (Some(nulls), Some(missing)) = (nulls, missing) {
        for (value, valid) in values.iter_mut().zip(nulls) {
            if !valid {
                *value = missing;
            }
        }
    }
}

/// Returns a mask that marks the nulls of a column, or `None` if no value is null.
fn mask(py: Python<'_>, parts: &[ArrayRef]) -> Py<PyAny> {
    if parts.iter().all(|part| part.null_count() == 0) {
        return py.None();
    }
    let mut mask = Vec::with_capacity(parts.iter().map(Array::len).sum());
    for part in parts {
        match part.nulls() {
            Some(nulls) => mask.extend(nulls.iter().map(|valid| !valid)),
            None => mask.resize(mask.len() + part.len(), false),
        }
    }
    array(py, mask)
}

fn text_table(py: Python<'_>, parts: Vec<ArrayRef>, kind: &DataType) -> PyResult<Py<PyAny>> {
    let field = Field::new("", kind.clone(), true);
    let schema = Arc::new(Schema::new(vec![field]));
    let batches = parts
        .into_iter()
        .map(|part| RecordBatch::try_new(Arc::clone(&schema), vec![part]));
    let batches: Vec<RecordBatch> = batches
        .collect::<Result<_, _>>()
        .expect("the schema is that of the parts");
    Table::plain(schema, batches).into_py_any(py)
}

fn objects(py: Python<'_>, parts: &[ArrayRef]) -> PyResult<Py<PyAny>> {
    let mut objects = Vec::with_capacity(parts.iter().map(Array::len).sum());
    let mut texts = Texts::default();
    for part in parts {
        let cells = Cells::new(py, part.as_ref(), 1);
        cells.fill(py, 0..part.len(), &mut texts, &mut objects);
    }
    PyList::new(py, objects)?.into_py_any(py)
}
