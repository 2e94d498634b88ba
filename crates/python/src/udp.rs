//! Sends batches as UDP datagrams.

use std::sync::Arc;

use aioinflux::ledger::State;
use aioinflux::{Batch, Written};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::call::Call;
use crate::encode::Encoded;
use crate::errors;
use crate::exit;
use crate::writing::Writing;

/// A UDP socket that sends to one host and port.
#[pyclass(module = "aioinflux._core", frozen)]
pub(crate) struct UdpSender {
    sender: Arc<aioinflux::UdpSender>,
}

#[pymethods]
impl UdpSender {
    #[new]
    fn new(py: Python<'_>, host: &str, port: u16, datagram_bytes: usize) -> PyResult<Self> {
        exit::protect_thread();
        let made = py.detach(|| aioinflux::UdpSender::new(host, port));
        let sized = made.and_then(|sender| sender.datagram_bytes(datagram_bytes));
        Ok(Self {
            sender: Arc::new(sized.map_err(|error| errors::to_python(&error))?),
        })
    }

    fn write(&self, batch: &Bound<'_, Encoded>) -> Call {
        exit::protect_thread();
        let sender = Arc::clone(&self.sender);
        let batch = Arc::clone(&batch.get().batch);
        Call::new(async move { sender.send(&batch) }, |py, outcome| {
            outcome.map_err(|error| errors::to_python(&error))?;
            true.into_py_any(py)
        })
    }

    /// Begins a write that sends many batches as datagrams.
    fn write_all(&self, py: Python<'_>, connections: usize) -> PyResult<Writing> {
        exit::protect_thread();
        let sender = Arc::clone(&self.sender);
        let send = move |batch: Arc<Batch>| {
            let sender = Arc::clone(&sender);
            async move { sender.send(&batch).map(|_| Written::default()) }
        };
        // The server does not answer datagrams, so it is unknown whether the points were stored.
        Writing::begin(py, send, connections, State::InDoubt)
    }
}
