//! Reads columns in numpy or Arrow memory as Arrow arrays, one range of rows at a time.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, DictionaryArray, PrimitiveArray,
    RecordBatch, TimestampNanosecondArray, make_array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PySlice;

use super::layout::Labels;
use super::objects::{Cells, Objects};
use super::part::Part;
use super::texts;
use crate::place::Place;
use crate::sink::Sink;
use crate::times::out_of_range;

/// The value that marks a missing time in pandas and numpy.
const NAT: i64 = i64::MIN;

/// A table whose values are stored column by column.
pub(super) struct Columns {
    names: Vec<String>,
    held: Vec<Column>,
    rows: usize,
    done: usize,
}

/// A column of a table, in the memory format that the table uses.
pub(super) enum Column {
    /// A numpy array of numbers, with any stride.
    Numbers(Box<dyn Numbers>),
    Booleans(Py<PyArray1<bool>>),
    /// A column of numbers or booleans, with a mask that marks missing values.
    Masked(Box<Column>, Py<PyArray1<bool>>),
    /// A column of category codes, with the text of each category; the code -1 marks a missing
    /// value.
    Categories(Box<dyn Numbers>, ArrayRef),
    Arrow(Vec<ArrayRef>),
    /// A numpy array of numbers at unaligned addresses, such as the numbers in packed records. A
    /// range of unaligned numbers is copied to aligned memory before it is read.
    Packed(Py<PyAny>),
    /// A numpy array of dtype `object`. If the column contains tags, the strings that were seen
    /// before are remembered.
    Objects(Objects),
    /// A column that must be written as text, although its own type is not text.
    AsText(Box<Column>),
    /// A column of any other type, which is read cell by cell, either as text or as field values.
    Texts(Cells),
    Cells(Cells),
    /// A column of times in ticks since 1970, with the number of nanoseconds in a tick and the name
    /// of the time unit.
    Ticks(Py<PyArray1<i64>>, i64, String),
    /// A column of times that are read cell by cell.
    Times(Cells),
}

impl Columns {
    pub(super) fn new(labels: Labels, columns: Vec<Column>, rows: usize) -> Self {
        Self {
            names: labels.names,
            held: columns,
            rows,
            done: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.done == self.rows
    }

    /// Returns the next rows of the table. The rows are returned in pieces, and a piece ends where
    /// an Arrow column begins a new chunk.
    pub(super) fn read(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        base: u64,
        rows: usize,
    ) -> PyResult<Vec<RecordBatch>> {
        let (first, end) = (self.done, self.rows.min(self.done.saturating_add(rows)));
        let mut pieces = Vec::new();
        while self.done < end {
            let chunks = self
                .held
                .iter()
                .filter_map(|column| column.chunk_end(self.done));
            let part = Part {
                start: self.done,
                end: chunks.fold(end, usize::min),
                base: base + (self.done - first) as u64,
            };
            let mut arrays = Vec::with_capacity(self.held.len());
            let mut fields = Vec::with_capacity(self.held.len());
            for (name, column) in self.names.iter().zip(&mut self.held) {
                let array = column.read(py, sink, name, &part)?;
                fields.push(Field::new(name, array.data_type().clone(), true));
                arrays.push(array);
            }
            let piece = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
            pieces.push(piece);
            self.done = part.end;
        }
        Ok(pieces)
    }
}

impl Column {
    /// Returns the end of the Arrow chunk that contains the row `row`.
    pub(super) fn chunk_end(&self, row: usize) -> Option<usize> {
        let chunks = match self {
            Self::Arrow(chunks) => chunks,
            Self::AsText(column) => return column.chunk_end(row),
            _ => return None,
        };
        let mut end = 0;
        chunks.iter().find_map(|chunk| {
            end += chunk.len();
            (end > row).then_some(end)
        })
    }

