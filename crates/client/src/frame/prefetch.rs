//! Memory on its way to the processor before it is looked at.
//!
//! Rows are taken from every column in turns of a few dozen. The processor foresees a few streams of
//! reads, not the two or three of each column in a wide table: ten columns of texts and ten of floats
//! (case W2, polars) take a seventh less time with it.

use std::ops::Range;

/// Bytes that come at once.
const LINE: usize = 64;

/// Bytes of a column that are asked for at once: of long texts, only those of the first rows.
const MOST: usize = 4096;

/// Asks for some values of a column; what is beyond its end is passed over.
#[inline]
pub(super) fn prefetch<T>(values: &[T], rows: Range<usize>) {
    let end = rows.end.min(rows.start + MOST / size_of::<T>());
    for row in (rows.start..end).step_by(LINE / size_of::<T>()) {
        if let Some(first) = values.get(row) {
            prefetch_line(first);
        }
    }
}

#[cfg(target_feature = "sse")]
#[inline]
fn prefetch_line<T>(first: &T) {
    safe_arch::prefetch_t0(first);
}

#[cfg(not(target_feature = "sse"))]
#[inline]
fn prefetch_line<T>(_first: &T) {}
