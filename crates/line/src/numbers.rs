//! Numbers of one field, as text, for a block of rows.
//!
//! A loop over one column formats numbers one after the other without waiting for any of them;
//! between the other parts of a row each would have to be waited for, which costs half as much again.

use alloc::vec::Vec;

use crate::Options;
use crate::copy::copy_number;
use crate::shape::NUMBER;

/// The numbers that one field has in some rows, as text, for [`Rows::number`](crate::Rows::number).
///
/// It is meant to be filled again and again, for a few hundred rows each time, so that it stays in
/// the processor's cache.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Numbers, Shape};
///
/// let shape = Shape::new(Dialect::V1, "m", &[], &["f"]).unwrap();
/// let mut numbers = Numbers::new(Dialect::V1);
/// numbers.floats([0.5, f64::NAN, 2.0]);
/// numbers.leave_out(2);
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut rows = encoder.rows(&shape);
/// for row in 0..3 {
///     rows.begin();
///     rows.number(0, &numbers, row)?;
///     rows.end(row as u64, None)?;
/// }
/// assert_eq!(encoder.batch().bytes(), b"m f=0.5\n");
/// assert_eq!(encoder.batch().skipped(), 2);
/// # Ok::<(), aioinflux_line::Unusual>(())
/// ```
#[derive(Debug, Clone)]
pub struct Numbers {
    options: Options,
    texts: Vec<[u8; NUMBER]>,
    /// 0: left out; `UNUSUAL`: for the plain encoder.
    lengths: Vec<u8>,
}

const UNUSUAL: u8 = u8::MAX;

impl Numbers {
    /// Returns an empty list for encoders with these options.
    pub fn new(options: impl Into<Options>) -> Self {
        Self {
            options: options.into(),
            texts: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// Takes floats instead of what was there; NaN is left out.
    pub fn floats(&mut self, values: impl IntoIterator<Item = f64>) {
        let not_a_number = if self.options.refuse_nan { UNUSUAL } else { 0 };
        self.fill(values, |text, value| {
            if value.is_finite() {
                put(text, zmij::Buffer::new().format_finite(value), None)
            } else if value.is_nan() {
                not_a_number
            } else {
                UNUSUAL
            }
        });
    }

    /// Takes signed integers instead of what was there.
    pub fn integers(&mut self, values: impl IntoIterator<Item = i64>) {
        self.fill(values, |text, value| {
            put(text, itoa::Buffer::new().format(value), Some(b'i'))
        });
    }

    /// Takes unsigned integers instead of what was there.
    pub fn unsigned(&mut self, values: impl IntoIterator<Item = u64>) {
        let has_suffix = self.options.dialect.grammar().unsigned;
        let suffix = if has_suffix { b'u' } else { b'i' };
        self.fill(values, |text, value| {
            if has_suffix || i64::try_from(value).is_ok() {
                put(text, itoa::Buffer::new().format(value), Some(suffix))
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

    /// Returns the padded text of a row and its length: 0 if it is left out, `None` for the plain
    /// encoder.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> (&[u8; NUMBER], Option<usize>) {
        let length = self.lengths[row];
        (
            &self.texts[row],
            (length != UNUSUAL).then_some(usize::from(length)),
        )
    }

    #[inline]
    fn fill<T>(
        &mut self,
        values: impl IntoIterator<Item = T>,
        format: impl Fn(&mut [u8; NUMBER], T) -> u8,
    ) {
        self.lengths.clear();
        for (row, value) in values.into_iter().enumerate() {
            if row == self.texts.len() {
                self.texts.push([0; NUMBER]);
            }
            let length = format(&mut self.texts[row], value);
            self.lengths.push(length);
        }
    }
}

/// Writes digits and a suffix; returns their length.
#[inline]
fn put(text: &mut [u8; NUMBER], digits: &str, suffix: Option<u8>) -> u8 {
    let length = digits.len();
    copy_number(text, 0, digits.as_bytes());
    let end = match suffix {
        Some(suffix) => {
            text[length] = suffix;
            length + 1
        }
        None => length,
    };
    // At most 24 digits and a suffix.
    u8::try_from(end).unwrap_or(UNUSUAL)
}
