//! Builds a `bytes` object piece by piece in its final memory.
//!
//! At first, the size of the `bytes` object is only an estimate. Memory that has not been written
//! uses address space but no physical pages, and is released when the object is finished. Large
//! objects use huge pages. With 4 KiB pages, the kernel would take as long to provide the memory as
//! the encoder takes to write the lines.
#![expect(
    unsafe_code,
    reason = "PyO3's safe writer does not give the address that huge pages are asked for by; \
        with them 500 MB of lines (case W2) take 40 % less CPU time"
)]

use std::mem::MaybeUninit;
use std::panic::catch_unwind;
use std::ptr::NonNull;
use std::slice;

use aioinflux::engine::huge_pages::{self, HUGE_PAGE, LARGE};
use aioinflux::frame::LineMemory;
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi::{self, compat};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The maximum size of the `bytes` object's header and the header of glibc's memory block together.
/// The kernel aligns a mapping to a huge-page boundary if the mapping's length is a multiple of the
/// huge-page size.
const HEADERS: usize = 64;

/// The number of bytes that are zeroed at a time, chosen so that they about fit into the L1 cache.
const AHEAD: usize = 64 << 10;

/// The size above which glibc maps each memory block separately. The memory of such a block comes
/// from the kernel and not from a freed object.
const OWN_MAPPING: usize = 32 << 20;

/// A `bytes` object that is still being built, and to which nothing else refers.
pub(crate) struct Builder<'py> {
    py: Python<'py>,
    writer: NonNull<compat::PyBytesWriter>,
    used: usize,
    /// The offset before which all memory has been written by this builder or zeroed by the kernel.
    known: usize,
    capacity: usize,
}

impl<'py> Builder<'py> {
    /// Allocates a `bytes` object with memory for at least `capacity` bytes.
    pub(crate) fn with_capacity(py: Python<'py>, capacity: usize) -> PyResult<Self> {
        let capacity = rounded(capacity);
        // SAFETY: this thread is attached to the interpreter. The result is null or a writer that
        // this builder owns.
        let writer = unsafe { compat::PyBytesWriter_Create(length(capacity)?) };
        let writer = NonNull::new(writer).ok_or_else(|| PyErr::fetch(py))?;
        let mut builder = Self {
            py,
            writer,
            used: 0,
            known: 0,
            capacity,
        };
        builder.advise(capacity);
        Ok(builder)
    }

    /// Returns the number of bytes written so far.
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Returns whether the remaining memory is too small for `more` bytes.
    pub(crate) fn is_full(&self, more: usize) -> bool {
        self.capacity - self.used < more
    }

    /// Ensures that the object has memory for a total of `capacity` bytes.
    pub(crate) fn reserve(&mut self, capacity: usize) -> PyResult<()> {
        if capacity <= self.capacity {
            return Ok(());
        }
        // Python's writer for `bytes` objects allocates a quarter more memory than requested.
        let real = rounded(capacity.saturating_add(capacity.div_ceil(4)));
        let asked = capacity.max(real - real.div_ceil(5));
        let (writer, size) = (self.writer, length(asked)?);
        // If the allocation fails, PyO3's writer for Python before 3.15 sets `MemoryError` and
        // panics. After such a panic, the writer can still be dropped.
        let status = catch_unwind(move || {
            // SAFETY: this thread is attached to the interpreter, and this builder owns the writer.
            unsafe { compat::PyBytesWriter_Resize(writer.as_ptr(), size) }
        });
        if status.unwrap_or(-1) < 0 {
            return Err(PyErr::fetch(self.py));
        }
        self.capacity = asked;
        self.advise(real);
        Ok(())
    }

    /// Appends bytes to the `bytes` object.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> PyResult<()> {
        let end = self.used + bytes.len();
        self.reserve(end)?;
        // SAFETY: the object has `capacity` bytes, of which the first `used` bytes are written. The
        // slice `bytes` cannot overlap the object, because nothing else refers to the object.
        unsafe {
            let start = self.start().add(self.used);
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        self.used = end;
        self.known = self.known.max(end);
        Ok(())
    }

