//! Structured arrays of numpy: a table whose columns are views of any stride.

use aioinflux::frame::FrameLayout;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::columns::{Column, Columns, is_aligned, of_numbers};
use super::layout::Labels;
use super::objects::{Cells, Objects};
use crate::points::Points;
use crate::values;

/// Whether `data` is an array of numpy with named fields, or a record array.
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
    points: &mut Points,
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
    let mut labels = Labels::new(points, &labels)?;
    labels.date(points, "structured array")?;
    let mut columns = Vec::with_capacity(names.len());
    for (position, name) in names.iter().enumerate() {
        let column = array.get_item(name)?;
        columns.push(if labels.time == Some(position) {
            Column::Times(Cells::Array(column.unbind()))
        } else {
            self::column(column, labels.is_text(position))?
        });
    }
    let layout = labels.layout(points);
    Ok((layout, Columns::new(labels, columns, array.len()?)))
}

fn column(array: Bound<'_, PyAny>, is_text: bool) -> PyResult<Column> {
    if is_aligned(&array)?
        && let Ok(array) = array.cast::<PyArray1<Py<PyAny>>>()
    {
        return Ok(Column::Objects(Objects::new(
            array.clone().unbind(),
            is_text,
        )));
    }
    let one: usize = array.getattr("ndim")?.extract()?;
    if !is_text
        && one == 1
        && let Some(numbers) = of_numbers(&array)?
    {
        return Ok(numbers);
    }
    let cells = Cells::Array(array.unbind());
    Ok(if is_text {
        Column::Texts(cells)
    } else {
        Column::Cells(cells)
    })
}
