//! Encodes tables as lines of line protocol. Each row becomes a line, and each column becomes a tag
//! or a field of every line.
//!
//! This module defines which Arrow types are supported, and what each type becomes in line
//! protocol. The encoder escapes strings, and refuses values that line protocol cannot represent.
//! If a cell is null, the line omits the tag or field of that column.
//!
//! | Arrow | as a field | as a tag | as the time |
//! |---|---|---|---|
//! | signed and unsigned integers | integer | its digits | of [`FrameLayout::time_unit`] |
//! | `Float16`, `Float32`, `Float64` | float, widened exactly | the shortest text that reads back as the same number: `0.1`, `1e+20` | – |
//! | `Decimal32` to `Decimal256` | the nearest float | its digits: `1.50`, `1E-8` | – |
//! | `Boolean` | boolean | `True`, `False` | – |
//! | `Utf8`, `LargeUtf8`, `Utf8View` | string | itself | ISO 8601: a date, `2024-05-01T12:00:00.5Z`, also without a zone (UTC) |
//! | dictionary, union of these | as the value | as the value | – |
//! | `Timestamp` of any unit and zone, `Date32`, `Date64` | – | – | exact |
//!
//! If a column has an unsupported type, the table is refused, and the error message names the
//! column.
//!
//! Tag values that are not text are written as Python's `str` would write them. Therefore a table
//! results in the same series from Rust and from Python.
//!
//! Rows are encoded in ranges of [`FrameOptions::batch_lines`] rows, on the number of threads that
//! [`FrameOptions::threads`] sets. The batches do not depend on the number of threads.

mod batches;
pub(crate) mod cells;
pub(crate) mod columns;
mod error;
mod layout;
mod out;
mod plan;
mod prefetch;
pub(crate) mod ranges;
mod rows;
pub(crate) mod text;
pub(crate) mod times;
pub(crate) mod workers;

#[cfg(test)]
mod tests;

pub use batches::FrameBatches;
pub use error::FrameError;
pub use layout::{FrameLayout, FrameOptions};
pub use out::LineMemory;
pub use rows::{Encoded, FrameEncoder, encode_frame};
