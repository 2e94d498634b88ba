//! Writes Flux literals for the Python module `aioinflux.flux`. All quoting is done by the engine.

use pyo3::prelude::*;

use crate::errors;
use crate::exit;
use crate::params::param;
use crate::place::Place;

/// Writes a value as a Flux literal. `what` begins the message of an error.
#[pyfunction]
pub(crate) fn flux_literal(value: &Bound<'_, PyAny>, what: &str) -> PyResult<String> {
    exit::protect_thread();
    let place = Place {
        point: None,
        part: what,
        key: None,
    };
    let written = aioinflux::flux::literal(param(value, place)?);
    written.map_err(|error| place.wrap(value.py(), &errors::to_python(&error)))
}
