//! Calls the descriptors of a class directly, without looking them up for each object.
#![expect(
    unsafe_code,
    reason = "points of a class with slots (case W1t) take a third longer with each attribute by its \
        name; PyO3 has no call of a descriptor"
)]

use pyo3::ffi;
use pyo3::prelude::*;

/// A descriptor whose attribute can be set, such as a slot or a property.
pub(super) struct Descriptor<'py> {
    object: Bound<'py, PyAny>,
    get: ffi::descrgetfunc,
}

impl<'py> Descriptor<'py> {
    /// Returns `None` if the object is not a descriptor whose attribute can be set.
    pub(super) fn new(object: Bound<'py, PyAny>) -> Option<Self> {
        let class = object.get_type_ptr();
        // SAFETY: the type is alive as long as its object is alive, and the type's slots are plain
        // pointers.
        let (get, set) = unsafe { ((*class).tp_descr_get, (*class).tp_descr_set) };
        set?;
        Some(Self { object, get: get? })
    }

    /// Returns the value of the attribute for an object whose class has this descriptor.
    #[inline]
    pub(super) fn value(&self, of: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: the interpreter makes the same call when it reads an attribute with this
        // descriptor. The call borrows three objects that are alive. The result is a new reference,
        // or null with an exception set.
        unsafe {
            let class = of.get_type_ptr().cast();
            let value = (self.get)(self.object.as_ptr(), of.as_ptr(), class);
            Bound::from_owned_ptr_or_err(of.py(), value)
        }
    }
}
