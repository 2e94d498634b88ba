//! Reads table columns whose cells are Python objects.
//!
//! Columns of Python objects nearly always contain strings, which are read without running Python
//! code. Cells that are not strings are converted according to the rules for single values.

use std::collections::HashMap;
use std::sync::Arc;

use aioinflux::engine::column_of_cells;
use arrow_array::builder::StringBuilder;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, DictionaryArray, StringArray, TimestampNanosecondArray, UInt32Array};
use numpy::ndarray::ArrayView1;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PySlice, PyString};

use super::part::Part;
use crate::place::Place;
use crate::sink::Sink;
use crate::values;

/// The number of slots in which objects are looked up by address. The number is a power of two.
const SLOTS: usize = 4096;
/// The maximum number of distinct strings that are remembered for a column.
const MAX_TEXTS: usize = 1 << 14;

/// A column that is a numpy array of Python objects.
pub(super) struct Objects {
    array: Py<PyArray1<Py<PyAny>>>,
    /// The strings of a tag column that were seen so far. The strings are not remembered for a
    /// field column, or if a tag column has too many distinct strings.
    texts: Option<Texts>,
    is_text: bool,
}

impl Objects {
    pub(super) fn new(array: Py<PyArray1<Py<PyAny>>>, is_text: bool) -> Self {
        Self {
            array,
            texts: is_text.then(Texts::default),
            is_text,
        }
    }

    pub(super) fn read(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        name: &str,
        part: &Part,
    ) -> PyResult<ArrayRef> {
        let array = self.array.bind(py);
        {
            let held = array.try_readonly()?;
            let cells = held.as_array();
            if let Some(texts) = &mut self.texts {
                match texts.read(py, &cells, part)? {
                    Read::Texts(array) => return Ok(array),
                    Read::TooMany => self.texts = None,
                    Read::Other => {}
                }
            }
            if let Some(array) = strings(py, &cells, part) {
                return Ok(array);
            }
        }
        let cells = Cells::Array(array.as_any().clone().unbind());
        if self.is_text {
            cells.texts(py, sink, name, part)
        } else {
            cells.fields(py, name, part)
        }
    }
}

/// If a cell is a string, returns the cell's text. Returns `None` if the cell is missing, and an
/// error if the cell is neither a string nor missing.
fn text<'a>(py: Python<'_>, cell: &'a Bound<'_, PyAny>) -> Result<Option<&'a str>, ()> {
    if let Ok(text) = cell.cast_exact::<PyString>() {
        // If the string contains a lone surrogate, the exception is created later, because the
        // point number is not known here.
        return text.to_str().map(Some).map_err(|_| ());
    }
    let missing = cell.is(py.None())
        || cell
            .cast_exact::<PyFloat>()
            .is_ok_and(|number| number.value().is_nan());
    if missing { Ok(None) } else { Err(()) }
}

/// If all cells are strings or missing, returns them as an Arrow array of strings. Returns `None`
/// if any cell is neither a string nor missing.
fn strings(py: Python<'_>, cells: &ArrayView1<'_, Py<PyAny>>, part: &Part) -> Option<ArrayRef> {
    let rows = part.end - part.start;
    let mut builder = StringBuilder::with_capacity(rows, 16 * rows);
    for row in part.start..part.end {
        match text(py, cells[row].bind(py)) {
            Ok(text) => builder.append_option(text),
            Err(()) => return None,
        }
    }
    Some(Arc::new(builder.finish()))
}

enum Read {
    Texts(ArrayRef),
    TooMany,
    Other,
}

/// The remembered strings of a tag column, which are looked up by the address of an object or by
/// content.
#[derive(Default)]
struct Texts {
    /// Each slot holds an object and the object's code; an object's address selects its slot.
    slots: Vec<Option<(Py<PyAny>, u32)>>,
    codes: HashMap<String, u32>,
    /// An array with the string for each code, in which the code 0 stands for a missing string. The
    /// array is rebuilt when new strings have been added.
    values: Option<ArrayRef>,
    known: Vec<Option<String>>,
}

