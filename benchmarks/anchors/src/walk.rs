//! Walks over dicts with the C function `PyDict_Next`.

use std::hint::black_box;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

/// Touches one value and, if the value is a dict, everything inside the dict.
pub(crate) fn value(value: &Bound<'_, PyAny>) -> usize {
    // SAFETY: the pointer refers to a live object, and the GIL is held.
    unsafe { touch(value.as_ptr()) }
}

/// # Safety
///
/// The caller must hold the GIL, and the object must be alive.
unsafe fn touch(object: *mut ffi::PyObject) -> usize {
    // SAFETY: the caller guarantees both conditions. A dict keeps its keys and values alive, and
    // nothing changes the dict during the walk.
    unsafe {
        let kind = black_box(ffi::Py_TYPE(object));
        if kind == &raw mut ffi::PyUnicode_Type {
            let mut length = 0;
            let text = ffi::PyUnicode_AsUTF8AndSize(object, &raw mut length);
            return if length > 0 {
                usize::from(text.cast::<u8>().read())
            } else {
                0
            };
        }
        if kind != &raw mut ffi::PyDict_Type {
            return 1;
        }
        let (mut place, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        let mut sum = 0;
        while ffi::PyDict_Next(object, &raw mut place, &raw mut key, &raw mut value) != 0 {
            sum += touch(key) + touch(value);
        }
        sum
    }
}
