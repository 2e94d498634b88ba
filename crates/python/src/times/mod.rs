//! Converts all Python types for times to nanoseconds since 1970 in UTC.
//!
//! Times without a time zone are read as UTC. No time is rounded, and a time that does not fit into
//! 64-bit nanoseconds is refused.

mod moment;
mod texts;

use aioinflux::Precision;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDate, PyDateTime, PyFloat, PyInt, PyString};

use self::moment::{datetime, from_datetime64, is_period, period};
pub(crate) use self::moment::{is_moment, out_of_range};
use self::texts::Dates;
use crate::place::{Place, shorten, shown, type_name};
use crate::values;

const EXPECTED: &str = "int, datetime, date, datetime64, Timestamp, Period or text";
/// The hint in errors about floats, which usually contain seconds.
const NO_FLOATS: &str = "hint: pass an integer, and its unit as `time_unit`";

/// The settings with which a call reads times.
#[derive(Default)]
pub(crate) struct Times {
    /// The unit of times that are integers.
    unit: Precision,
    dates: Dates,
}

impl Times {
    /// Begins a call in which times that are integers have the unit `unit`. If the unit is `None`,
    /// these times are in nanoseconds.
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

    /// If the call sets a time unit, refuses lines that are already encoded.
    pub(crate) fn refuse_lines(&self) -> PyResult<()> {
        if self.unit == Precision::Nanoseconds {
            return Ok(());
        }
        Err(PyValueError::new_err(
            "argument `time_unit`: encoded lines contain their own times; `time_unit` is for \
             points and tables, and the argument `precision` of `write` is for lines",
        ))
    }

    /// Returns `time` in nanoseconds since 1970.
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

    /// Returns `time` in nanoseconds, but refuses floats. Tables, and classes that declare the kind
    /// of their times, do not accept floats as times.
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

    /// Converts times of the less common types, in a function of its own.
    fn other(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        if time.is_none() || time.is_instance_of::<PyBool>() {
            return Err(place.type_error(EXPECTED, time));
        }
        if let Ok(date) = time.cast::<PyDate>() {
            return moment::date(date, place);
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

    /// Reads a float as nanoseconds, as pandas does, but only if the float is a whole number and
    /// the call sets no time unit.
    fn float(&self, time: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<i64> {
        if values::is_missing(time)? {
            return Err(place.value_error("expected a time, got NaN"));
        }
        if self.unit != Precision::Nanoseconds {
            return Err(no_float(place, time));
        }
        // The float is converted through a Python integer, because a numpy longdouble is more
        // precise than a Python float.
        match time.call_method0(intern!(time.py(), "__int__")) {
            Ok(whole) if whole.eq(time)? => self.integer(&whole, place),
            _ => Err(place.value_error(format!(
                "`{time}` is not a whole number of nanoseconds; {NO_FLOATS}"
            ))),
        }
    }

    /// Reads a `numpy.datetime64` with any unit, or a numpy integer.
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

/// Returns whether a value is a Python float or a numpy float.
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
