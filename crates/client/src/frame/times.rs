//! Converts the time column of a table to nanoseconds since 1970 in UTC.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use super::FrameError;
use crate::config::Precision;
use crate::error::excerpt;

/// Parses an ISO 8601 time into nanoseconds since 1970. If a time has no time zone, it is in UTC.
///
/// In the years -9999 and 9999, this function's calendar cannot represent some times; such times
/// become the smallest and the largest number. Returns `None` if the text is not an ISO 8601 time,
/// if its second is 60, or if it has a named time zone.
pub fn parse_time(text: &str) -> Option<i128> {
    // Refuses time zone names and leap seconds, which the parser would ignore.
    if text.contains('[') || text.contains(":60") {
        return None;
    }
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let naive = text.parse::<DateTime>().ok()?;
        Offset::UTC.to_timestamp(naive).ok()
    });
    match time {
        Some(time) => Some(time.as_nanosecond()),
        None => beyond_the_calendar(text),
    }
}

/// Returns the smallest number for a time in the year -9999, and the largest number for a time in
/// the year 9999. These two years are at the ends of the parser's calendar, and some times in them
/// are outside it.
#[cold]
fn beyond_the_calendar(text: &str) -> Option<i128> {
    match Pieces::parse(text).ok()?.date().year() {
        -9999 => Some(i128::MIN),
        9999 => Some(i128::MAX),
        _ => None,
    }
}

/// The timestamps of a range of rows.
pub(super) struct Time {
    values: ScalarBuffer<i64>,
    /// The position of the first row whose time cannot be written.
    pub(super) refused: Option<usize>,
    why: Why,
}

/// The reason why a row's time cannot be written.
enum Why {
    Missing,
    /// The time is outside the range of 64-bit nanoseconds. The string contains the time as a
    /// number, with its unit.
    Beyond(String),
    /// The time is this string, which cannot be parsed.
    Unread(String),
}

const SECOND: i64 = 1_000_000_000;

impl Time {
    /// Converts an array of times. `unit` is the unit of integer times. Returns `None` if the type
    /// of the array cannot represent times.
    pub(super) fn new(array: &ArrayRef, unit: Precision) -> Option<Self> {
        macro_rules! numbers {
            ($kind:ty, $scale:expr, $unit:expr) => {
                Self::of_numbers(array, array.as_primitive::<$kind>().values(), $scale, $unit)
            };
        }
        macro_rules! integers {
            ($kind:ty) => {
                Self::of_numbers(
                    array,
                    &widened::<$kind>(array),
                    unit.nanoseconds(),
                    unit.as_str(),
                )
            };
        }
        Some(match array.data_type() {
            DataType::Int64 => numbers!(Int64Type, unit.nanoseconds(), unit.as_str()),
            DataType::Int8 => integers!(Int8Type),
            DataType::Int16 => integers!(Int16Type),
            DataType::Int32 => integers!(Int32Type),
            DataType::UInt8 => integers!(UInt8Type),
            DataType::UInt16 => integers!(UInt16Type),
            DataType::UInt32 => integers!(UInt32Type),
            DataType::UInt64 => Self::of_unsigned(array, unit),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                numbers!(TimestampNanosecondType, 1, "ns")
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                numbers!(TimestampMicrosecondType, 1000, "us")
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                numbers!(TimestampMillisecondType, 1_000_000, "ms")
            }
            DataType::Timestamp(TimeUnit::Second, _) => numbers!(TimestampSecondType, SECOND, "s"),
            DataType::Date64 => numbers!(Date64Type, 1_000_000, "ms"),
            DataType::Date32 => {
                let days = widened::<Date32Type>(array);
                Self::of_numbers(array, &days, 86_400 * SECOND, "days")
            }
            DataType::Utf8 => Self::read(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => Self::read(array.as_string::<i64>().iter()),
            DataType::Utf8View => Self::read(array.as_string_view().iter()),
            _ => return None,
        })
    }

    /// Converts times that are numbers. `scale` is the length of their unit in nanoseconds, and
    /// `unit` is the name of the unit.
    fn of_numbers(array: &ArrayRef, values: &ScalarBuffer<i64>, scale: i64, unit: &str) -> Self {
        let null = first_null(array);
        let range = i64::MIN / scale..=i64::MAX / scale;
        let whole = &values[..null.unwrap_or(values.len())];
        let beyond = match scale {
            1 => None,
            _ => whole.iter().position(|value| !range.contains(value)),
        };
        let scaled = match scale {
            1 => values.clone(),
            _ => values
                .iter()
                .map(|value| value.wrapping_mul(scale))
                .collect(),
        };
        Self {
            refused: beyond.or(null),
            why: beyond.map_or(Why::Missing, |row| {
                Why::Beyond(format!("{} {unit}", values[row]))
            }),
            values: scaled,
        }
    }

    /// Converts times that are 64-bit unsigned integers. Only this integer type contains numbers
    /// that exceed the range of `i64`.
    fn of_unsigned(array: &ArrayRef, unit: Precision) -> Self {
        let numbers = array.as_primitive::<UInt64Type>().values();
        let values = numbers.iter().map(|number| number.cast_signed()).collect();
        let mut time = Self::of_numbers(array, &values, unit.nanoseconds(), unit.as_str());
        let end = time.refused.unwrap_or(numbers.len());
        // Finds numbers that became negative when they were cast to `i64`. With some units, such
        // numbers would seem to be in range after scaling.
        let beyond = numbers[..end]
            .iter()
            .position(|number| i64::try_from(*number).is_err());
        let row = match (beyond, &time.why) {
            (Some(row), _) => row,
            (None, Why::Beyond(_)) => end,
            _ => return time,
        };
        time.refused = Some(row);
        time.why = Why::Beyond(format!("{} {}", numbers[row], unit.as_str()));
        time
    }

    /// Parses times that are strings, up to the first string that is not a valid time.
    fn read<'t>(texts: impl ExactSizeIterator<Item = Option<&'t str>>) -> Self {
        let mut values = Vec::with_capacity(texts.len());
        let mut end = None;
        for (row, text) in texts.enumerate() {
            let time = text.and_then(parse_time).map(i64::try_from);
            let Some(Ok(ns)) = time else {
                let why = text.map_or(Why::Missing, |text| Why::Unread(excerpt(text)));
                end = Some((row, why));
                break;
            };
            values.push(ns);
        }
        let (refused, why) = end.unzip();
        Self {
            values: values.into(),
            refused,
            why: why.unwrap_or(Why::Missing),
        }
    }

    #[inline]
    pub(super) fn nanoseconds(&self, row: usize) -> i64 {
        self.values[row]
    }

    /// Returns the error for the row whose time cannot be written. `row` is the index of this row
    /// in the whole table.
    pub(super) fn refusal(&self, row: u64) -> FrameError {
        match &self.why {
            Why::Missing => FrameError::Time { row },
            Why::Beyond(time) => FrameError::TimeRange {
                row,
                time: time.clone(),
            },
            Why::Unread(text) => FrameError::TimeText {
                row,
                text: text.clone(),
            },
        }
    }
}

fn first_null(array: &ArrayRef) -> Option<usize> {
    let nulls = array.nulls()?;
    (0..nulls.len()).find(|row| nulls.is_null(*row))
}

fn widened<T>(array: &ArrayRef) -> ScalarBuffer<i64>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    let values = array.as_primitive::<T>().values();
    values.iter().map(|value| (*value).into()).collect()
}
