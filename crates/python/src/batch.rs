//! Provides encoded lines as a Python object whose memory can be read without a copy.
#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands the object of a buffer by value"
)]
#![expect(
    unsafe_code,
    reason = "PyO3 offers the buffer protocol by unsafe functions only; without it every batch would \
        be copied on its way to a socket or a file"
)]

use std::ffi::c_int;
use std::sync::Arc;

use aioinflux::Batch;
use aioinflux::engine::Spares;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::exit;

#[doc = docstring!("Batch")]
#[pyclass(module = "aioinflux._core", name = "Batch", frozen)]
pub(crate) struct Encoded {
    pub(crate) batch: Arc<Batch>,
    /// The pool that receives the memory of the lines when no Python object refers to them any
    /// longer.
    spares: Option<Spares>,
}

impl Encoded {
    pub(crate) fn new(batch: Batch, spares: Option<Spares>) -> Self {
        Self {
            batch: Arc::new(batch),
            spares,
        }
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        if let (Some(spares), Some(batch)) = (&self.spares, Arc::get_mut(&mut self.batch)) {
            spares.put(std::mem::replace(batch, Batch::new(batch.dialect())));
        }
    }
}

#[pymethods]
impl Encoded {
    #[doc = docstring!("Batch.points")]
    #[getter]
    fn points(&self) -> usize {
        self.batch.len()
    }

    #[doc = docstring!("Batch.skipped")]
    #[getter]
    fn skipped(&self) -> u64 {
        self.batch.skipped()
    }

    fn __len__(&self) -> usize {
        self.batch.bytes().len()
    }

    fn __repr__(&self) -> String {
        exit::protect_thread();
        let (points, bytes) = (self.batch.len(), self.batch.bytes().len());
        format!("<Batch of {points} points, {bytes} bytes>")
    }

    #[doc = docstring!("Batch.to_bytes")]
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        exit::protect_thread();
        PyBytes::new(py, self.batch.bytes())
    }

    #[doc = docstring!("Batch.gzip")]
    fn gzip<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        exit::protect_thread();
        let packed = py.detach(|| aioinflux::engine::gzip(self.batch.bytes()))?;
        Ok(PyBytes::new(py, &packed))
    }

    /// Exports the lines as a read-only buffer.
    ///
    /// # Safety
    /// The interpreter guarantees that `view` is null or points to a writable `Py_buffer`.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        exit::protect_thread();
        if view.is_null() {
            return Err(PyBufferError::new_err("no view to fill"));
        }
        let bytes = slf.get().batch.bytes();
        let length = ffi::Py_ssize_t::try_from(bytes.len())?;
        let start = bytes.as_ptr().cast_mut().cast();
        // SAFETY: the buffer view takes a reference to `slf`, which keeps the batch alive. Nothing
        // changes or moves the bytes of a batch that is shared, and only `drop` frees the bytes.
        // The fifth argument makes the buffer view read-only.
        let status = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) };
        if status == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(slf.py()))
        }
    }
}
