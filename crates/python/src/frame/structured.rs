//! Reads structured numpy arrays as tables whose columns are views with any stride.

use aioinflux::frame::FrameLayout;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::columns::{Column, Columns, is_aligned, is_of_arrow, of_numbers};
use super::dtypes::no_floats;
use super::layout::Labels;
use super::objects::{Cells, Objects};
use super::roles::Roles;
use crate::sink::Sink;
use crate::values;

/// Returns whether `data` is a numpy array with named fields, such as a record array.
pub(super) fn is_array(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = data.py();
    if !values::is_imported(py, "numpy") {
        return Ok(false);
    }
    let numpy = py.import("numpy")?;
    if !data.is_instance(&numpy.getattr("ndarray")?)? {
        return Ok(false);
    }
    let names = data
        .getattr(intern!(py, "dtype"))?
        .getattr(intern!(py, "names"))?;
    Ok(!names.is_none())
}

pub(super) fn open(
    sink: &mut Sink,
    roles: &Roles,
    array: &Bound<'_, PyAny>,
) -> PyResult<(FrameLayout, Columns)> {
    let py = array.py();
    let dimensions: usize = array.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        return Err(PyValueError::new_err(format!(
            "structured array: expected one dimension, got {dimensions}"
        )));
    }
    let names = array
        .getattr(intern!(py, "dtype"))?
        .getattr(intern!(py, "names"))?;
    let names = names.cast_into::<PyTuple>()?;
    let labels: Vec<_> = names.iter().collect();
    let mut labels = Labels::new(sink, roles, &labels)?;
    labels.date(sink, "structured array")?;
    let mut columns = Vec::with_capacity(names.len());
    for (position, name) in names.iter().enumerate() {
        let column = array.get_item(name)?;
        columns.push(if labels.time == Some(position) {
            time_column(&labels.names[position], column)?
        } else {
            self::column(column, labels.is_text(position))?
        });
    }
    let layout = labels.layout(sink);
    Ok((layout, Columns::new(labels, columns, array.len()?)))
}

fn time_column(name: &str, array: Bound<'_, PyAny>) -> PyResult<Column> {
    let dtype = array.getattr("dtype")?;
    let kind: char = dtype.getattr("kind")?.extract()?;
    if kind == 'f' && array.len()? > 0 {
        return Err(no_floats(name, &dtype));
    }
    // Masked arrays are read cell by cell, so that the error message for a masked cell gives the
    // cell's row.
    if matches!(kind, 'i' | 'u')
        && !is_masked(&array)?
        && let Some(integers) = of_numbers(&array)?
    {
        return Ok(integers);
    }
    Ok(Column::Times(Cells::Array(array.unbind())))
}

fn column(array: Bound<'_, PyAny>, is_text: bool) -> PyResult<Column> {
    let py = array.py();
    let masked = py.import("numpy.ma")?;
    let is_masked = is_masked(&array)?;
    if !is_masked
        && is_aligned(&array)?
        && let Ok(array) = array.cast::<PyArray1<Py<PyAny>>>()
    {
        return Ok(Column::Objects(Objects::new(
            array.clone().unbind(),
            is_text,
        )));
    }
    let one: usize = array.getattr("ndim")?.extract()?;
    if one == 1
        && (!is_text || is_of_arrow(&array)?)
        && let Some(mut numbers) = of_numbers(&masked.call_method1("getdata", (&array,))?)?
    {
        if is_masked {
            let mask = masked.call_method1("getmaskarray", (&array,))?;
            let mask = mask.cast_into::<PyArray1<bool>>()?;
            numbers = Column::Masked(Box::new(numbers), mask.unbind());
        }
        return Ok(if is_text {
            Column::AsText(Box::new(numbers))
        } else {
            numbers
        });
    }
    // In numpy, a masked cell is represented by a special marker object.
    let cells = Cells::Array(array.unbind());
    Ok(if is_text {
        Column::Texts(cells)
    } else {
        Column::Cells(cells)
    })
}

fn is_masked(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let masked = array.py().import("numpy.ma")?;
    array.is_instance(&masked.getattr("MaskedArray")?)
}
