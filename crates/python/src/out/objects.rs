//! Converts the rows of an answer to objects of a class with a schema.
//!
//! This module determines where each attribute's value comes from, and how the value is converted.
//! The class is called with the values of a row. Exceptions that the class raises propagate
//! unchanged.

use std::ops::Range;
use std::vec::IntoIter;

use aioinflux::Series;
use arrow_array::RecordBatch;
use jiff::Timestamp;
use jiff::tz::Offset;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyDateTime, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType, PyTzInfo,
};

use super::answer::PyAnswer;
use super::block::ROWS_AT_A_TIME;
use super::cells::Cells;
use super::kind::Kind;
use super::texts::Texts;
use crate::errors;
use crate::exit;
use crate::place::{shorten, type_name};

/// The number of objects that are created between two signal checks.
const SIGNAL_OBJECTS: usize = 4096;

/// Creates objects of one class.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct Reader {
    class: Py<PyType>,
    name: String,
    attributes: Vec<Attribute>,
    /// Whether the class has no constructor that takes values. If it has none, each attribute is
    /// set after the object is created.
    sets: bool,
    /// Whether the constructor takes the values of all attributes as positional arguments, in the
    /// order of the attributes.
    positional: bool,
}

struct Attribute {
    /// The name of the attribute's argument in the constructor.
    argument: Py<PyString>,
    name: String,
    /// The name of the column or tag that contains the attribute's value.
    key: String,
    kind: Kind,
    optional: bool,
    /// Whether the constructor has no default for the attribute's argument.
    required: bool,
    /// If the attribute is an enum, the members of the enum, by name.
    members: Option<Py<PyDict>>,
}

/// The names of the columns that contain times and measurements.
#[derive(Clone, Copy)]
struct Names {
    time: &'static str,
    /// `None` if the name of a series is the measurement.
    measurement: Option<&'static str>,
}

const INFLUXQL: Names = Names {
    time: "time",
    measurement: None,
};

const FLUX: Names = Names {
    time: "_time",
    measurement: Some("_measurement"),
};

/// Where the value of an attribute comes from.
enum Origin<'py> {
    Column(Box<Column>),
    /// The attribute has the same value in all rows of a series.
    Same(Bound<'py, PyAny>),
    /// No value is passed for the attribute, because the constructor has a default.
    Default,
}

/// A column of a batch, and the Python objects for the column's next rows.
struct Column {
    cells: Cells,
    texts: Texts,
    made: IntoIter<Py<PyAny>>,
}

impl Origin<'_> {
    /// If the value comes from a column, creates the Python objects for the rows in `rows`.
    fn fill(&mut self, py: Python<'_>, rows: Range<usize>) {
        if let Self::Column(column) = self {
            let mut made = Vec::with_capacity(rows.len());
            column.cells.fill(py, rows, &mut column.texts, &mut made);
            column.made = made.into_iter();
        }
    }
}

/// An attribute as the Python code describes it. The first items are the argument, the name, the
/// key and the kind. They are followed by whether the value may be missing, whether it must be
/// passed, and the enum class, if any.
type Described<'py> = (
    Bound<'py, PyString>,
    String,
    String,
    String,
    bool,
    bool,
    Option<Bound<'py, PyType>>,
);

impl Drop for Reader {
    /// `protect_thread` is called because the reader may hold the last reference to a class of the
    /// user.
    fn drop(&mut self) {
        exit::protect_thread();
    }
}

#[pymethods]
impl Reader {
    #[new]
    fn new(
        class_: &Bound<'_, PyType>,
        attributes: Vec<Described<'_>>,
        sets: bool,
        positional: bool,
    ) -> PyResult<Self> {
        exit::protect_thread();
        let attributes: PyResult<_> = attributes.into_iter().map(Attribute::new).collect();
        Ok(Self {
            name: class_.name()?.to_str()?.to_owned(),
            class: class_.clone().unbind(),
            attributes: attributes?,
            sets,
            positional,
        })
    }

    /// Moves all series out of the answer, and returns one object for each of their rows.
    fn objects<'py>(
        &self,
        py: Python<'py>,
        answer: &Bound<'py, PyAnswer>,
    ) -> PyResult<Bound<'py, PyList>> {
        exit::protect_thread();
        let objects = PyList::empty(py);
        let answer = answer.get();
        let names = if answer.is_flux() { FLUX } else { INFLUXQL };
        for series in answer.take() {
            for batch in &series.batches {
                self.read(py, names, &series, batch, &objects)
                    .map_err(|error| errors::no_end(py, error))?;
            }
        }
        Ok(objects)
    }
}