impl Texts {
    /// Returns the cells of a tag column as codes that refer to the known strings.
    fn read(
        &mut self,
        py: Python<'_>,
        cells: &ArrayView1<'_, Py<PyAny>>,
        part: &Part,
    ) -> PyResult<Read> {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
            self.known.push(None);
        }
        let rows = part.end - part.start;
        let mut keys = Vec::with_capacity(rows);
        let mut misses = 0;
        for row in part.start..part.end {
            let cell = &cells[row];
            // Addresses of Python objects are multiples of 16 bytes, so the lowest four bits are
            // not used.
            let slot = (cell.as_ptr() as usize >> 4) % SLOTS;
            let code = match &self.slots[slot] {
                Some((object, code)) if object.is(cell) => *code,
                _ => {
                    misses += 1;
                    let Ok(text) = text(py, cell.bind(py)) else {
                        return Ok(Read::Other);
                    };
                    let code = self.code(text);
                    self.slots[slot] = Some((cell.clone_ref(py), code));
                    code
                }
            };
            keys.push(code);
        }
        if self.known.len() > MAX_TEXTS || (misses > SLOTS && misses > rows / 2) {
            return Ok(Read::TooMany);
        }
        let values = self
            .values
            .get_or_insert_with(|| Arc::new(StringArray::from_iter(&self.known)));
        let array =
            DictionaryArray::<UInt32Type>::try_new(UInt32Array::from(keys), Arc::clone(values));
        let array =
            array.map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
        Ok(Read::Texts(Arc::new(array)))
    }

    fn code(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        // The number of distinct strings is at most the number of rows that have been read so far,
        // so the code fits into 32 bits.
        let code = u32::try_from(self.known.len()).unwrap_or(0);
        self.known.push(Some(text.to_owned()));
        self.codes.insert(text.to_owned(), code);
        self.values = None;
        code
    }
}

/// Cells that are read one by one, according to the rules for single Python values.
pub(super) enum Cells {
    /// The cells of a pandas `Series` or index.
    Series(Py<PyAny>),
    /// The cells of a numpy array, which are read as numpy scalars.
    Array(Py<PyAny>),
}

impl Cells {
    fn objects<'py>(&self, py: Python<'py>, part: &Part) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let slice = PySlice::new(py, part.start.cast_signed(), part.end.cast_signed(), 1);
        match self {
            Self::Series(series) => {
                let part = series
                    .bind(py)
                    .getattr(intern!(py, "iloc"))?
                    .get_item(slice)?;
                let part = part.call_method1(intern!(py, "astype"), ("object",))?;
                part.call_method0(intern!(py, "tolist"))?
                    .try_iter()?
                    .collect()
            }
            Self::Array(array) => array.bind(py).get_item(slice)?.try_iter()?.collect(),
        }
    }

    /// Returns the cells as field values, which may be of different types.
    pub(super) fn fields(&self, py: Python<'_>, name: &str, part: &Part) -> PyResult<ArrayRef> {
        let cells = self.objects(py, part)?;
        let mut values = Vec::with_capacity(cells.len());
        for (index, cell) in (part.base..).zip(&cells) {
            values.push(values::field(cell, Place::of(index, "field").key(name))?);
        }
        Ok(column_of_cells(&values))
    }

    /// Returns the cells as tag values.
    pub(super) fn texts(
        &self,
        py: Python<'_>,
        sink: &mut Sink,
        name: &str,
        part: &Part,
    ) -> PyResult<ArrayRef> {
        let cells = self.objects(py, part)?;
        let mut texts = Vec::with_capacity(cells.len());
        for (index, cell) in (part.base..).zip(&cells) {
            let place = Place::of(index, "tag").key(name);
            let mut converted = false;
            texts.push(values::tag(cell, place, &mut converted)?);
            if converted {
                sink.warnings.note_converted(place);
            }
        }
        Ok(Arc::new(StringArray::from_iter(texts)))
    }

    /// Returns the cells as times in nanoseconds.
    pub(super) fn times(
        &self,
        py: Python<'_>,
        sink: &mut Sink,
        name: &str,
        part: &Part,
    ) -> PyResult<ArrayRef> {
        let cells = self.objects(py, part)?;
        let mut times = Vec::with_capacity(cells.len());
        for (index, cell) in (part.base..).zip(&cells) {
            let place = Place::of(index, "time").key(name);
            times.push(sink.times.without_floats(cell, place)?);
        }
        Ok(Arc::new(TimestampNanosecondArray::from(times)))
    }
}
