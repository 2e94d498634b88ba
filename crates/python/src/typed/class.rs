//! Provides a class's schema as an object that Python code can use.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use super::plan::Plans;
use super::rows;
use super::schema::{Described, Schema};
use crate::exit;
use crate::server::Server;
use crate::sink::Lease;

/// The schema of a class, which `@lineprotocol` compiles once, and the plans that calls have made
/// for the class.
#[pyclass(module = "aioinflux._core", name = "Schema", frozen)]
pub(crate) struct Class {
    pub(super) schema: Schema,
    pub(super) plans: Plans,
}

#[pymethods]
impl Class {
    #[new]
    #[pyo3(signature = (class_, attributes, extra_tags, *, placeholder, rm_none))]
    fn new(
        class_: &Bound<'_, PyType>,
        attributes: Vec<Described<'_>>,
        extra_tags: &Bound<'_, PyDict>,
        placeholder: bool,
        rm_none: bool,
    ) -> PyResult<Self> {
        exit::protect_thread();
        // The tags are read through a sink, because a sink has the functions that check and convert
        // the tags of a call.
        let mut sink = Lease::take(Server::V1.dialect());
        sink.set_defaults(None, Some(extra_tags), None)?;
        let extra_tags = sink.tags.extra().to_vec();
        Ok(Self {
            schema: Schema::new(class_, attributes, extra_tags, placeholder, rm_none)?,
            plans: Plans::default(),
        })
    }

    /// Returns one object as a line without a line feed at the end.
    fn line<'py>(
        slf: &Bound<'py, Self>,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        exit::protect_thread();
        let py = slf.py();
        let Self { schema, plans } = slf.get();
        let mut sink = Lease::take(Server::V1.dialect());
        sink.set_defaults(None, None, None)?;
        rows::push(
            &mut sink,
            &mut rows::State::default(),
            schema,
            plans,
            object,
        )?;
        sink.warn(py)?;
        if let [line @ .., b'\n'] = sink.encoder.batch().bytes() {
            return Ok(PyBytes::new(py, line));
        }
        let text = format!(
            "no field of `{}` has a value, so it has no line; hint: `placeholder=True`",
            schema.name
        );
        // The error is a `SchemaError`, as in 0.9, because the object's own class has the schema.
        let class = py.import("aioinflux._schema")?.getattr("SchemaError")?;
        Err(PyErr::from_value(class.call1((text,))?))
    }
}
