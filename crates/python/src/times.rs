//! Python's ways to say when, as nanoseconds since 1970 in UTC.
//!
//! Naive times mean UTC. Nothing is rounded: what does not fit 64-bit nanoseconds is refused.

use aioinflux::frame::parse_time;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyFloat, PyInt, PyString,
    PyTimeAccess, PyTzInfo, PyTzInfoAccess,
};

use crate::place::{Place, shorten};
use crate::values;

const EXPECTED: &str = "int (ns), datetime, date, datetime64, Timestamp or text";
const SECOND: i128 = 1_000_000_000;

/// The nanoseconds that `time` stands for.
pub(crate) fn nanoseconds(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
    if time.is_exact_instance_of::<PyInt>() {
        integer(time, place)
    } else if let Ok(time) = time.cast::<PyDateTime>() {
        datetime(time, place)
    } else if let Ok(text) = time.cast::<PyString>() {
        from_text(text, place)
    } else {
        from_other(time, place)
    }
}

/// The rarer kinds, out of the way of the common ones.
fn from_other(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
    if time.is_none() || time.is_instance_of::<PyBool>() {
        return Err(place.type_error(EXPECTED, time));
    }
    if let Ok(date) = time.cast::<PyDate>() {
        let day = DateTime::new(year(date)?, month(date), day(date), 0, 0, 0, 0);
        return range(utc(day, place)?, place);
    }
    if let Ok(number) = time.cast::<PyFloat>() {
        return from_float(number.value(), place);
    }
    if time.is_instance_of::<PyInt>() {
        return integer(time, place);
    }
    if values::is_numpy(time) {
        return from_numpy(time, place);
    }
    Err(place.type_error(EXPECTED, time))
}

fn integer(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
    time.extract::<i64>().map_err(|_| out_of_range(place, time))
}

fn out_of_range(place: Place<'_>, time: impl std::fmt::Display) -> PyErr {
    place.value_error(format!(
        "`{}` is outside 64-bit nanoseconds",
        shorten(&time.to_string())
    ))
}

/// A float is taken as nanoseconds, as pandas takes it, where it is a whole number.
fn from_float(value: f64, place: Place<'_>) -> PyResult<i64> {
    // 2^63, the first whole float beyond i64.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if value.is_nan() || value.fract() != 0.0 || value.abs() >= LIMIT {
        return Err(place.value_error(format!("`{value}` is no whole number of nanoseconds")));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked: whole and within i64"
    )]
    Ok(value as i64)
}

fn datetime(time: &Bound<'_, PyDateTime>, place: Place<'_>) -> PyResult<i64> {
    let py = time.py();
    // NaT is an instance of datetime, with a type of its own.
    if !time.is_exact_instance_of::<PyDateTime>() && values::is_missing(time)? {
        return Err(place.value_error("expected a time, got NaT"));
    }
    // pandas' years go beyond those of datetime, whose own fields then hold something else.
    if !time.is_exact_instance_of::<PyDateTime>()
        && let Some(exact) = time.getattr_opt(intern!(py, "asm8"))?
    {
        let dtype = exact.getattr(intern!(py, "dtype"))?;
        return from_datetime64(&exact, &dtype, place);
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
    // The common zone, whose offset needs no call.
    let utc_itself = PyTzInfo::utc(py)?;
    if time.get_tzinfo().is_some_and(|zone| !zone.is(utc_itself)) {
        let offset = time.call_method0(intern!(py, "utcoffset"))?;
        if let Ok(offset) = offset.cast::<PyDelta>() {
            let seconds = i128::from(offset.get_days()) * 86_400 + i128::from(offset.get_seconds());
            ns -= seconds * SECOND + i128::from(offset.get_microseconds()) * 1000;
        }
    }
    range(ns, place)
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

/// Months, days, hours, minutes and seconds are below 64 in Python's own types.
fn narrow(part: u8) -> i8 {
    i8::try_from(part).unwrap_or(i8::MAX)
}

fn utc(time: Result<DateTime, jiff::Error>, place: Place<'_>) -> PyResult<i128> {
    time.and_then(|time| Offset::UTC.to_timestamp(time))
        .map(Timestamp::as_nanosecond)
        .map_err(|error| place.value_error(error))
}

fn range(ns: i128, place: Place<'_>) -> PyResult<i64> {
    i64::try_from(ns).map_err(|_| out_of_range(place, format_args!("{ns} ns")))
}

/// ISO 8601 here, everything else by pandas where it is installed.
fn from_text(text: &Bound<'_, PyString>, place: Place<'_>) -> PyResult<i64> {
    let shown = text
        .to_str()
        .map_err(|error| place.wrap(text.py(), &error))?;
    if let Some(ns) = parse_time(shown) {
        return range(ns, place);
    }
    let unknown = |why: &str| place.value_error(format!("`{}` is no time{why}", shorten(shown)));
    if shown.trim().is_empty() {
        return Err(unknown(""));
    }
    let Ok(pandas) = text.py().import("pandas") else {
        return Err(unknown(
            " as ISO 8601 has it; hint: pandas reads other forms, where installed",
        ));
    };
    let parsed = pandas
        .call_method1("Timestamp", (text,))
        .map_err(|error| unknown(&format!(": {}", error.value(text.py()))))?;
    match parsed.cast::<PyDateTime>() {
        Ok(time) => datetime(time, place),
        Err(_) => Err(unknown("")),
    }
}

/// `numpy.datetime64` of any unit, and numpy's integers and floats.
fn from_numpy(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
    let py = time.py();
    let dtype = time.getattr(intern!(py, "dtype"))?;
    match dtype.getattr(intern!(py, "kind"))?.extract::<char>()? {
        'i' | 'u' => integer(time, place),
        // By way of an integer: a longdouble holds more than a float.
        'f' => match time.call_method0(intern!(py, "__int__")) {
            Ok(whole) if whole.eq(time)? => integer(&whole, place),
            _ => Err(place.value_error(format!("`{time}` is no whole number of nanoseconds"))),
        },
        'M' => from_datetime64(time, &dtype, place),
        _ => Err(place.type_error(EXPECTED, time)),
    }
}

fn from_datetime64(
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
        // Years and months have no fixed length: days do.
        "Y" | "M" => {
            let days = time.call_method1("astype", ("M8[D]",))?;
            let dtype = days.getattr("dtype")?;
            return from_datetime64(&days, &dtype, place);
        }
        _ => return Err(place.value_error(format!("unit `{unit}` is finer than nanoseconds"))),
    };
    let ticks: i64 = time.call_method1("astype", ("i8",))?.extract()?;
    range(i128::from(ticks) * i128::from(count) * scale, place)
}
