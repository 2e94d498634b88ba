//! Converts columns that are written as text, such as tags, to strings.

use arrow_array::{Array, ArrayRef};
use pyo3::prelude::*;

use crate::place::Place;
use crate::sink::Sink;
use crate::text::arrow::texts;

/// Returns the cells of a column as strings. The first cell belongs to the point with the number
/// `base`. Cells that were not strings before are counted for the warning at the end of the call. A
/// column that cannot be converted to text is returned unchanged, and the engine then refuses the
/// column.
pub(super) fn column(
    py: Python<'_>,
    sink: &mut Sink,
    name: &str,
    base: u64,
    array: ArrayRef,
) -> PyResult<ArrayRef> {
    let place = Place {
        point: None,
        part: "column",
        key: Some(name),
    };
    match texts(py, &array, place)? {
        Some(texts) => {
            note(sink, name, base, &texts);
            Ok(texts)
        }
        None => Ok(array),
    }
}

/// Returns the categories of a column as strings. The conversion of categories is not counted,
/// because the warning counts the rows that use the categories.
pub(super) fn texts_of(py: Python<'_>, array: ArrayRef) -> PyResult<ArrayRef> {
    Ok(texts(py, &array, Place::argument("data"))?.unwrap_or(array))
}

/// Counts the cells of a column that were converted to text.
pub(super) fn note(sink: &mut Sink, name: &str, base: u64, texts: &ArrayRef) {
    let nulls = texts.logical_nulls();
    for (index, row) in (base..).zip(0..texts.len()) {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            sink.warnings
                .note_converted(Place::of(index, "tag").key(name));
        }
    }
}