    /// Returns the memory that follows the written bytes, which can be filled without the GIL.
    pub(crate) fn rest(&mut self) -> Rest<'_> {
        // SAFETY: the object has `capacity` bytes. While its memory is borrowed, nothing else
        // refers to the object, and the object cannot be resized.
        let memory = unsafe {
            let start = self.start().cast::<MaybeUninit<u8>>();
            slice::from_raw_parts_mut(start, self.capacity)
        };
        Rest {
            memory,
            known: &mut self.known,
            used: &mut self.used,
        }
    }

    /// Returns the finished `bytes` object, shortened to the bytes that were written.
    pub(crate) fn finish(self) -> PyResult<Bound<'py, PyBytes>> {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: this builder owns the writer and does not use it after this call. The first
        // `used` bytes of the object are written. The result is null with an exception set, or a
        // `bytes` object that this function owns.
        let object = unsafe {
            let size = length(this.used)?;
            let object = compat::PyBytesWriter_FinishWithSize(this.writer.as_ptr(), size);
            Bound::from_owned_ptr_or_err(this.py, object)?
        };
        Ok(object.cast_into()?)
    }

    /// Returns the address of the object's first byte.
    fn start(&self) -> *mut u8 {
        // SAFETY: this builder owns the writer. The pointer is valid until the writer is resized.
        unsafe { compat::PyBytesWriter_GetData(self.writer.as_ptr()).cast() }
    }

    /// If the `bytes` object is large, requests huge pages for all of its memory.
    ///
    /// The function also asks the kernel to zero all whole pages of memory after the bytes that are
    /// already known. The pages of a new mapping are already zero, so no byte of such a mapping is
    /// written twice.
    #[cfg(target_os = "linux")]
    fn advise(&mut self, size: usize) {
        if size < LARGE {
            return;
        }
        let start = self.start();
        huge_pages::advise(start, size);
        // SAFETY: the call only reads a constant of the operating system.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        // The kernel rounds a length up to whole pages, so with a wrong page size it would zero
        // memory outside the object.
        let Some(page) = usize::try_from(page).ok().filter(|page| *page > 0) else {
            return;
        };
        let before = start.addr() % page;
        let first = (before + self.known).next_multiple_of(page) - before;
        let end = ((before + self.capacity) / page * page).saturating_sub(before);
        if size < OWN_MAPPING || end <= first {
            return;
        }
        // SAFETY: the pages to be zeroed are entirely inside the object, after the offset `known`.
        // The bytes between the offset `known` and the first of these pages also belong to the
        // object. If the call succeeds, the kernel has replaced the pages' content with zeros.
        unsafe {
            let status = libc::madvise(start.add(first).cast(), end - first, libc::MADV_DONTNEED);
            if status == 0 {
                start.add(self.known).write_bytes(0, first - self.known);
                self.known = end;
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn advise(&mut self, _: usize) {}
}

/// The whole memory of a `bytes` object that is being built, including the bytes already written.
pub(crate) struct Rest<'b> {
    memory: &'b mut [MaybeUninit<u8>],
    known: &'b mut usize,
    used: &'b mut usize,
}

impl LineMemory for Rest<'_> {
    fn spare(&mut self, least: usize) -> Option<&mut [u8]> {
        let end = self.used.checked_add(least)?;
        if end > self.memory.len() {
            return None;
        }
        if end > *self.known {
            let more = self.memory.len().min(end + AHEAD);
            self.memory[*self.known..more].fill(MaybeUninit::new(0));
            *self.known = more;
        }
        let ready = &mut self.memory[*self.used..*self.known];
        // SAFETY: all bytes before the offset `known` have been written, by this builder or by the
        // kernel.
        Some(unsafe { slice::from_raw_parts_mut(ready.as_mut_ptr().cast(), ready.len()) })
    }

    fn keep(&mut self, bytes: usize) {
        assert!(
            bytes <= *self.known - *self.used,
            "not so much was asked for"
        );
        *self.used += bytes;
    }
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        // SAFETY: this thread is attached to the interpreter. This builder owns the writer and does
        // not use it after this call.
        unsafe { compat::PyBytesWriter_Discard(self.writer.as_ptr()) };
    }
}

/// Rounds up the size of a large block so that the block ends at the end of a huge page.
fn rounded(capacity: usize) -> usize {
    if capacity < LARGE {
        return capacity;
    }
    capacity
        .saturating_add(HEADERS)
        .checked_next_multiple_of(HUGE_PAGE)
        .map_or(capacity, |size| size - HEADERS)
}

fn length(size: usize) -> PyResult<ffi::Py_ssize_t> {
    size.try_into().map_err(|_| PyMemoryError::new_err(()))
}
