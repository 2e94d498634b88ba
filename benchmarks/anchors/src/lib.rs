//! The minimal native work with which `make bench` compares the times of encoders: no encoder can
//! be faster.

mod floats;
mod walk;

use pyo3::prelude::*;

#[pymodule]
mod bench_anchors {
    use numpy::PyReadonlyArray1;
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyList};

    /// Walks over points that are dicts: reads the type of every value and one byte of every
    /// string.
    #[pyfunction]
    fn walk(points: &Bound<'_, PyList>) -> usize {
        points.iter().map(|point| crate::walk::value(&point)).sum()
    }

    /// Formats every float in the columns as text; the threads share the rows.
    #[pyfunction]
    fn format_floats(
        py: Python<'_>,
        columns: Vec<PyReadonlyArray1<'_, f64>>,
        threads: usize,
    ) -> PyResult<usize> {
        let columns: Vec<&[f64]> = columns
            .iter()
            .map(PyReadonlyArray1::as_slice)
            .collect::<Result<_, _>>()?;
        Ok(py.detach(|| crate::floats::length(&columns, threads)))
    }

    /// Takes the arguments of `to_line_protocol`, but does nothing.
    #[pyfunction]
    #[pyo3(signature = (data, measurement=None, tag_columns=None, *, time_column=None, tags=None, **extra_tags))]
    fn nothing(
        data: &Bound<'_, PyAny>,
        measurement: Option<&Bound<'_, PyAny>>,
        tag_columns: Option<&Bound<'_, PyAny>>,
        time_column: Option<&Bound<'_, PyAny>>,
        tags: Option<&Bound<'_, PyAny>>,
        extra_tags: Option<&Bound<'_, PyDict>>,
    ) {
        let _ = (
            data,
            measurement,
            tag_columns,
            time_column,
            tags,
            extra_tags,
        );
    }
}
