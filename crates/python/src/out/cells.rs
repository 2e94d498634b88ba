//! Converts the cells of one column of a batch to Python objects.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, BooleanArray, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt};

use super::texts::Texts;

/// A column of a batch, whose values are stored according to their type. The column shares the
/// memory of its Arrow array.
pub(super) struct Cells {
    values: Values,
    nulls: Option<NullBuffer>,
}

enum Values {
    /// All cells contain the same Python object.
    Same(Py<PyAny>),
    Time(ScalarBuffer<i64>, i64),
    Integer(ScalarBuffer<i64>),
    Unsigned(ScalarBuffer<u64>),
    Float(ScalarBuffer<f64>),
    Boolean(BooleanArray),
    Text(StringArray),
}

impl Cells {
    /// Creates the cells of an Arrow array. Times are converted to units of `divisor` nanoseconds.
    pub(super) fn new(py: Python<'_>, array: &dyn Array, divisor: i64) -> Self {
        let values = match array.data_type() {
            DataType::Timestamp(..) => {
                let values = array.as_primitive::<TimestampNanosecondType>().values();
                Values::Time(values.clone(), divisor)
            }
            DataType::Int64 => Values::Integer(array.as_primitive::<Int64Type>().values().clone()),
            DataType::UInt64 => {
                Values::Unsigned(array.as_primitive::<UInt64Type>().values().clone())
            }
            DataType::Float64 => {
                Values::Float(array.as_primitive::<Float64Type>().values().clone())
            }
            DataType::Boolean => Values::Boolean(array.as_boolean().clone()),
            DataType::Utf8 => Values::Text(array.as_string().clone()),
            DataType::Utf8View => Values::Text(array.as_string_view().iter().collect()),
            // The decoders of answers create columns of no other types.
            _ => Values::Same(py.None()),
        };
        Self {
            values,
            nulls: array.nulls().cloned(),
        }
    }

    /// Creates a column that has the same object in every row.
    pub(super) fn same(object: Py<PyAny>) -> Self {
        Self {
            values: Values::Same(object),
            nulls: None,
        }
    }

    /// Appends the Python objects for the cells in `rows` to `objects`. Cells that are null become
    /// `None` in Python.
    pub(super) fn fill(
        &self,
        py: Python<'_>,
        rows: Range<usize>,
        texts: &mut Texts,
        objects: &mut Vec<Py<PyAny>>,
    ) {
        match &self.values {
            Values::Same(object) => objects.extend(rows.map(|_| object.clone_ref(py))),
            Values::Integer(values) | Values::Time(values, 1) => {
                self.each(py, rows, objects, |row| integer(py, values[row]));
            }
            // The division rounds toward zero, as the server's division does.
            Values::Time(values, divisor) => {
                self.each(py, rows, objects, |row| integer(py, values[row] / divisor));
            }
            Values::Unsigned(values) => {
                self.each(py, rows, objects, |row| integer(py, values[row]));
            }
            Values::Float(values) => {
                self.each(py, rows, objects, |row| {
                    PyFloat::new(py, values[row]).into_any()
                });
            }
            Values::Boolean(values) => self.each(py, rows, objects, |row| {
                PyBool::new(py, values.value(row)).to_owned().into_any()
            }),
            Values::Text(values) => {
                self.each(py, rows, objects, |row| texts.object(py, values.value(row)));
            }
        }
    }

    /// For each row, appends the result of the function `object`, or `None` if the cell is null.
    #[inline]
    fn each<'py>(
        &self,
        py: Python<'py>,
        rows: Range<usize>,
        objects: &mut Vec<Py<PyAny>>,
        mut object: impl FnMut(usize) -> Bound<'py, PyAny>,
    ) {
        match &self.nulls {
            None => objects.extend(rows.map(|row| object(row).unbind())),
            Some(nulls) => objects.extend(rows.map(|row| {
                if nulls.is_null(row) {
                    py.None()
                } else {
                    object(row).unbind()
                }
            })),
        }
    }
}

/// A Python `int`.
#[inline]
pub(super) fn integer<'py, N>(py: Python<'py>, value: N) -> Bound<'py, PyAny>
where
    N: IntoPyObject<
            'py,
            Target = PyInt,
            Output = Bound<'py, PyInt>,
            Error = std::convert::Infallible,
        >,
{
    let Ok(object) = value.into_pyobject(py);
    object.into_any()
}