    pub(super) fn read(
        &mut self,
        py: Python<'_>,
        sink: &mut Sink,
        name: &str,
        part: &Part,
    ) -> PyResult<ArrayRef> {
        let (start, end) = (part.start, part.end);
        Ok(match self {
            Self::Numbers(numbers) => numbers.read(py, start, end)?,
            Self::Booleans(array) => {
                Arc::new(BooleanArray::new(booleans(py, array, start, end)?, None))
            }
            Self::Masked(column, mask) => {
                let missing = booleans(py, mask, start, end)?;
                let array = column.read(py, sink, name, part)?;
                let data = array.to_data().into_builder();
                let data = data.nulls(Some(NullBuffer::new(!&missing))).build();
                make_array(data.map_err(|error| PyValueError::new_err(error.to_string()))?)
            }
            Self::Categories(codes, texts) => categories(&codes.read(py, start, end)?, texts)?,
            Self::Arrow(chunks) => {
                let mut before = 0;
                let chunk = chunks.iter().find(|chunk| {
                    before += chunk.len();
                    before > start
                });
                let chunk = chunk.ok_or_else(|| PyValueError::new_err("a column is too short"))?;
                chunk.slice(start + chunk.len() - before, end - start)
            }
            Self::Packed(array) => {
                let slice = PySlice::new(py, start.cast_signed(), end.cast_signed(), 1);
                let range = array.bind(py).get_item(slice)?.call_method0("copy")?;
                let whole = Part {
                    start: 0,
                    end: end - start,
                    base: part.base,
                };
                match of_numbers(&range)? {
                    Some(mut column) => column.read(py, sink, name, &whole)?,
                    None => return Err(PyValueError::new_err("an array changed its type")),
                }
            }
            Self::AsText(column) => {
                let array = column.read(py, sink, name, part)?;
                if matches!(**column, Self::Categories(..)) {
                    // The categories were converted to strings once for all rows, so only the
                    // warning is updated here.
                    texts::note(sink, name, part.base, &array);
                    array
                } else {
                    texts::column(py, sink, name, part.base, array)?
                }
            }
            Self::Objects(objects) => objects.read(py, sink, name, part)?,
            Self::Texts(cells) => cells.texts(py, sink, name, part)?,
            Self::Cells(cells) => cells.fields(py, name, part)?,
            Self::Times(cells) => cells.times(py, sink, name, part)?,
            Self::Ticks(array, scale, unit) => {
                let array = array.bind(py).try_readonly()?;
                Arc::new(times(&array.as_array(), *scale, unit, part)?)
            }
        })
    }
}

fn booleans(
    py: Python<'_>,
    array: &Py<PyArray1<bool>>,
    start: usize,
    end: usize,
) -> PyResult<BooleanBuffer> {
    let array = array.bind(py).try_readonly()?;
    Ok(if let Ok(values) = array.as_slice() {
        let values = &values[start..end];
        BooleanBuffer::collect_bool(values.len(), |row| values[row])
    } else {
        let values = array.as_array();
        BooleanBuffer::collect_bool(end - start, |row| values[start + row])
    })
}

/// A dictionary. Creates an Arrow dictionary array from category codes and strings. Negative codes
/// become nulls.
fn categories(codes: &ArrayRef, texts: &ArrayRef) -> PyResult<ArrayRef> {
    fn keyed<K>(codes: &ArrayRef, texts: &ArrayRef) -> Result<ArrayRef, ArrowError>
    where
        K: ArrowDictionaryKeyType,
    {
        let codes = codes.as_primitive::<K>().values();
        let none = K::Native::default();
        let nulls = codes.iter().any(|code| *code < none);
        let nulls = nulls
            .then(|| BooleanBuffer::collect_bool(codes.len(), |row| codes[row] >= none).into());
        let keys = PrimitiveArray::<K>::try_new(codes.clone(), nulls)?;
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(texts))?))
    }
    let array = match codes.data_type() {
        DataType::Int8 => keyed::<Int8Type>(codes, texts),
        DataType::Int16 => keyed::<Int16Type>(codes, texts),
        DataType::Int32 => keyed::<Int32Type>(codes, texts),
        _ => keyed::<Int64Type>(codes, texts),
    };
    array.map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Converts ticks of a time unit to nanoseconds.
