//! Holds and checks the arguments that `write`, `to_line_protocol` and `line_batches` accept in
//! every client.
//!
//! The Python code passes the arguments of a call unchanged. The arguments are checked when the
//! call begins. A write that is awaited begins some time after it was created. Unusual arguments
//! are checked by the Python modules `_arguments` and `_keywords`, which contain the error
//! messages. Ordinary arguments are checked in Rust, because every call into Python slows down
//! small writes.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt};

use crate::exit;
use crate::frame::Roles;
use crate::limits::Limits;
use crate::server::Server;
use crate::sink::Lease;

/// The name of the Python module that checks unusual arguments.
const CHECKS: &str = "aioinflux._arguments";

/// The Python functions that check arguments, each of which is imported only once.
static UNIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static NAMES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static TAGS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static KEYWORDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The settings that a call has for its points and for its batches.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Arguments {
    /// The measurement for points without a measurement of their own.
    pub(crate) measurement: Option<Py<PyAny>>,
    /// The names of the table columns that contain tags.
    pub(crate) tag_columns: Option<Py<PyAny>>,
    pub(crate) time_column: Option<Py<PyAny>>,
    pub(crate) measurement_column: Option<Py<PyAny>>,
    /// The unit of times that are integers.
    pub(crate) time_unit: Option<Py<PyAny>>,
    /// Extra tags, which may have any name and take precedence over a point's own tags.
    pub(crate) tags: Option<Py<PyAny>>,
    /// Extra tags that were passed as keyword arguments. Tags in keyword arguments take precedence
    /// over the argument `tags`.
    pub(crate) extra_tags: Option<Py<PyDict>>,
    /// Default tags, which are added to points that lack a tag with the same name.
    pub(crate) default_tags: Option<Py<PyDict>>,
    /// Whether points without a time get this machine's current time.
    pub(crate) stamp: Option<Py<PyAny>>,
    pub(crate) batch_lines: Option<Py<PyAny>>,
    pub(crate) batch_bytes: Option<Py<PyAny>>,
    pub(crate) threads: Option<Py<PyAny>>,
}

#[pymethods]
impl Arguments {
    /// The method `of` is static and no constructor. Calling a type would first build a `dict` of
    /// the keyword arguments, which measurably slows down a small write.
    #[staticmethod]
    #[pyo3(signature = (*, measurement=None, tag_columns=None, time_column=None,
        measurement_column=None, time_unit=None, tags=None, extra_tags=None, default_tags=None,
        stamp, batch_lines, batch_bytes, threads=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the Python function"
    )]
    fn of(
        measurement: Option<Py<PyAny>>,
        tag_columns: Option<Py<PyAny>>,
        time_column: Option<Py<PyAny>>,
        measurement_column: Option<Py<PyAny>>,
        time_unit: Option<Py<PyAny>>,
        tags: Option<Py<PyAny>>,
        extra_tags: Option<Py<PyDict>>,
        default_tags: Option<Py<PyDict>>,
        stamp: Py<PyAny>,
        batch_lines: Py<PyAny>,
        batch_bytes: Py<PyAny>,
        threads: Option<Py<PyAny>>,
    ) -> Self {
        exit::protect_thread();
        Self {
            measurement,
            tag_columns,
            time_column,
            measurement_column,
            time_unit,
            tags,
            extra_tags,
            default_tags,
            stamp: Some(stamp),
            batch_lines: Some(batch_lines),
            batch_bytes: Some(batch_bytes),
            threads,
        }
    }

    #[getter]
    fn stamp(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        exit::protect_thread();
        self.stamp.as_ref().map(|stamp| stamp.clone_ref(py))
    }
}

impl Arguments {
    /// Returns the limits at which batches end, and the number of threads that encode the batches.
    /// The limits that the call's arguments set take precedence over the limits in `default`.
    pub(crate) fn limits(&self, py: Python<'_>, default: Limits) -> PyResult<Limits> {
        let count = |name, value: &Option<Py<PyAny>>| {
            let value = value.as_ref().map(|value| positive(name, value.bind(py)));
            value.transpose()
        };
        Ok(Limits {
            lines: count("batch_lines", &self.batch_lines)?.unwrap_or(default.lines),
            bytes: count("batch_bytes", &self.batch_bytes)?.unwrap_or(default.bytes),
            threads: count("threads", &self.threads)?.or(default.threads),
        })
    }

    /// Checks all arguments of the call except the limits of batches. Returns the sink, which holds
    /// the settings that all points share, and the roles of the table columns. The lines are written
    /// for `server`.
    pub(crate) fn begin(&self, py: Python<'_>, server: Server) -> PyResult<(Lease, Roles)> {
        let is_stamped = self.is_stamped(py)?;
        let time_unit = self.time_unit.as_ref().map(|unit| {
            let check = UNIT.import(py, CHECKS, "unit")?;
            check.call1(("time_unit", unit))?.extract::<String>()
        });
        let time_unit = time_unit.transpose()?;
        let extra_tags = self.extra_tags(py)?;
        let roles = Roles {
            tags: self.tag_columns(py)?,
            time: self.time_column.as_ref().map(|name| name.clone_ref(py)),
            measurement: self
                .measurement_column
                .as_ref()
                .map(|name| name.clone_ref(py)),
        };
        let mut sink = Lease::take(server.dialect());
        sink.times.begin(time_unit.as_deref())?;
        sink.set_stamp(is_stamped);
        sink.set_defaults(
            self.measurement.as_ref().map(|name| name.bind(py)),
            extra_tags.as_ref(),
            self.default_tags.as_ref().map(|tags| tags.bind(py)),
        )?;
        Ok((sink, roles))
    }

    fn is_stamped(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(stamp) = &self.stamp else {
            return Ok(false);
        };
        let stamp = stamp.bind(py);
        if let Ok(stamp) = stamp.cast::<PyBool>() {
            return Ok(stamp.is_true());
        }
        let is_no_bool = ("stamp", stamp, py.get_type::<PyBool>());
        py.import(CHECKS)?.call_method1("expect", is_no_bool)?;
        Ok(false)
    }

    fn tag_columns(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let Some(columns) = &self.tag_columns else {
            return Ok(Vec::new());
        };
        let check = NAMES.import(py, CHECKS, "names")?;
        check.call1(("tag_columns", columns))?.extract()
    }

    /// Returns all extra tags of the call, whether they were passed in `tags` or as keyword
    /// arguments.
    fn extra_tags<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let keywords = self.extra_tags.as_ref().map(|tags| tags.bind(py));
        let keywords = keywords.filter(|tags| !tags.is_empty());
        if let Some(keywords) = keywords {
            check_keywords(keywords)?;
        }
        let Some(tags) = &self.tags else {
            return Ok(keywords.cloned());
        };
        let all = TAGS.import(py, CHECKS, "tags")?.call1((tags, keywords))?;
        Ok(Some(all.cast_into()?))
    }
}

/// Returns the value of an argument that must be a positive number.
fn positive(name: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    if value.is_exact_instance_of::<PyInt>()
        && let Ok(number) = value.extract::<i64>()
        && let Ok(number) = usize::try_from(number)
        && number > 0
    {
        return Ok(number);
    }
    let checks = value.py().import(CHECKS)?;
    checks.call_method1("positive", (name, value))?;
    value.extract()
}

/// Refuses keyword arguments that have a different meaning in other InfluxDB clients.
fn check_keywords(extra_tags: &Bound<'_, PyDict>) -> PyResult<()> {
    let check = KEYWORDS.import(extra_tags.py(), "aioinflux._keywords", "check_tags")?;
    check.call1((extra_tags,)).map(drop)
}
