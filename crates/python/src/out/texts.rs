//! Finds the Python string that was created earlier for the same text.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The number of slots in [`Texts`], each of which can hold one string.
const SLOTS: usize = 256;

/// The Python objects for the most recent strings of a column. Most string columns have few
/// distinct values.
///
/// Each string can be stored in one of two adjacent slots.
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

/// Compares whole strings in a separate function, because strings of up to 16 bytes need no such
/// comparison.
#[cold]
fn is_text(known: &Bound<'_, PyString>, text: &str) -> bool {
    known.to_str().is_ok_and(|known| known == text)
}

/// The length, the first eight bytes and the last eight bytes of a string. For strings of up to 16
/// bytes, these are all the bytes.
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

    /// Chooses the slot of a string by its length and its last bytes, because the strings of a
    /// column often start the same way.
    fn slot(&self) -> usize {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.last ^ self.length as u64).wrapping_mul(MIX);
        usize::try_from(mixed >> 56).unwrap_or_default() % SLOTS
    }
}
