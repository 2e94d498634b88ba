//! One column of a batch as Python objects, cell by cell.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, BooleanArray, RecordBatch, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

/// Slots of a [`Texts`].
const SLOTS: usize = 256;

/// A column, by type; it shares the memory of its array.
pub(super) struct Cells {
    values: Values,
    nulls: Option<NullBuffer>,
}

enum Values {
    Null,
    Time(ScalarBuffer<i64>, i64),
    Integer(ScalarBuffer<i64>),
    Unsigned(ScalarBuffer<u64>),
    Float(ScalarBuffer<f64>),
    Boolean(BooleanArray),
    Text(StringArray),
}

/// The columns of a batch.
pub(super) fn cells(batch: &RecordBatch, divisor: i64) -> Vec<Cells> {
    let columns = batch.columns().iter();
    columns
        .map(|array| Cells::new(array.as_ref(), divisor))
        .collect()
}

impl Cells {
    /// Times come in units of `divisor` nanoseconds.
    pub(super) fn new(array: &dyn Array, divisor: i64) -> Self {
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
            // The decoders make no other types.
            _ => Values::Null,
        };
        Self {
            values,
            nulls: array.nulls().cloned(),
        }
    }

    /// The object of a cell, or nothing where it is null.
    #[inline]
    pub(super) fn object<'py>(
        &self,
        py: Python<'py>,
        row: usize,
        texts: &mut Texts,
    ) -> Option<Bound<'py, PyAny>> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        Some(match &self.values {
            Values::Null => return None,
            Values::Integer(values) | Values::Time(values, 1) => integer(py, values[row]),
            // The server divides so, towards zero.
            Values::Time(values, divisor) => integer(py, values[row] / divisor),
            Values::Unsigned(values) => integer(py, values[row]),
            Values::Float(values) => PyFloat::new(py, values[row]).into_any(),
            Values::Boolean(array) => PyBool::new(py, array.value(row)).to_owned().into_any(),
            Values::Text(array) => texts.object(py, array.value(row)),
        })
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

/// The last texts of a column as objects: most columns of texts hold few different ones.
///
/// A text has two places, beside each other.
#[derive(Default)]
pub(super) struct Texts {
    slots: Vec<Option<(Ends, Py<PyString>)>>,
}

impl Texts {
    #[inline]
    pub(super) fn object<'py>(&mut self, py: Python<'py>, text: &str) -> Bound<'py, PyAny> {
        let ends = Ends::of(text.as_bytes());
        let slot = ends.slot();
        for slot in [slot, slot ^ 1] {
            if let Some(Some((known_ends, known))) = self.slots.get(slot)
                && *known_ends == ends
            {
                let known = known.bind(py);
                if ends.is_all() || is_text(known, text) {
                    return known.clone().into_any();
                }
            }
        }
        self.add(py, text, ends)
    }

    #[cold]
    #[inline(never)]
    fn add<'py>(&mut self, py: Python<'py>, text: &str, ends: Ends) -> Bound<'py, PyAny> {
        self.slots.resize_with(SLOTS, || None);
        let slot = ends.slot();
        let is_free = |slot: &usize| self.slots[*slot].is_none();
        let slot = Some(slot ^ 1).filter(is_free).unwrap_or(slot);
        let new = PyString::new(py, text);
        self.slots[slot] = Some((ends, new.clone().unbind()));
        new.into_any()
    }
}

/// Out of the way of short texts, whose ends are all of them.
#[cold]
fn is_text(known: &Bound<'_, PyString>, text: &str) -> bool {
    known.to_str().is_ok_and(|known| known == text)
}

/// The length of a text, its first and its last eight bytes: all of it, where it is short.
#[derive(PartialEq)]
struct Ends {
    length: usize,
    first: u64,
    last: u64,
}

impl Ends {
    #[inline]
    fn of(text: &[u8]) -> Self {
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (
                0,
                text.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            ),
        };
        Self {
            length: text.len(),
            first,
            last,
        }
    }

    fn is_all(&self) -> bool {
        self.length <= 16
    }

    /// A slot, by the length and the last bytes: texts of one column often begin alike.
    fn slot(&self) -> usize {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.last ^ self.length as u64).wrapping_mul(MIX);
        usize::try_from(mixed >> 56).unwrap_or_default() % SLOTS
    }
}
