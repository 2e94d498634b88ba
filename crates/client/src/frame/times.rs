//! The column of times of a table, as nanoseconds since 1970 in UTC.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::FrameError;
use crate::error::excerpt;

/// Nanoseconds since 1970 for a time as ISO 8601 has it; without a zone it is UTC.
///
/// `None` for every other text, for the second 60, and for a zone by its name.
pub fn parse_time(text: &str) -> Option<i128> {
    // What the parser passes over: the name of a zone, and a leap second.
    if text.contains('[') || text.contains(":60") {
        return None;
    }
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let naive = text.parse::<DateTime>().ok()?;
        Offset::UTC.to_timestamp(naive).ok()
    })?;
    Some(time.as_nanosecond())
}

/// The times of a range of rows.
pub(super) struct Time {
    values: ScalarBuffer<i64>,
    /// The first row without a time, or with one that 64-bit nanoseconds do not hold.
    pub(super) missing: Option<usize>,
    /// What that row says, where it is text.
    unread: Option<String>,
}

const SECOND: i64 = 1_000_000_000;

impl Time {
    /// `None`: the type of the array is none of times.
    pub(super) fn new(array: &ArrayRef) -> Option<Self> {
        macro_rules! values {
            ($kind:ty) => {
                array.as_primitive::<$kind>().values().clone()
            };
        }
        let (values, scale) = match array.data_type() {
            DataType::Int64 => (values!(Int64Type), 1),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => (values!(TimestampNanosecondType), 1),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                (values!(TimestampMicrosecondType), 1000)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                (values!(TimestampMillisecondType), 1_000_000)
            }
            DataType::Timestamp(TimeUnit::Second, _) => (values!(TimestampSecondType), SECOND),
            DataType::Date64 => (values!(Date64Type), 1_000_000),
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>().values();
                (
                    days.iter().map(|days| i64::from(*days)).collect(),
                    86_400 * SECOND,
                )
            }
            DataType::Utf8 => return Some(Self::read(array.as_string::<i32>().iter())),
            DataType::LargeUtf8 => return Some(Self::read(array.as_string::<i64>().iter())),
            DataType::Utf8View => return Some(Self::read(array.as_string_view().iter())),
            _ => return None,
        };
        let range = i64::MIN / scale..=i64::MAX / scale;
        let null = array
            .nulls()
            .and_then(|nulls| (0..nulls.len()).find(|row| nulls.is_null(*row)));
        let end = null.unwrap_or(values.len());
        let beyond = match scale {
            1 => None,
            _ => values[..end]
                .iter()
                .position(|value| !range.contains(value)),
        };
        let values = match scale {
            1 => values,
            _ => values
                .iter()
                .map(|value| value.wrapping_mul(scale))
                .collect(),
        };
        Some(Self {
            values,
            missing: beyond.or(null),
            unread: None,
        })
    }

    /// Reads texts up to the first that is no time.
    fn read<'t>(texts: impl ExactSizeIterator<Item = Option<&'t str>>) -> Self {
        let mut values = Vec::with_capacity(texts.len());
        let mut end = None;
        for (row, text) in texts.enumerate() {
            let time = text.and_then(parse_time).map(i64::try_from);
            let Some(Ok(ns)) = time else {
                end = Some((row, text.map(excerpt)));
                break;
            };
            values.push(ns);
        }
        let (missing, unread) = end.unzip();
        Self {
            values: values.into(),
            missing,
            unread: unread.flatten(),
        }
    }

    #[inline]
    pub(super) fn nanoseconds(&self, row: usize) -> i64 {
        self.values[row]
    }

    /// Why the row that is missing, of this number in the whole table, cannot be written.
    pub(super) fn refusal(&self, row: u64) -> FrameError {
        match &self.unread {
            Some(text) => FrameError::TimeText {
                row,
                text: text.clone(),
            },
            None => FrameError::Time { row },
        }
    }
}
