//! Reads the tags and fields of a dict in place, without counting references to the dict's keys and
//! values.
#![expect(
    unsafe_code,
    reason = "with a reference counted for each key and value, points as dicts (case W1) take 10 to 15 % \
        longer; PyO3 has no borrowed entries of a dict"
)]

use std::hint::assert_unchecked;
use std::mem::MaybeUninit;

use aioinflux::line::{Row, Shape, Unusual};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyBool, PyDict, PyFloat, PyString};

use crate::prefetch;
use crate::sink::{Memo, Object, Text, text, write_text};

/// The reason why a point was not written by the fast path.
pub(super) enum Miss {
    /// The point does not have the shape that was guessed for it.
    OtherShape,
    /// The point must be written by the module `plain`, because the point is unusual.
    Unusual,
}

impl From<Unusual> for Miss {
    fn from(_: Unusual) -> Self {
        Self::Unusual
    }
}

/// Writes the tags of a dict whose tags are already in line order, if no extra tag has to go
/// between them.
pub(super) fn write_tags(
    row: &mut Row<'_>,
    shape: &Shape,
    known: &[Text],
    tags: &Bound<'_, PyDict>,
    memo: &mut Memo,
) -> Result<(), Miss> {
    with_critical_section(tags, || {
        // SAFETY: while the dict is locked, only `Text::is`, `Tag::prefetch`, `Tag::write` and
        // `write_text` are called. None of the functions that are called with the borrowed keys and
        // values runs Python code. Before a call that may wait for another thread, these functions
        // take references to the borrowed objects that they use.
        let mut entries = unsafe { Entries::of(tags) };
        let (values, points) = memo.tags();
        if values.is_empty() {
            for (tag, (known, (key, value))) in known.iter().zip(entries).enumerate() {
                if !known.is(key) {
                    return Err(Miss::OtherShape);
                }
                write_text(row, tag, value)?;
            }
            return Ok(());
        }
        let mut ahead = Ahead::default();
        for (part, known) in known.chunks(AHEAD).enumerate() {
            let first = part * AHEAD;
            let values = &mut values[first..];
            ahead.fill(&mut entries, |at, value| {
                if let Some(tag) = values.get(at) {
                    tag.prefetch(value);
                }
            });
            for (at, (known, (key, value))) in known.iter().zip(ahead.entries()).enumerate() {
                if !known.is(key) {
                    return Err(Miss::OtherShape);
                }
                values[at].write(row, shape, first + at, value, points)?;
            }
        }
        Ok(())
    })
}

/// Writes all fields of a point in the order of their dict.
pub(super) fn write_fields(
    row: &mut Row<'_>,
    known: &[Text],
    fields: &Bound<'_, PyDict>,
) -> Result<(), Miss> {
    with_critical_section(fields, || {
        // SAFETY: while the dict is locked, only functions that run no Python code are called.
        // `Text::is`, `prefetch_number`, `float`, `integer` and `write_other` run no Python code.
        // Before a call that may wait for another thread, these functions take references to the
        // objects that they read.
        let mut entries = unsafe { Entries::of(fields) };
        let mut ahead = Ahead::default();
        for (part, known) in known.chunks(AHEAD).enumerate() {
            ahead.fill(&mut entries, |_, value| prefetch_number(value));
            for (at, (known, (key, value))) in known.iter().zip(ahead.entries()).enumerate() {
                if !known.is(key) {
                    return Err(Miss::OtherShape);
                }
                let field = part * AHEAD + at;
                if let Some(number) = float(value) {
                    row.float(field, number)?;
                } else if let Some(number) = integer(value) {
                    row.integer(field, number)?;
                } else {
                    write_other(row, field, value)?;
                }
            }
        }
        Ok(())
    })
}

/// Prefetches two addresses in a number object, because the object's type and its value can be in
/// different cache lines.
#[inline]
fn prefetch_number(value: Object<'_, '_>) {
    let address = value.as_ptr().addr();
    prefetch::line(address + size_of::<ffi::Py_ssize_t>());
    prefetch::line(address + size_of::<ffi::PyObject>());
}

/// If the keys of a dict are exactly `names`, in the same order, adds the dict's values to
/// `values`. If the keys differ, returns `false`; some of the values may have been added already.
pub(crate) fn read_values<'py>(
    dict: &Bound<'py, PyDict>,
    names: &[Bound<'py, PyAny>],
    values: &mut Vec<Bound<'py, PyAny>>,
) -> bool {
    if dict.len() != names.len() {
        return false;
    }
    values.reserve(names.len());
    with_critical_section(dict, || {
        // SAFETY: while the dict is locked, this code only compares addresses and takes references.
        let entries = unsafe { Entries::of(dict) };
        let before = values.len();
        for (known, (name, value)) in names.iter().zip(entries) {
            if !name.is(known) {
                return false;
            }
            values.push(value.to_owned());
        }
        values.len() - before == names.len()
    })
}