impl Attribute {
    fn new(described: Described<'_>) -> PyResult<Self> {
        let (argument, name, key, kind, optional, required, members) = described;
        let members = members
            .map(|class| {
                let members = PyDict::new(class.py());
                members.update(class.getattr("__members__")?.cast()?)?;
                Ok::<_, PyErr>(members.unbind())
            })
            .transpose()?;
        Ok(Self {
            argument: argument.unbind(),
            name,
            key,
            kind: Kind::from_name(&kind)?,
            optional,
            required,
            members,
        })
    }
}

impl Reader {
    fn read<'py>(
        &self,
        py: Python<'py>,
        names: Names,
        series: &Series,
        batch: &RecordBatch,
        objects: &Bound<'py, PyList>,
    ) -> PyResult<()> {
        let mut sources: Vec<Origin<'py>> = self
            .attributes
            .iter()
            .map(|attribute| self.source(py, names, attribute, series, batch))
            .collect::<PyResult<_>>()?;
        for row in 0..batch.num_rows() {
            if row % SIGNAL_OBJECTS == 0 {
                py.check_signals()?;
            }
            if row % ROWS_AT_A_TIME == 0 {
                let rows = row..batch.num_rows().min(row + ROWS_AT_A_TIME);
                for source in &mut sources {
                    source.fill(py, rows.clone());
                }
            }
            let mut values = Vec::with_capacity(sources.len());
            for (attribute, source) in self.attributes.iter().zip(&mut sources) {
                values.push(self.value(py, attribute, source, row)?);
            }
            objects.append(self.make(py, values)?)?;
        }
        Ok(())
    }

    fn source<'py>(
        &self,
        py: Python<'py>,
        names: Names,
        attribute: &Attribute,
        series: &Series,
        batch: &RecordBatch,
    ) -> PyResult<Origin<'py>> {
        let key = match (attribute.kind, names.measurement, &series.name) {
            (Kind::Measurement, Some(column), _) => column,
            (Kind::Measurement, None, Some(name)) => {
                return Ok(Origin::Same(PyString::new(py, name).into_any()));
            }
            (kind, ..) if kind.is_time() => names.time,
            _ => &attribute.key,
        };
        let schema = batch.schema_ref();
        if let Some((at, _)) = schema.column_with_name(key) {
            return Ok(Origin::Column(Box::new(Column {
                cells: Cells::new(py, batch.column(at).as_ref(), 1),
                texts: Texts::default(),
                made: IntoIter::default(),
            })));
        }
        // If the points of a series lack a tag, the value of this tag is empty in the series.
        let tag = series.tags.iter().find(|(name, _)| name == key);
        if let Some((_, text)) = tag.filter(|(_, text)| !text.is_empty()) {
            let text = PyString::new(py, text).into_any();
            return self.converted(attribute, text, 0).map(Origin::Same);
        }
        if !attribute.required {
            return Ok(Origin::Default);
        }
        if attribute.optional {
            return Ok(Origin::Same(py.None().into_bound(py)));
        }
        let columns = schema.fields().iter().map(|field| field.name().as_str());
        let tags = series.tags.iter().map(|(name, _)| name.as_str());
        let there: Vec<String> = columns
            .chain(tags)
            .map(|name| format!("`{}`", shorten(name)))
            .collect();
        Err(PyValueError::new_err(format!(
            "attribute `{}.{}`: the answer has no column `{}`; it has {}; hint: make the \
             attribute Optional, or give it a default",
            self.name,
            attribute.name,
            shorten(key),
            there.join(", ")
        )))
    }

    /// Returns the value that an attribute has in a row. Returns `None` if no value is passed for
    /// the attribute, so that the constructor's default applies.
    fn value<'py>(
        &self,
        py: Python<'py>,
        attribute: &Attribute,
        source: &mut Origin<'py>,
        row: usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match source {
            Origin::Same(value) => Ok(Some(value.clone())),
            Origin::Default => Ok(None),
            Origin::Column(column) => match column.made.next().filter(|value| !value.is_none(py)) {
                Some(value) => self
                    .converted(attribute, value.into_bound(py), row)
                    .map(Some),
                None if attribute.optional => Ok(Some(py.None().into_bound(py))),
                None if !attribute.required => Ok(None),
                None => Err(PyValueError::new_err(format!(
                    "attribute `{}.{}`: it is null in row {row}; hint: make it Optional, or \
                     give it a default",
                    self.name, attribute.name
                ))),
            },
        }
    }

    fn converted<'py>(
        &self,
        attribute: &Attribute,
        value: Bound<'py, PyAny>,
        row: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        if attribute.kind.has(&value) {
            return Ok(value);
        }
        let py = value.py();
        let is_int = value.is_exact_instance_of::<PyInt>();
        let is_float = value.is_exact_instance_of::<PyFloat>();
        let made = match attribute.kind {
            Kind::Datetime if is_int => Some(datetime(py, value.extract()?)?),
            Kind::Iso if is_int => Some(iso(py, value.extract()?)?),
            Kind::Tag => Some(value.str()?.into_any()),
            Kind::Float if is_int => Some(PyFloat::new(py, value.extract()?).into_any()),
            Kind::Int if is_float && value.extract::<f64>()?.fract() == 0.0 => {
                Some(value.call_method0(intern!(py, "__int__"))?)
            }
            Kind::Decimal if is_int || is_float => Some(decimal(&value)?),
            Kind::Enum => match &attribute.members {
                Some(members) => members.bind(py).get_item(&value)?,
                None => Some(value.clone()),
            },
            _ => None,
        };
        made.ok_or_else(|| {
            PyValueError::new_err(format!(
                "attribute `{}.{}`: expected {}, got `{}`, a `{}`, in row {row}",
                self.name,
                attribute.name,
                attribute.kind.expected(),
                shorten(&value.to_string()),
                type_name(&value)
            ))
        })
    }

    fn make<'py>(
        &self,
        py: Python<'py>,
        values: Vec<Option<Bound<'py, PyAny>>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = self.class.bind(py);
        if self.positional && values.iter().all(Option::is_some) {
            let values = values.into_iter().flatten();
            let values: Vec<Bound<'py, PyAny>> = values.collect();
            return class.call1(PyTuple::new(py, values)?);
        }
        let given = self.attributes.iter().zip(values);
        let given = given.filter_map(|(attribute, value)| {
            value.map(|value| (attribute.argument.bind(py), value))
        });
        if self.sets {
            let object = class.call0()?;
            for (name, value) in given {
                object.setattr(name, value)?;
            }
            return Ok(object);
        }
        let arguments = PyDict::new(py);
        for (name, value) in given {
            arguments.set_item(name, value)?;
        }
        class.call((), Some(&arguments))
    }
}

