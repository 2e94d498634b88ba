//! Formats the numbers of one field for a block of rows as text.
//!
//! In a loop over the numbers of one column, the processor can format several numbers at once. If
//! each number were formatted when its row is written, the processor would have to finish the
//! number before it continues with the row. Formatting would then take about 50 % longer.

use crate::copy::BLOCK;
use crate::number::digits::{put_integer, put_unsigned};
use crate::number::float::put_float;
use crate::rows::cells::{ABSENT, Cells};
use crate::{Options, Shape, Unusual};

/// A list of the numbers of one field in a block of rows, formatted as text for
/// [`Row::number`](crate::Row::number).
///
/// Refill the list for a few dozen rows at a time, so that it stays in the processor's cache.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Numbers, Shape};
///
/// let shape = Shape::new(Dialect::V1, "m", &[], &["f"]).unwrap();
/// let mut numbers = Numbers::new(&shape, 0);
/// numbers.floats(&[0.5, f64::NAN, 2.0]);
/// numbers.leave_out(2);
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// for index in 0..3 {
///     let mut row = rows.begin();
///     row.number(&numbers, index)?;
///     row.end(index as u64, None)?;
/// }
/// assert_eq!(encoder.batch().bytes(), b"m f=0.5\n");
/// assert_eq!(encoder.batch().skipped(), 2);
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone)]
pub struct Numbers {
    options: Options,
    pub(crate) field: usize,
    cells: Cells<CELL>,
}

/// The number of bytes of a cell, which contains a key and a number.
pub(crate) const CELL: usize = 2 * BLOCK + 8;

impl Numbers {
    /// Returns an empty list of numbers for a field of a shape.
    ///
    /// # Panics
    ///
    /// Panics if the shape has no field at the position `field`.
    pub fn new(shape: &Shape, field: usize) -> Self {
        Self {
            options: shape.options,
            field,
            cells: Cells::new(shape.fields.get(field)),
        }
    }

    /// Replaces the contents of the list with `values`. If a number is NaN, it is left out of its row.
    pub fn floats(&mut self, values: &[f64]) {
        let not_a_number = if self.options.refuse_nan { ABSENT } else { 0 };
        self.fill(values, |text, at, value| {
            if value.is_finite() {
                u8::try_from(put_float(text, at, value)).unwrap_or(ABSENT)
            } else if value.is_nan() {
                not_a_number
            } else {
                ABSENT
            }
        });
    }

    /// Replaces all numbers in the list with signed integers.
    pub fn integers(&mut self, values: &[i64]) {
        self.fill(values, |text, at, value| {
            let end = put_integer(text, at, value);
            suffixed(text, end, b'i')
        });
    }

    /// Replaces all numbers in the list with unsigned integers.
    pub fn unsigned(&mut self, values: &[u64]) {
        let has_suffix = self.options.dialect.grammar().unsigned;
        let suffix = if has_suffix { b'u' } else { b'i' };
        self.fill(values, |text, at, value| {
            if has_suffix || i64::try_from(value).is_ok() {
                let end = put_unsigned(text, at, value);
                suffixed(text, end, suffix)
            } else {
                ABSENT
            }
        });
    }

    /// Leaves out the number of a row, for example because the field of the row is null.
    ///
    /// # Panics
    ///
    /// Panics if the list has no number for this row.
    #[inline]
    pub fn leave_out(&mut self, row: usize) {
        self.cells.leave_out(row);
    }

    /// Returns the padded text of a row's number and the length of this text, which is 0 if the
    /// number is left out.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<(&[u8; CELL], usize), Unusual> {
        self.cells.get(row).ok_or(Unusual)
    }

    /// Returns whether the text of each number begins with the key of the field.
    #[inline]
    pub(crate) fn has_key(&self) -> bool {
        self.cells.key_length().is_some()
    }

    #[inline]
    fn fill<T: Copy>(&mut self, values: &[T], format: impl Fn(&mut [u8; CELL], usize, T) -> u8) {
        let at = self.cells.key_length().unwrap_or(0);
        let values = values.iter().copied();
        self.cells
            .fill(values, |text, value| format(text, at, value));
    }
}

/// Writes the suffix of a number and returns the offset of the suffix's end.
#[inline]
fn suffixed(text: &mut [u8; CELL], end: usize, suffix: u8) -> u8 {
    text[end] = suffix;
    // The text consists of at most 32 bytes for the key, 20 digits, a sign and the suffix.
    u8::try_from(end + 1).unwrap_or(ABSENT)
}
