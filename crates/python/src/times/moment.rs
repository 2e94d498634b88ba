//! Converts dates, datetimes and periods of Python, numpy and pandas to nanoseconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyTimeAccess, PyTzInfo,
    PyTzInfoAccess,
};

use crate::place::{Place, shorten};
use crate::values;

const SECOND: i128 = 1_000_000_000;
/// The range of years that 64-bit nanoseconds can represent. The first and the last year in this
/// range are only partly covered.
const YEARS: std::ops::RangeInclusive<i32> = 1677..=2262;

/// An upper bound for the number of months between 1970 and the last time that fits into 64-bit
/// nanoseconds. The same bound is also used for years.
const MONTHS: u64 = 12 * 300;

/// Returns whether the type of a value is a type for times: a date, a datetime, or a time of numpy
/// or pandas.
pub(crate) fn is_moment(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyDate>() {
        return Ok(true);
    }
    if values::is_numpy(value) {
        let kind = value.getattr("dtype")?.getattr("kind")?;
        return kind.eq("M");
    }
    is_period(value)
}

/// Returns whether a value is a pandas `Period`.
pub(super) fn is_period(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if !values::is_imported(py, "pandas") {
        return Ok(false);
    }
    value.is_instance(&py.import("pandas")?.getattr("Period")?)
}

/// Returns the start of a pandas `Period` in nanoseconds.
pub(super) fn period(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
    let py = time.py();
    let start = time
        .call_method1(intern!(py, "to_timestamp"), (py.None(), "start"))
        .map_err(|_| out_of_range(place, time))?;
    datetime(start.cast()?, place).map_err(|_| out_of_range(place, time))
}

#[cold]
pub(crate) fn out_of_range(place: Place<'_>, time: impl std::fmt::Display) -> PyErr {
    place.value_error(format!(
        "`{}` is outside 64-bit nanoseconds, the years 1677 to 2262",
        shorten(&time.to_string())
    ))
}

/// Returns the start of a Python date in nanoseconds.
pub(super) fn date(date: &Bound<'_, PyDate>, place: Place<'_>) -> PyResult<i64> {
    if !YEARS.contains(&date.get_year()) {
        return Err(out_of_range(place, date));
    }
    let day = DateTime::new(year(date)?, month(date), day(date), 0, 0, 0, 0);
    range(utc(day, place)?, place, date)
}

pub(super) fn datetime(time: &Bound<'_, PyDateTime>, place: Place<'_>) -> PyResult<i64> {
    let py = time.py();
    // The pandas value NaT is an instance of `datetime`, but its exact type is a different one.
    if !time.is_exact_instance_of::<PyDateTime>() && values::is_missing(time)? {
        return Err(place.value_error("expected a time, got NaT"));
    }
    // The year of a pandas timestamp can be outside the range of `datetime`. For years outside the
    // range of `datetime`, the `datetime` fields of a pandas timestamp are wrong.
    if !time.is_exact_instance_of::<PyDateTime>()
        && let Some(exact) = time.getattr_opt(intern!(py, "asm8"))?
    {
        let dtype = exact.getattr(intern!(py, "dtype"))?;
        return from_datetime64(&exact, &dtype, place);
    }
    if !YEARS.contains(&time.get_year()) {
        return Err(out_of_range(place, time));
    }
    let local = DateTime::new(
        year(time)?,
        month(time),
        day(time),
        narrow(time.get_hour()),
        narrow(time.get_minute()),
        narrow(time.get_second()),
        0,
    );
    let mut ns = utc(local, place)? + i128::from(time.get_microsecond()) * 1000;
    // UTC is the most common time zone, and its offset is known without calling `utcoffset`.
    let utc_itself = PyTzInfo::utc(py)?;
    if time.get_tzinfo().is_some_and(|zone| !zone.is(utc_itself)) {
        let offset = time.call_method0(intern!(py, "utcoffset"))?;
        if let Ok(offset) = offset.cast::<PyDelta>() {
            let seconds = i128::from(offset.get_days()) * 86_400 + i128::from(offset.get_seconds());
            ns -= seconds * SECOND + i128::from(offset.get_microseconds()) * 1000;
        }
    }
    range(ns, place, time)
}

fn year(date: &impl PyDateAccess) -> PyResult<i16> {
    Ok(i16::try_from(date.get_year())?)
}

fn month(date: &impl PyDateAccess) -> i8 {
    narrow(date.get_month())
}

fn day(date: &impl PyDateAccess) -> i8 {
    narrow(date.get_day())
}

/// In Python's own date and time types, months, days, hours, minutes and seconds are below 64.
fn narrow(part: u8) -> i8 {
    i8::try_from(part).unwrap_or(i8::MAX)
}

fn utc(time: Result<DateTime, jiff::Error>, place: Place<'_>) -> PyResult<i128> {
    time.and_then(|time| Offset::UTC.to_timestamp(time))
        .map(Timestamp::as_nanosecond)
        .map_err(|error| place.value_error(error))
}

pub(super) fn range(ns: i128, place: Place<'_>, time: impl std::fmt::Display) -> PyResult<i64> {
    i64::try_from(ns).map_err(|_| out_of_range(place, time))
}

pub(super) fn from_datetime64(
    time: &Bound<'_, PyAny>,
    dtype: &Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<i64> {
    if values::is_missing(time)? {
        return Err(place.value_error("expected a time, got NaT"));
    }
    let numpy = time.py().import("numpy")?;
    let (unit, count): (String, i64) = numpy.call_method1("datetime_data", (dtype,))?.extract()?;
    let scale: i128 = match unit.as_str() {
        "W" => 604_800 * SECOND,
        "D" => 86_400 * SECOND,
        "h" => 3600 * SECOND,
        "m" => 60 * SECOND,
        "s" => SECOND,
        "ms" => 1_000_000,
        "us" => 1000,
        "ns" => 1,
        // Years and months have no fixed length, so they are converted to days.
        "Y" | "M" => {
            // For years that are far from 1970, numpy's conversion to days is wrong and reports no
            // error.
            let ticks: i64 = time.call_method1("astype", ("i8",))?.extract()?;
            if ticks.saturating_mul(count).unsigned_abs() > MONTHS {
                return Err(out_of_range(place, time));
            }
            let days = time.call_method1("astype", ("M8[D]",))?;
            let dtype = days.getattr("dtype")?;
            return from_datetime64(&days, &dtype, place);
        }
        _ => return Err(place.value_error(format!("unit `{unit}` is finer than nanoseconds"))),
    };
    let ticks: i64 = time.call_method1("astype", ("i8",))?.extract()?;
    range(i128::from(ticks) * i128::from(count) * scale, place, time)
}
