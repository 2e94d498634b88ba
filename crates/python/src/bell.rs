//! Wakes an event loop, either from another thread or because a socket of the client is ready.
//!
//! If a loop can watch file descriptors, it watches the descriptor of a reactor. The reactor's
//! descriptor becomes readable when another thread wakes the loop or when a socket of the client is
//! ready. If the loop can watch file descriptors, another thread can wake it without the GIL. A
//! loop that cannot watch file descriptors, such as one on Windows, is woken with
//! `call_soon_threadsafe`. A loop of this kind does not drive the client's sockets.

#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use aioinflux::engine::Reactor;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

#[cfg(unix)]
use crate::errors;
use crate::inbox::Take;

/// Wakes an event loop, which then calls a [`Take`] to collect results.
pub(crate) struct Bell {
    /// The reactor is missing if the event loop cannot watch file descriptors.
    #[cfg(unix)]
    reactor: OnceLock<Reactor>,
    event_loop: Py<PyWeakrefReference>,
}

impl Bell {
    pub(crate) fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            #[cfg(unix)]
            reactor: OnceLock::new(),
            event_loop: PyWeakrefReference::new(event_loop)?.unbind(),
        })
    }

    /// If the loop can watch file descriptors, registers the reactor with the loop. The loop holds
    /// a reference to `take` until the loop is closed.
    #[cfg(unix)]
    pub(crate) fn hang(&self, event_loop: &Bound<'_, PyAny>, take: Take) -> PyResult<()> {
        use std::os::fd::AsRawFd as _;

        use pyo3::exceptions::PyNotImplementedError;

        let py = event_loop.py();
        let reactor = Reactor::new().map_err(|error| errors::no_connection(py, &error))?;
        // The callback is registered in an empty context. In any other context, the loop would hold
        // a reference to the first caller's context forever.
        let context = py.import("contextvars")?.getattr("Context")?.call0()?;
        let add_reader = event_loop.getattr(intern!(py, "add_reader"))?;
        match context.call_method1("run", (add_reader, reactor.as_raw_fd(), take)) {
            Ok(_) => {
                let _ = self.reactor.set(reactor);
                Ok(())
            }
            Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the reactor that the loop watches.
    #[cfg(unix)]
    pub(crate) fn reactor(&self) -> Option<&Reactor> {
        self.reactor.get()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it fails where there are sockets")]
    pub(crate) fn hang(&self, _: &Bound<'_, PyAny>, _: Take) -> PyResult<()> {
        Ok(())
    }

    /// Wakes the event loop, which then calls a `Take`.
    pub(crate) fn ring(&self, take: impl FnOnce() -> Take) {
        #[cfg(unix)]
        if let Some(reactor) = self.reactor() {
            // Waking the loop fails if the loop is being closed at the same time, and then no task
            // is waiting any longer.
            let _ = reactor.wake();
            return;
        }
        // If the interpreter no longer exists, `try_attach` does nothing: the program is ending,
        // and no task is waiting.
        Python::try_attach(|py| {
            if let Some(event_loop) = self.event_loop.bind(py).upgrade() {
                let name = intern!(py, "call_soon_threadsafe");
                // If the event loop is closed, it refuses the call, and then no task is waiting any
                // longer.
                let _ = event_loop.call_method1(name, (take(),));
            }
        });
    }

    /// Clears all wake-ups that have arrived so far, and wakes the tasks whose sockets are ready.
    #[cfg_attr(
        not(unix),
        expect(clippy::unnecessary_wraps, reason = "it fails where there are sockets")
    )]
    pub(crate) fn look(&self) -> PyResult<()> {
        #[cfg(unix)]
        if let Some(reactor) = self.reactor() {
            reactor.turn()?;
        }
        Ok(())
    }
}