fn times(
    ticks: &ArrayView1<'_, i64>,
    scale: i64,
    unit: &str,
    part: &Part,
) -> PyResult<TimestampNanosecondArray> {
    let mut times = Vec::with_capacity(part.end - part.start);
    for row in part.start..part.end {
        let place = || Place::of(part.base + (row - part.start) as u64, "time");
        let tick = ticks[row];
        if tick == NAT {
            return Err(place().value_error("expected a time, got NaT"));
        }
        let time = tick.checked_mul(scale);
        times.push(time.ok_or_else(|| out_of_range(place(), format_args!("{tick} {unit}")))?);
    }
    Ok(TimestampNanosecondArray::from(times))
}

/// A numpy array that is read one range of rows at a time.
pub(super) trait Numbers: Send + Sync {
    fn read(&self, py: Python<'_>, start: usize, end: usize) -> PyResult<ArrayRef>;
}

/// A numpy array of numbers that all have the same type.
struct Typed<A: ArrowPrimitiveType>(Py<PyArray1<A::Native>>)
where
    A::Native: Element;

impl<A: ArrowPrimitiveType> Numbers for Typed<A>
where
    A::Native: Element,
{
    fn read(&self, py: Python<'_>, start: usize, end: usize) -> PyResult<ArrayRef> {
        let array = self.0.bind(py).try_readonly()?;
        let values = if let Ok(values) = array.as_slice() {
            values[start..end].to_vec()
        } else {
            let values = array.as_array();
            (start..end).map(|row| values[row]).collect()
        };
        Ok(Arc::new(PrimitiveArray::<A>::new(values.into(), None)))
    }
}

/// Returns whether Rust can read a numpy array directly, because the array is aligned and its
/// strides are multiples of the element size.
pub(super) fn is_aligned(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let strides: Vec<isize> = array.getattr("strides")?.extract()?;
    let size: isize = array.getattr("itemsize")?.extract()?;
    let aligned: bool = array.getattr("flags")?.getattr("aligned")?.extract()?;
    Ok(aligned && size > 0 && strides.iter().all(|stride| stride % size == 0))
}

/// Returns whether Arrow has exactly the type of a numeric numpy array. The array must have native
/// byte order, and its floats must have 32 or 64 bits. If numpy's type had to be converted first, a
/// tag would get the text of the converted type.
pub(super) fn is_of_arrow(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let dtype = array.getattr("dtype")?;
    let kind: char = dtype.getattr("kind")?.extract()?;
    let size: usize = dtype.getattr("itemsize")?.extract()?;
    let native: bool = dtype.getattr("isnative")?.extract()?;
    Ok(native && (matches!(kind, 'b' | 'i' | 'u') || (kind == 'f' && matches!(size, 4 | 8))))
}

/// Returns the column for a numpy array of numbers or booleans. Returns `None` for numpy arrays of
/// other types.
///
/// Types that Arrow lacks, such as numbers with foreign byte order, are converted to a type that
/// Arrow has.
pub(super) fn of_numbers(array: &Bound<'_, PyAny>) -> PyResult<Option<Column>> {
    let kind: char = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if !is_aligned(array)? {
        let known = matches!(kind, 'f' | 'i' | 'u' | 'b');
        return Ok(known.then(|| Column::Packed(array.clone().unbind())));
    }
    macro_rules! typed {
        ($($kind:ty),+) => {
            $(if let Ok(array) = array.cast::<PyArray1<<$kind as ArrowPrimitiveType>::Native>>() {
                return Ok(Some(Column::Numbers(Box::new(Typed::<$kind>(array.clone().unbind())))));
            })+
        };
    }
    typed!(
        Float64Type,
        Int64Type,
        Int32Type,
        Float32Type,
        UInt64Type,
        UInt32Type,
        Int8Type,
        Int16Type,
        UInt8Type,
        UInt16Type
    );
    if let Ok(array) = array.cast::<PyArray1<bool>>() {
        return Ok(Some(Column::Booleans(array.clone().unbind())));
    }
    let wide = match kind {
        'f' => "f8",
        'i' => "i8",
        'u' => "u8",
        _ => return Ok(None),
    };
    of_numbers(&array.call_method1("astype", (wide,))?)
}
