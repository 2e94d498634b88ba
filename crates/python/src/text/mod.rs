//! Converts a value that must be a string, such as a tag or a name, to a string. Equal values are
//! converted to the same string.
//!
//! The result is the `str` of the Python value, regardless of the value's type. A float has the
//! same text in numpy, pandas and Arrow, and so do dates, times and durations. The `str` of numpy's
//! own scalars is not used, because it depends on the scalar's unit and on the version of numpy.

pub(crate) mod arrow;
mod clock;

use aioinflux::engine::{FloatWidth, float_text};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDelta, PyInt};

use self::clock::{DAY, SECOND, date, datetime, duration};
use crate::values::types::{is_arrow, is_enum, is_numpy, is_scalar};

/// Returns the text of a Python value. Returns `None` for arrays, bytes and other numpy and Arrow
/// values that cannot be converted to a string.
pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_instance_of::<PyInt>() && is_enum(value)? && !value.is_instance_of::<PyBool>() {
        // In Python 3.10, the `str` of an integer enum member includes the name of the enum class.
        return str_of(&value.call_method0(intern!(value.py(), "__index__"))?).map(Some);
    }
    if is_numpy(value) {
        return of_numpy(value);
    }
    if value.is_instance_of::<PyDelta>() {
        // The `str` of a pandas `Timedelta` includes nanoseconds and differs from Python's
        // notation.
        if let Some(exact) = value.getattr_opt(intern!(value.py(), "asm8"))? {
            return of_numpy(&exact);
        }
    }
    if is_arrow(value) {
        return of_arrow(value);
    }
    str_of(value).map(Some)
}

/// Returns the text of a pyarrow scalar, which is the same text as in a column that contains only
/// this scalar.
fn of_arrow(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if let Some(text) = arrow::of_cell(value)? {
        return Ok(Some(text));
    }
    // For some extension types, such as UUIDs, pyarrow creates a plain Python object.
    let plain = value.call_method0(intern!(value.py(), "as_py"))?;
    if is_arrow(&plain) || plain.is_instance_of::<PyBytes>() || !is_scalar(&plain)? {
        return Ok(None);
    }
    of(&plain)
}

/// `str(value)`.
pub(crate) fn str_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(value.str()?.to_str()?.to_owned())
}

/// Returns `str(value)` for comparisons with names. A string that is not valid UTF-8 is not equal
/// to any name.
pub(crate) fn lossy(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(value.str()?.to_string_lossy().into_owned())
}

fn of_numpy(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = value.py();
    let dtype = value.getattr(intern!(py, "dtype"))?;
    let size: usize = dtype.getattr(intern!(py, "itemsize"))?.extract()?;
    let kind: char = dtype.getattr(intern!(py, "kind"))?.extract()?;
    match (kind, size) {
        ('f', 2) => float(value, FloatWidth::Half).map(Some),
        ('f', 4) => float(value, FloatWidth::Single).map(Some),
        ('M', _) => match ticks(value, &dtype)? {
            Some(Ticks::Days(days)) => Ok(Some(date(days))),
            Some(Ticks::Nanoseconds(ns)) => Ok(Some(datetime(ns, None))),
            None => str_of(value).map(Some),
        },
        ('m', _) => match ticks(value, &dtype)? {
            Some(Ticks::Days(days)) => Ok(Some(duration(days * DAY))),
            Some(Ticks::Nanoseconds(ns)) => Ok(Some(duration(ns))),
            None => str_of(value).map(Some),
        },
        // For a single complex number in single precision, numpy prints different digits than for a
        // column of such numbers.
        ('c', _) => str_of(&value.call_method0(intern!(py, "item"))?).map(Some),
        ('V', _) => Ok(None),
        _ => str_of(value).map(Some),
    }
}

fn float(value: &Bound<'_, PyAny>, width: FloatWidth) -> PyResult<String> {
    let number: f64 = value
        .call_method0(intern!(value.py(), "__float__"))?
        .extract()?;
    Ok(float_text(number, width))
}

enum Ticks {
    Days(i128),
    Nanoseconds(i128),
}

/// Returns a numpy time or duration as a number of days or nanoseconds. Returns `None` if the
/// value's unit is neither days nor a whole number of nanoseconds.
fn ticks(value: &Bound<'_, PyAny>, dtype: &Bound<'_, PyAny>) -> PyResult<Option<Ticks>> {
    let py = value.py();
    let numpy = py.import("numpy")?;
    let (unit, count): (String, i128) = numpy.call_method1("datetime_data", (dtype,))?.extract()?;
    let count_of = |value: &Bound<'_, PyAny>| -> PyResult<i128> {
        value.call_method1("astype", ("i8",))?.extract()
    };
    let is_time = dtype.getattr("kind")?.extract::<char>()? == 'M';
    let scale = match unit.as_str() {
        "D" => return Ok(Some(Ticks::Days(count_of(value)? * count))),
        "W" => return Ok(Some(Ticks::Days(count_of(value)? * count * 7))),
        "Y" | "M" if is_time => {
            let days = value.call_method1("astype", ("M8[D]",))?;
            return Ok(Some(Ticks::Days(count_of(&days)?)));
        }
        "h" => 3600 * SECOND,
        "m" => 60 * SECOND,
        "s" => SECOND,
        "ms" => 1_000_000,
        "us" => 1000,
        "ns" => 1,
        _ => return Ok(None),
    };
    Ok(Some(Ticks::Nanoseconds(count_of(value)? * count * scale)))
}
