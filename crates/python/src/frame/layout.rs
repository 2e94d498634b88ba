//! Finds the names of a table's columns, and the role of each column.

use std::collections::HashSet;

use aioinflux::frame::FrameLayout;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::roles::Roles;
use crate::place::{Place, shorten};
use crate::sink::Sink;
use crate::text;

/// The column names of a table, and the positions of the columns that have a role.
pub(super) struct Labels {
    pub(super) names: Vec<String>,
    pub(super) tags: Vec<usize>,
    pub(super) measurement: Option<usize>,
    /// The position of the column that the argument `time_column` names.
    pub(super) time: Option<usize>,
}

impl Labels {
    /// Finds the columns that the arguments name, and checks that `labels` contains all of them.
    pub(super) fn new(
        sink: &mut Sink,
        roles: &Roles,
        labels: &[Bound<'_, PyAny>],
    ) -> PyResult<Self> {
        let place = Place::of(sink.encoder.next_index(), "column");
        let mut names = Vec::with_capacity(labels.len());
        let mut seen = HashSet::new();
        for label in labels {
            let name = sink.name(label, place)?;
            if !seen.insert(name.clone()) {
                let name = shorten(&name);
                return Err(PyValueError::new_err(format!(
                    "column `{name}` appears twice"
                )));
            }
            names.push(name);
        }
        let find = |what: &str, wanted: &Py<PyAny>, py| -> PyResult<usize> {
            let wanted = wanted.bind(py);
            let text = text::lossy(wanted)?;
            let known = names
                .iter()
                .zip(labels)
                .position(|(name, label)| *name == text || label.eq(wanted).unwrap_or(false));
            known.ok_or_else(|| {
                let text = shorten(&text);
                PyValueError::new_err(format!("{what} `{text}` is not in the DataFrame"))
            })
        };
        let Some(py) = labels.first().map(Bound::py) else {
            return Self::of_no_columns(roles);
        };
        let tags = roles.tags.iter();
        let tags = tags
            .map(|tag| find("tag column", tag, py))
            .collect::<PyResult<Vec<_>>>()?;
        let measurement = roles.measurement.as_ref();
        let measurement = measurement
            .map(|name| find("measurement column", name, py))
            .transpose()?;
        let time = roles.time.as_ref();
        let time = time.map(|name| find("time column", name, py)).transpose()?;
        let labels = Self {
            names,
            tags,
            measurement,
            time,
        };
        labels.check_uses()?;
        labels.refuse_long_rows()?;
        Ok(labels)
    }

    /// Refuses an answer to Flux that is not pivoted. Its names of fields would become values of a
    /// field.
    fn refuse_long_rows(&self) -> PyResult<()> {
        let find = |wanted: &str| self.names.iter().position(|name| name == wanted);
        let is_field = |at: usize| !self.is_text(at) && self.time != Some(at);
        let long = ["_field", "_value"].map(|name| find(name).is_some_and(is_field));
        if find("_measurement").is_none() || long.contains(&false) {
            return Ok(());
        }
        Err(PyValueError::new_err(
            "the table has the columns `_field` and `_value`, as answers to Flux have, which would \
             become fields of these names; hint: a query with `pivot=True` returns a table that \
             can be written",
        ))
    }

    /// Refuses a column that has two of the roles time, measurement and tag.
    fn check_uses(&self) -> PyResult<()> {
        let twice = |at: &usize| self.tags.contains(at) || self.time == self.measurement;
        if let Some(at) = self
            .measurement
            .iter()
            .chain(&self.time)
            .find(|at| twice(at))
        {
            let name = shorten(&self.names[*at]);
            return Err(PyValueError::new_err(format!(
                "column `{name}` has two roles; the time, the measurement and the tags must be \
                 different columns"
            )));
        }
        Ok(())
    }

    fn of_no_columns(roles: &Roles) -> PyResult<Self> {
        if roles.named().next().is_some() {
            return Err(PyValueError::new_err("the DataFrame has no columns"));
        }
        Ok(Self {
            names: Vec::new(),
            tags: Vec::new(),
            measurement: None,
            time: None,
        })
    }

    /// If the arguments name no time column, uses the column `time` as the time column. Without a
    /// time column, the server would give all rows of the table the same time, and the rows would
    /// overwrite each other.
    pub(super) fn date(&mut self, sink: &Sink, what: &str) -> PyResult<()> {
        if self.time.is_none() {
            self.time = self.names.iter().position(|name| name == "time");
            self.check_uses()?;
        }
        if self.time.is_none() && !sink.stamp {
            return Err(PyValueError::new_err(format!(
                "{what} has no column `time`; hint: name the column of the times in \
                 `time_column`, or pass `stamp=True` to give each row its own time"
            )));
        }
        Ok(())
    }

    /// Returns the roles of the columns in the form that the engine uses. The caller adds the
    /// table's measurement to the result.
    pub(super) fn layout(&self, sink: &Sink) -> FrameLayout {
        FrameLayout {
            measurement: None,
            measurement_column: self.measurement,
            // If rows are stamped, the timestamps are in an additional column after the last column
            // of the table.
            time: self.time.or(sink.stamp.then_some(self.names.len())),
            time_unit: sink.times.unit(),
            tags: self.tags.clone(),
            extra_tags: sink
                .tags
                .beside(|key| self.tags.iter().any(|at| self.names[*at] == key))
                .map(|(_, tag)| tag.clone())
                .collect(),
        }
    }

    /// Returns whether a column is written as text, which is the case for tags and for the
    /// measurement.
    pub(super) fn is_text(&self, position: usize) -> bool {
        self.tags.contains(&position) || self.measurement == Some(position)
    }
}
