//! Converts the cells of Arrow arrays to strings, and reads the arrays of extension types.

use std::sync::Arc;

use aioinflux::engine::tag_texts;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{
    MICROSECONDS, MILLISECONDS, MILLISECONDS_IN_DAY, NANOSECONDS,
};
use arrow_array::types::{
    Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, StringArray};
use arrow_schema::{DataType, Field, TimeUnit};
use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyDeltaAccess};
use pyo3_arrow::PyArray;

use super::clock;
use crate::place::{Place, shorten};

/// Returns the text of a pyarrow scalar. Returns `None` if a column that contains this scalar
/// cannot be converted to strings.
pub(super) fn of_cell(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = value.py();
    let array = py
        .import("pyarrow")?
        .call_method1("repeat", (value, 1))?
        .extract::<PyArray>();
    let Ok(array) = array else {
        return Ok(None);
    };
    let (array, field) = array.into_inner();
    let array = plain(&field, array);
    let array = texts(py, &array, Place::argument("value"))?.unwrap_or(array);
    let texts = tag_texts(&array).filter(|texts| texts.is_valid(0));
    Ok(texts.map(|texts| texts.value(0).to_owned()))
}

/// Returns the cells of an Arrow column as strings. Returns `None` if the column already contains
/// strings, or cannot be converted to strings.
pub(crate) fn texts(
    py: Python<'_>,
    array: &ArrayRef,
    place: Place<'_>,
) -> PyResult<Option<ArrayRef>> {
    Ok(match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => None,
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let texts = texts(py, dictionary.values(), place)?;
            texts.map(|texts| dictionary.with_values(texts))
        }
        DataType::Date32 => Some(days::<Date32Type>(array, 1)),
        DataType::Date64 => Some(days::<Date64Type>(array, MILLISECONDS_IN_DAY.into())),
        DataType::Time32(unit) if *unit == TimeUnit::Second => {
            Some(clocks::<Time32SecondType>(array, *unit, clock::time))
        }
        DataType::Time32(unit) => Some(clocks::<Time32MillisecondType>(array, *unit, clock::time)),
        DataType::Time64(unit) if *unit == TimeUnit::Microsecond => {
            Some(clocks::<Time64MicrosecondType>(array, *unit, clock::time))
        }
        DataType::Time64(unit) => Some(clocks::<Time64NanosecondType>(array, *unit, clock::time)),
        DataType::Duration(unit) => Some(durations(array, *unit)),
        DataType::Timestamp(unit, zone) => {
            let zone = match zone {
                Some(name) => Some(Zone::new(py, name).map_err(|error| place.wrap(py, &error))?),
                None => None,
            };
            Some(timestamps(py, array, *unit, zone.as_ref(), place)?)
        }
        _ => tag_texts(array).map(|texts| Arc::new(texts) as ArrayRef),
    })
}

/// Converts the array of an extension type if it is stored as a different kind of array. Arrow
/// stores 8-bit booleans as integers, for example.
pub(crate) fn plain(field: &Field, array: ArrayRef) -> ArrayRef {
    if is_bool8(field)
        && let Some(integers) = array.as_primitive_opt::<arrow_array::types::Int8Type>()
    {
        let booleans: BooleanArray = integers.iter().map(|one| one.map(|one| one != 0)).collect();
        return Arc::new(booleans);
    }
    array
}

pub(crate) fn is_bool8(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.bool8")
}

/// Converts numbers of one Arrow type to strings.
fn each<T>(array: &ArrayRef, text: impl Fn(i128) -> String) -> ArrayRef
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    let cells = array.as_primitive::<T>().iter();
    let texts: StringArray = cells
        .map(|cell| cell.map(|cell| text(cell.into())))
        .collect();
    Arc::new(texts)
}

fn days<T>(array: &ArrayRef, ticks: i128) -> ArrayRef
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    each::<T>(array, |value| clock::date(value.div_euclid(ticks)))
}

fn clocks<T>(array: &ArrayRef, unit: TimeUnit, text: fn(i128) -> String) -> ArrayRef
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    each::<T>(array, |value| text(value * nanoseconds(unit)))
}

