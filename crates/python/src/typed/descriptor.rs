//! Descriptors of a class, called without a lookup.
#![expect(
    unsafe_code,
    reason = "points of a class with slots (case W1t) take a third longer with each attribute by its \
        name; PyO3 has no call of a descriptor"
)]

use pyo3::ffi;
use pyo3::prelude::*;

/// A descriptor that can be set: a slot, or a property.
pub(super) struct Descriptor<'py> {
    object: Bound<'py, PyAny>,
    get: ffi::descrgetfunc,
}

impl<'py> Descriptor<'py> {
    /// `None` for any other attribute of a class.
    pub(super) fn new(object: Bound<'py, PyAny>) -> Option<Self> {
        let class = object.get_type_ptr();
        // SAFETY: the type is alive as long as its object is, and its slots are plain pointers.
        let (get, set) = unsafe { ((*class).tp_descr_get, (*class).tp_descr_set) };
        set?;
        Some(Self { object, get: get? })
    }

    /// The attribute of an object whose class has the descriptor.
    #[inline]
    pub(super) fn value(&self, of: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: this is the call that the interpreter makes for an attribute with this
        // descriptor. It borrows three living objects, and returns a new reference, or null with an
        // exception set.
        unsafe {
            let class = of.get_type_ptr().cast();
            let value = (self.get)(self.object.as_ptr(), of.as_ptr(), class);
            Bound::from_owned_ptr_or_err(of.py(), value)
        }
    }
}
