//! Python's ways to say when, as nanoseconds since 1970 in UTC.
//!
//! Naive times mean UTC. Nothing is rounded: what does not fit 64-bit nanoseconds is refused.

mod texts;

use aioinflux::Precision;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyFloat, PyInt, PyString,
    PyTimeAccess, PyTzInfo, PyTzInfoAccess,
};

use self::texts::Dates;
use crate::place::{Place, shorten, shown, type_name};
use crate::values;

const EXPECTED: &str = "int, datetime, date, datetime64, Timestamp, Period or text";
/// What to do with floats of seconds, which is what they mostly are.
const NO_FLOATS: &str = "hint: pass an integer, and its unit as `time_unit`";
const SECOND: i128 = 1_000_000_000;
/// The years that 64-bit nanoseconds hold, the first and the last one in part.
const YEARS: std::ops::RangeInclusive<i32> = 1677..=2262;

/// More months, or years, than those from 1970 to the last that 64-bit nanoseconds hold.
const MONTHS: u64 = 12 * 300;

/// How the times of one call are read.
#[derive(Default)]
pub(crate) struct Times {
    /// What integers count.
    unit: Precision,
    dates: Dates,
}

impl Times {
    /// Begins a call whose integers count this unit; `None`: nanoseconds.
    pub(crate) fn begin(&mut self, unit: Option<&str>) -> PyResult<()> {
        if let Some(unit) = unit {
            self.unit = Precision::from_name(unit).ok_or_else(|| {
                PyValueError::new_err(format!(
                    "argument `time_unit`: expected ns, u, ms, s, m or h, got `{}`",
                    shorten(unit)
                ))
            })?;
        }
        Ok(())
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn unit(&self) -> Precision {
        self.unit
    }

    /// Refuses lines that come encoded where the call names a unit.
    pub(crate) fn refuse_lines(&self) -> PyResult<()> {
        if self.unit == Precision::Nanoseconds {
            return Ok(());
        }
        Err(PyValueError::new_err(
            "argument `time_unit`: encoded lines have times of their own; `time_unit` is for points \
             and tables, the argument `precision` of `write` is for lines",
        ))
    }

    /// The nanoseconds that `time` stands for.
    pub(crate) fn nanoseconds(
        &mut self,
        time: &Bound<'_, PyAny>,
        place: Place<'_>,
    ) -> PyResult<i64> {
        if time.is_exact_instance_of::<PyInt>() {
            self.integer(time, place)
        } else if let Ok(time) = time.cast::<PyDateTime>() {
            datetime(time, place)
        } else if let Ok(text) = time.cast::<PyString>() {
            self.dates.nanoseconds(text, place)
        } else {
            self.other(time, place)
        }
    }

    /// The same where floats are refused: in tables, and in classes that say what their times are.
    pub(crate) fn without_floats(
        &mut self,
        time: &Bound<'_, PyAny>,
        place: Place<'_>,
    ) -> PyResult<i64> {
        if is_float(time)? {
            if values::is_missing(time)? {
                return Err(place.value_error("expected a time, got NaN"));
            }
            return Err(no_float(place, time));
        }
        self.nanoseconds(time, place)
    }

    /// The rarer kinds, out of the way of the common ones.
    fn other(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        if time.is_none() || time.is_instance_of::<PyBool>() {
            return Err(place.type_error(EXPECTED, time));
        }
        if let Ok(date) = time.cast::<PyDate>() {
            if !YEARS.contains(&date.get_year()) {
                return Err(out_of_range(place, time));
            }
            let day = DateTime::new(year(date)?, month(date), day(date), 0, 0, 0, 0);
            return range(utc(day, place)?, place, time);
        }
        if is_float(time)? {
            return self.float(time, place);
        }
        if time.is_instance_of::<PyInt>() {
            return self.integer(time, place);
        }
        if values::is_missing(time)? {
            return Err(place.value_error(format!("expected a time, got {}", shown(time))));
        }
        if values::is_numpy(time) {
            return self.numpy(time, place);
        }
        if is_period(time)? {
            return period(time, place);
        }
        Err(place.type_error(EXPECTED, time))
    }

    fn integer(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        let Ok(count) = time.extract::<i64>() else {
            return Err(self.too_many(time, place));
        };
        if self.unit == Precision::Nanoseconds {
            return Ok(count);
        }
        count
            .checked_mul(self.unit.nanoseconds())
            .ok_or_else(|| self.too_many(time, place))
    }

    #[cold]
    fn too_many(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyErr {
        out_of_range(
            place,
            format_args!("{} {}", shown(time), self.unit.as_str()),
        )
    }

    /// A float is taken as nanoseconds, as pandas takes it, where it is a whole number, and where
    /// the call names no unit.
    fn float(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        if values::is_missing(time)? {
            return Err(place.value_error("expected a time, got NaN"));
        }
        if self.unit != Precision::Nanoseconds {
            return Err(no_float(place, time));
        }
        // By way of an integer: a longdouble holds more than a float.
        match time.call_method0(intern!(time.py(), "__int__")) {
            Ok(whole) if whole.eq(time)? => self.integer(&whole, place),
            _ => Err(place.value_error(format!(
                "`{time}` is not a whole number of nanoseconds; {NO_FLOATS}"
            ))),
        }
    }

    /// `numpy.datetime64` of any unit, and numpy's integers.
    fn numpy(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        let py = time.py();
        let dtype = time.getattr(intern!(py, "dtype"))?;
        match dtype.getattr(intern!(py, "kind"))?.extract::<char>()? {
            'i' | 'u' => self.integer(time, place),
            'M' => from_datetime64(time, &dtype, place),
            _ => Err(place.type_error(EXPECTED, time)),
        }
    }
}

/// Whether a value is a float of Python or of numpy.
fn is_float(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<PyFloat>() {
        return Ok(true);
    }
    let py = value.py();
    Ok(values::is_numpy(value)
        && value
            .getattr(intern!(py, "dtype"))?
            .getattr(intern!(py, "kind"))?
            .eq("f")?)
}

fn no_float(place: Place<'_>, got: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "{place}: expected {EXPECTED}, got `{}`; {NO_FLOATS}",
        type_name(got)
    ))
}

/// Whether a value is a time by its type: a date, a datetime, or a time of numpy or pandas.
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

/// Whether a value is a `Period` of pandas.
fn is_period(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if !values::is_imported(py, "pandas") {
        return Ok(false);
    }
    value.is_instance(&py.import("pandas")?.getattr("Period")?)
}

/// The start of a period.
fn period(time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
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
    // The common zone, whose offset needs no call.
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

/// Months, days, hours, minutes and seconds are below 64 in Python's own types.
fn narrow(part: u8) -> i8 {
    i8::try_from(part).unwrap_or(i8::MAX)
}

fn utc(time: Result<DateTime, jiff::Error>, place: Place<'_>) -> PyResult<i128> {
    time.and_then(|time| Offset::UTC.to_timestamp(time))
        .map(Timestamp::as_nanosecond)
        .map_err(|error| place.value_error(error))
}

fn range(ns: i128, place: Place<'_>, time: impl std::fmt::Display) -> PyResult<i64> {
    i64::try_from(ns).map_err(|_| out_of_range(place, time))
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
            // numpy's days of a far year are wrong, without a sign.
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
