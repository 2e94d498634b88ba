//! The one text of a value that stands where text belongs: as a tag, or as a name.
//!
//! It is what Python's `str` says of the value, whichever type carries it: a float of numpy, of pandas
//! or of Arrow is the same text, and so are dates, times and durations. What `str` says of numpy's own
//! scalars depends on their unit and on numpy's version, and is not taken.

use aioinflux::engine::{FloatWidth, float_text};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyInt};

use crate::values::{is_enum, is_numpy};
use crate::{frame, values};

const DAY: i128 = 86_400 * SECOND;
const SECOND: i128 = 1_000_000_000;

/// The text of a value; `None` for arrays, bytes and other values of numpy and Arrow that have none.
pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_instance_of::<PyInt>() && is_enum(value)? && !value.is_instance_of::<PyBool>() {
        // Python 3.10 says the name of the class too.
        return str_of(&value.call_method0(intern!(value.py(), "__index__"))?).map(Some);
    }
    if is_numpy(value) {
        return of_numpy(value);
    }
    if value.is_instance_of::<PyDelta>() {
        // pandas' own has nanoseconds, and other words.
        if let Some(exact) = value.getattr_opt(intern!(value.py(), "asm8"))? {
            return of_numpy(&exact);
        }
    }
    if values::is_arrow(value) {
        return frame::text_of_scalar(value);
    }
    str_of(value).map(Some)
}

/// `str(value)`.
pub(crate) fn str_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(value.str()?.to_str()?.to_owned())
}

/// `str(value)` for comparisons: what has no UTF-8 is equal to no name.
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
        // Of single width, numpy says other digits than of the column that it comes from.
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

/// What a time or duration of numpy counts; `None` for units that are no days and no whole number of
/// nanoseconds.
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

/// A day since 1970: `2024-01-02`.
pub(crate) fn date(days: i128) -> String {
    // The civil calendar by eras of 400 years, which begin in March.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i128::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// An instant in nanoseconds since 1970 as a clock shows it that is so many seconds before UTC:
/// `2024-01-02 03:04:05.123456+01:00`.
pub(crate) fn datetime(ns: i128, offset: Option<i32>) -> String {
    let local = ns + i128::from(offset.unwrap_or(0)) * SECOND;
    let (days, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let zone = offset.map(|offset| {
        let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        let (hours, minutes) = (offset / 3600, offset / 60 % 60);
        match offset % 60 {
            0 => format!("{sign}{hours:02}:{minutes:02}"),
            seconds => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
        }
    });
    format!("{} {}{}", date(days), time(clock), zone.unwrap_or_default())
}

/// Nanoseconds since midnight: `03:04:05.123456`.
pub(crate) fn time(ns: i128) -> String {
    format!("{:02}{}", ns / (3600 * SECOND), minutes(ns))
}

/// `1 day, 0:01:30`, with a day before it where it is negative, as Python has it.
pub(crate) fn duration(ns: i128) -> String {
    let (days, clock) = (ns.div_euclid(DAY), ns.rem_euclid(DAY));
    let clock = format!("{}{}", clock / (3600 * SECOND), minutes(clock));
    match days {
        0 => clock,
        1 | -1 => format!("{days} day, {clock}"),
        _ => format!("{days} days, {clock}"),
    }
}

/// Minutes, seconds and their fraction: none, six digits or nine.
fn minutes(ns: i128) -> String {
    let (seconds, rest) = (ns / SECOND, ns % SECOND);
    let fraction = match rest {
        0 => String::new(),
        _ if rest % 1000 == 0 => format!(".{:06}", rest / 1000),
        _ => format!(".{rest:09}"),
    };
    format!(":{:02}:{:02}{fraction}", seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_civil_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn clocks_have_the_fraction_that_they_need() {
        assert_eq!(datetime(-1000, None), "1969-12-31 23:59:59.999999");
        assert_eq!(datetime(1, Some(0)), "1970-01-01 00:00:00.000000001+00:00");
        assert_eq!(datetime(0, Some(-5400)), "1969-12-31 22:30:00-01:30");
        assert_eq!(datetime(0, Some(1172)), "1970-01-01 00:19:32+00:19:32");
        assert_eq!(duration(-1_000_000_000), "-1 day, 23:59:59");
        assert_eq!(duration(2 * DAY + 90 * SECOND), "2 days, 0:01:30");
    }
}