fn durations(array: &ArrayRef, unit: TimeUnit) -> ArrayRef {
    match unit {
        TimeUnit::Second => clocks::<DurationSecondType>(array, unit, clock::duration),
        TimeUnit::Millisecond => clocks::<DurationMillisecondType>(array, unit, clock::duration),
        TimeUnit::Microsecond => clocks::<DurationMicrosecondType>(array, unit, clock::duration),
        TimeUnit::Nanosecond => clocks::<DurationNanosecondType>(array, unit, clock::duration),
    }
}

fn nanoseconds(unit: TimeUnit) -> i128 {
    let each_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => MILLISECONDS,
        TimeUnit::Microsecond => MICROSECONDS,
        TimeUnit::Nanosecond => NANOSECONDS,
    };
    (NANOSECONDS / each_second).into()
}

fn timestamps(
    py: Python<'_>,
    array: &ArrayRef,
    unit: TimeUnit,
    zone: Option<&Zone>,
    place: Place<'_>,
) -> PyResult<ArrayRef> {
    macro_rules! ticks {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values()
        };
    }
    let ticks = match unit {
        TimeUnit::Second => ticks!(TimestampSecondType),
        TimeUnit::Millisecond => ticks!(TimestampMillisecondType),
        TimeUnit::Microsecond => ticks!(TimestampMicrosecondType),
        TimeUnit::Nanosecond => ticks!(TimestampNanosecondType),
    };
    let cell = |row: usize| -> PyResult<Option<String>> {
        if array.is_null(row) {
            return Ok(None);
        }
        let ns = i128::from(ticks[row]) * nanoseconds(unit);
        let offset = match zone {
            Some(zone) => Some(
                zone.offset(py, ns)
                    .map_err(|error| place.wrap(py, &error))?,
            ),
            None => None,
        };
        Ok(Some(clock::datetime(ns, offset)))
    };
    let texts = (0..array.len())
        .map(cell)
        .collect::<PyResult<StringArray>>()?;
    Ok(Arc::new(texts))
}

/// The time zone of an Arrow type, which is either a fixed offset or a name that Python's
/// `zoneinfo` finds.
enum Zone {
    Fixed(i32),
    Named(Py<PyAny>),
}

impl Zone {
    fn new(py: Python<'_>, name: &str) -> PyResult<Self> {
        if matches!(name, "UTC" | "Z") {
            return Ok(Self::Fixed(0));
        }
        if let Some(offset) = fixed(name) {
            return Ok(Self::Fixed(offset));
        }
        let zone = py.import("zoneinfo")?.call_method1("ZoneInfo", (name,));
        zone.map(|zone| Self::Named(zone.unbind())).map_err(|_| {
            pyo3::exceptions::PyValueError::new_err(format!(
                "unknown time zone `{}`",
                shorten(name)
            ))
        })
    }

    /// Returns how many seconds the clocks of the time zone are ahead of UTC at an instant.
    fn offset(&self, py: Python<'_>, ns: i128) -> PyResult<i32> {
        let zone = match self {
            Self::Fixed(offset) => return Ok(*offset),
            Self::Named(zone) => zone,
        };
        let module = py.import("datetime")?;
        let utc = module.getattr("timezone")?.getattr("utc")?;
        let epoch = module.call_method1("datetime", (1970, 1, 1, 0, 0, 0, 0, utc))?;
        let seconds = ns.div_euclid(NANOSECONDS.into());
        let after = module.call_method1("timedelta", (0, seconds))?;
        let offset = epoch
            .add(after)?
            .call_method1("astimezone", (zone,))?
            .call_method0("utcoffset")?;
        let offset = offset.cast::<PyDelta>()?;
        Ok(offset.get_days() * 86_400 + offset.get_seconds())
    }
}

/// Parses the offset of a time zone, such as `+01:30`, and returns it in seconds.
fn fixed(name: &str) -> Option<i32> {
    let (sign, rest) = match name.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i32>().ok()).flatten()
    };
    Some(sign * (number(hours)? * 3600 + number(minutes)? * 60))
}
