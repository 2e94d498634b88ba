//! Tables as lines: one line a row, tags and fields by column.
//!
//! Knows Arrow's types and what each becomes in line protocol; escaping and refusing is the
//! encoder's. A null is a tag or a field that is left out.
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
//! Every other type is refused by the name of its column.
//!
//! Tags that are no text have the text that Python's `str` gives them, so that a table makes the same
//! series from Rust as from Python.
//!
//! Rows become lines in ranges of [`FrameOptions::batch_lines`] rows, by as many threads as
//! [`FrameOptions::threads`] says; the batches do not depend on their number.

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
