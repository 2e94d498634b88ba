//! Numbers of one field, as text, for a block of rows.
//!
//! A loop over one column formats numbers one after the other without waiting for any of them;
//! between the other parts of a row each would have to be waited for, which costs half as much again.

use alloc::vec::Vec;

use crate::digits::{put_integer, put_unsigned};
use crate::float::put_float;
use crate::shape::BLOCK;
use crate::{Options, Shape, Unusual};

/// The numbers that one field has in some rows, as text, for [`Row::number`](crate::Row::number).
///
/// It is meant to be filled again and again, for a few dozen rows each time, so that it stays in
/// the processor's cache.
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
    /// `,key=`, which stands before each number; a key that is longer than a block is not here.
    key: [u8; BLOCK],
    key_length: usize,
    texts: Vec<[u8; CELL]>,
    /// 0: left out; `UNUSUAL`: for the plain encoder.
    lengths: Vec<u8>,
}

/// A key and a number.
pub(crate) const CELL: usize = 2 * BLOCK + 8;

const UNUSUAL: u8 = u8::MAX;

impl Numbers {
    /// Returns an empty list for a field of a shape.
    ///
    /// # Panics
    ///
    /// If there is no field of that position.
    pub fn new(shape: &Shape, field: usize) -> Self {
        let name = shape.fields.get(field);
        let mut key = [0; BLOCK];
        let is_short = name.length() <= BLOCK && name.copy_to(&mut key, 0).is_some();
        Self {
            options: shape.options,
            field,
            key,
            key_length: if is_short { name.length() } else { 0 },
            texts: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// Takes floats instead of what was there; NaN is left out.
    pub fn floats(&mut self, values: &[f64]) {
        let not_a_number = if self.options.refuse_nan { UNUSUAL } else { 0 };
        self.fill(values, |text, at, value| {
            if value.is_finite() {
                u8::try_from(put_float(text, at, value)).unwrap_or(UNUSUAL)
            } else if value.is_nan() {
                not_a_number
            } else {
                UNUSUAL
            }
        });
    }

    /// Takes signed integers instead of what was there.
    pub fn integers(&mut self, values: &[i64]) {
        self.fill(values, |text, at, value| {
            let end = put_integer(text, at, value);
            suffixed(text, end, b'i')
        });
    }

    /// Takes unsigned integers instead of what was there.
    pub fn unsigned(&mut self, values: &[u64]) {
        let has_suffix = self.options.dialect.grammar().unsigned;
        let suffix = if has_suffix { b'u' } else { b'i' };
        self.fill(values, |text, at, value| {
            if has_suffix || i64::try_from(value).is_ok() {
                let end = put_unsigned(text, at, value);
                suffixed(text, end, suffix)
            } else {
                UNUSUAL
            }
        });
    }

    /// Leaves the number of a row out: the field is null there.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[inline]
    pub fn leave_out(&mut self, row: usize) {
        self.lengths[row] = 0;
    }

    /// Returns the padded text of a row and its length, 0 if it is left out.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<(&[u8; CELL], usize), Unusual> {
        let length = self.lengths[row];
        if length == UNUSUAL {
            return Err(Unusual);
        }
        Ok((&self.texts[row], usize::from(length)))
    }

    /// Returns whether the key is part of the texts.
    #[inline]
    pub(crate) fn has_key(&self) -> bool {
        self.key_length > 0
    }

    #[inline]
    fn fill<T: Copy>(&mut self, values: &[T], format: impl Fn(&mut [u8; CELL], usize, T) -> u8) {
        if self.texts.len() < values.len() {
            let mut text = [0; CELL];
            text[..BLOCK].copy_from_slice(&self.key);
            self.texts.resize(values.len(), text);
        }
        self.lengths.resize(values.len(), 0);
        let cells = self.texts.iter_mut().zip(&mut self.lengths);
        for ((text, length), value) in cells.zip(values) {
            *length = format(text, self.key_length, *value);
        }
    }
}

/// Writes the suffix of a number behind it; returns its end.
#[inline]
fn suffixed(text: &mut [u8; CELL], end: usize, suffix: u8) -> u8 {
    text[end] = suffix;
    // At most 32 of the key, 20 digits, a sign and the suffix.
    u8::try_from(end + 1).unwrap_or(UNUSUAL)
}
