//! Wakes an event loop, from another thread or through one of our sockets.
//!
//! A loop that watches file descriptors watches that of a reactor, which becomes readable for both.
//! Another thread needs no GIL for the wake-up. Other loops (Windows) are woken with
//! `call_soon_threadsafe`, and have none of our sockets.

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

/// A way to wake a loop, which then calls a [`Take`].
pub(crate) struct Bell {
    /// `None` for a loop that watches no file descriptors.
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

    /// Registers with the loop, if it can watch. The loop keeps `take` until it is closed.
    #[cfg(unix)]
    pub(crate) fn hang(&self, event_loop: &Bound<'_, PyAny>, take: Take) -> PyResult<()> {
        use std::os::fd::AsRawFd as _;

        use pyo3::exceptions::PyNotImplementedError;

        let py = event_loop.py();
        let reactor = Reactor::new().map_err(|error| errors::no_connection(py, &error))?;
        // In an empty context: the loop would keep that of the first caller for ever.
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

    /// The reactor that the loop watches.
    #[cfg(unix)]
    pub(crate) fn reactor(&self) -> Option<&Reactor> {
        self.reactor.get()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it fails where there are sockets")]
    pub(crate) fn hang(&self, _: &Bound<'_, PyAny>, _: Take) -> PyResult<()> {
        Ok(())
    }

    /// Wakes the loop, which calls a `Take`.
    pub(crate) fn ring(&self, take: impl FnOnce() -> Take) {
        #[cfg(unix)]
        if let Some(reactor) = self.reactor() {
            // It fails if the loop is closed at the same time, and then nothing waits any more.
            let _ = reactor.wake();
            return;
        }
        // There is no interpreter any more: the program is ending, and nothing waits.
        Python::try_attach(|py| {
            if let Some(event_loop) = self.event_loop.bind(py).upgrade() {
                let name = intern!(py, "call_soon_threadsafe");
                // A closed loop refuses, and then nothing waits any more.
                let _ = event_loop.call_method1(name, (take(),));
            }
        });
    }

    /// Clears all wake-ups so far, and wakes the tasks whose sockets are ready.
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