/// Converts nanoseconds since 1970 to a timezone-aware `datetime` in UTC. The result is rounded
/// down to whole microseconds.
fn datetime(py: Python<'_>, ns: i64) -> PyResult<Bound<'_, PyAny>> {
    let micros = Timestamp::from_microsecond(ns.div_euclid(1000));
    let time = micros.map_err(|error| PyValueError::new_err(error.to_string()))?;
    let time = Offset::UTC.to_datetime(time);
    let narrow = |part: i8| part.unsigned_abs();
    let micros = u32::try_from(time.subsec_nanosecond() / 1000)?;
    let utc = PyTzInfo::utc(py)?.to_owned();
    let (year, month, day) = (time.year().into(), narrow(time.month()), narrow(time.day()));
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    PyDateTime::new(
        py,
        year,
        month,
        day,
        narrow(hour),
        narrow(minute),
        narrow(second),
        micros,
        Some(&utc),
    )
    .map(Bound::into_any)
}

/// Converts nanoseconds since 1970 to a string in ISO 8601 format, in UTC, with nine digits for the
/// nanoseconds.
fn iso(py: Python<'_>, ns: i64) -> PyResult<Bound<'_, PyAny>> {
    let time = Timestamp::from_nanosecond(ns.into());
    let time = time.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyString::new(py, &format!("{time:.9}")).into_any())
}

fn decimal<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = DECIMAL.import(value.py(), "decimal", "Decimal")?;
    class.call1((value.str()?,))
}
