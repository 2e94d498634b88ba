//! Reads times that are passed as strings.
//!
//! Strings in ISO 8601 format are parsed in Rust. If pandas is installed, it parses strings in all
//! other formats, which the module `aioinflux._dates` does. All strings that pandas parses in a
//! call must have the same order of day and month. By default pandas would read `12/01/2024` as
//! December, and `13/01/2024` in the next row as January.

use std::time::{SystemTime, UNIX_EPOCH};

use aioinflux::engine::parse_time;
use pyo3::exceptions::{PyException, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyString};

use super::moment::{datetime, out_of_range, range};
use crate::place::{Place, shorten};

/// The order of day and month that all time strings of a call must have.
#[derive(Default)]
pub(super) struct Dates {
    first: Option<First>,
}

/// The first string of a call whose date could also be read in a different order.
struct First {
    /// The part that comes first in the date, which is `month`, `day` or `year`.
    order: String,
    text: String,
    point: Option<u64>,
}

impl Dates {
    pub(super) fn nanoseconds(
        &mut self,
        text: &Bound<'_, PyString>,
        place: Place<'_>,
    ) -> PyResult<i64> {
        let shown = text
            .to_str()
            .map_err(|error| place.wrap(text.py(), &error))?;
        if let Some(ns) = parse_time(shown) {
            return range(ns, place, shown);
        }
        match shown {
            // For these strings, pandas would return the local time without its time zone.
            "now" | "today" => now(place),
            _ => self.by_pandas(text.py(), shown, place),
        }
    }

    fn by_pandas(&mut self, py: Python<'_>, shown: &str, place: Place<'_>) -> PyResult<i64> {
        let unknown =
            |why: &str| place.value_error(format!("`{}` is not a time{why}", shorten(shown)));
        if shown.trim().is_empty() {
            return Err(unknown(""));
        }
        if py.import("pandas").is_err() {
            return Err(unknown(
                " in ISO 8601; hint: install pandas, which reads other forms",
            ));
        }
        let read = py.import("aioinflux._dates")?.getattr("read")?;
        let (time, beyond, order): (Bound<'_, PyAny>, i64, Option<String>) =
            match read.call1((shown,)) {
                Ok(read) => read.extract()?,
                Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                    return Err(out_of_range(place, shown));
                }
                Err(error) if error.is_instance_of::<PyException>(py) => {
                    return Err(unknown(&format!(": {}", error.value(py))));
                }
                Err(error) => return Err(error),
            };
        let Ok(time) = time.cast::<PyDateTime>() else {
            return Err(unknown(""));
        };
        let ns = datetime(time, place)?.checked_add(beyond);
        let ns = ns.ok_or_else(|| out_of_range(place, shown))?;
        if let Some(order) = order {
            self.check(order, shown, place)?;
        }
        Ok(ns)
    }

    /// Refuses a string if the order of day and month in its date differs from the earlier strings.
    fn check(&mut self, order: String, text: &str, place: Place<'_>) -> PyResult<()> {
        let Some(first) = &self.first else {
            self.first = Some(First {
                order,
                text: text.to_owned(),
                point: place.point,
            });
            return Ok(());
        };
        if first.order == order {
            return Ok(());
        }
        let point = first.point.map(|point| format!(" of point {point}"));
        Err(place.value_error(format!(
            "`{}` is read {order} first, but `{}`{} was read {} first: all times of a call must \
             have one order of day and month; hint: write them as ISO 8601, such as `2024-01-31`",
            shorten(text),
            shorten(&first.text),
            point.unwrap_or_default(),
            first.order,
        )))
    }
}

/// Returns the current time of this machine in nanoseconds.
fn now(place: Place<'_>) -> PyResult<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ns = since
        .ok()
        .and_then(|since| i64::try_from(since.as_nanos()).ok());
    ns.ok_or_else(|| out_of_range(place, "now"))
}