/// Writes a string, a boolean, `None`, or a float of a subclass, without calling any method of the
/// value.
#[inline(never)]
fn write_other(row: &mut Row<'_>, field: usize, value: Object<'_, '_>) -> Result<(), Unusual> {
    if let Ok(value) = value.cast_exact::<PyString>() {
        row.string(field, text(&value.to_owned())?)
    } else if let Ok(flag) = value.cast_exact::<PyBool>() {
        row.boolean(field, flag.is_true())
    } else if value.is_none() {
        Ok(())
    } else if let Ok(number) = value.cast::<PyFloat>() {
        row.float(field, number.value())
    } else {
        Err(Unusual)
    }
}

/// Returns the value of a float. Returns `None` if the object's type is not exactly `float`.
#[inline]
fn float(value: Object<'_, '_>) -> Option<f64> {
    // SAFETY: the object is alive, and it is read as a float only if it is a float.
    unsafe {
        (ffi::PyFloat_CheckExact(value.as_ptr()) != 0)
            .then(|| ffi::PyFloat_AS_DOUBLE(value.as_ptr()))
    }
}

/// Returns the value of an integer, or `None` if the object is no integer or its value does not fit
/// into 64 bits.
#[inline]
fn integer(value: Object<'_, '_>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: the object is alive. If the object is an integer, converting it raises no exception
    // and runs no Python code.
    let number = unsafe {
        if ffi::PyLong_CheckExact(value.as_ptr()) == 0 {
            return None;
        }
        ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow)
    };
    (overflow == 0).then_some(number)
}

/// The number of dict entries that are read ahead of the entry that is being written.
const AHEAD: usize = 16;

/// Dict entries that are read ahead, so that the cache misses of their values overlap.
#[derive(Default)]
struct Ahead<'a, 'py> {
    entries: [Option<Entry<'a, 'py>>; AHEAD],
}

type Entry<'a, 'py> = (Object<'a, 'py>, Object<'a, 'py>);

impl<'a, 'py> Ahead<'a, 'py> {
    /// Reads the next entries of a dict, and calls `prefetch` with the index and the value of each
    /// entry.
    #[inline]
    fn fill(&mut self, entries: &mut Entries<'a, 'py>, prefetch: impl Fn(usize, Object<'a, 'py>)) {
        for (at, place) in self.entries.iter_mut().enumerate() {
            *place = entries.next();
            match place {
                Some((_, value)) => prefetch(at, *value),
                None => break,
            }
        }
    }

    #[inline]
    fn entries(&self) -> impl Iterator<Item = Entry<'a, 'py>> {
        self.entries.iter().map_while(|entry| *entry)
    }
}

/// Iterates over the keys and values of a dict, in the dict's order.
struct Entries<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    place: ffi::Py_ssize_t,
}

impl<'a, 'py> Entries<'a, 'py> {
    /// Starts an iteration at the first entry of a dict.
    ///
    /// # Safety
    ///
    /// Nothing may change the dict while the iterator, or a key or value that it returned, is in
    /// use. No Python code may run during the iteration, and in a build without the GIL the dict
    /// must be locked.
    #[inline]
    unsafe fn of(dict: &'a Bound<'py, PyDict>) -> Self {
        Self { dict, place: 0 }
    }
}

impl<'a, 'py> Iterator for Entries<'a, 'py> {
    type Item = Entry<'a, 'py>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (mut key, mut value) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let (dict, py) = (self.dict.as_ptr(), self.dict.py());
        let place = &raw mut self.place;
        // SAFETY: the dict is alive. Unless `PyDict_Next` returns 0, it sets both pointers to
        // objects that the dict keeps alive. Callers of `of` guarantee that the dict keeps its keys
        // and values alive while they are in use.
        unsafe {
            if ffi::PyDict_Next(dict, place, key.as_mut_ptr(), value.as_mut_ptr()) == 0 {
                return None;
            }
            let (key, value) = (key.assume_init(), value.assume_init());
            assert_unchecked(!key.is_null() && !value.is_null());
            Some((Borrowed::from_ptr(py, key), Borrowed::from_ptr(py, value)))
        }
    }
}
