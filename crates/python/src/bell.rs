//! What wakes an event loop from another thread.
//!
//! A loop that watches file descriptors is given a socket to watch: a byte in it wakes the loop,
//! and who writes it needs no GIL. Other loops (Windows) are woken by `call_soon_threadsafe`.

#[cfg(unix)]
use std::sync::OnceLock;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

use crate::inbox::Take;

/// A way to wake a loop, which then calls a [`Take`].
pub(crate) struct Bell {
    /// None for a loop that watches no file descriptors.
    #[cfg(unix)]
    socket: OnceLock<unix::Socket>,
    event_loop: Py<PyWeakrefReference>,
}

impl Bell {
    pub(crate) fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            #[cfg(unix)]
            socket: OnceLock::new(),
            event_loop: PyWeakrefReference::new(event_loop)?.unbind(),
        })
    }

    /// Lets the loop listen, if it can; it keeps `take` until it is closed.
    #[cfg(unix)]
    pub(crate) fn hang(&self, event_loop: &Bound<'_, PyAny>, take: Take) -> PyResult<()> {
        use pyo3::exceptions::PyNotImplementedError;

        let socket = unix::Socket::new()?;
        match socket.watched_by(event_loop, take) {
            Ok(()) => {
                let _ = self.socket.set(socket);
                Ok(())
            }
            Err(error) if error.is_instance_of::<PyNotImplementedError>(event_loop.py()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it fails where there are sockets")]
    pub(crate) fn hang(&self, _: &Bound<'_, PyAny>, _: Take) -> PyResult<()> {
        Ok(())
    }

    /// Wakes the loop, which calls a `Take`.
    pub(crate) fn ring(&self, take: impl FnOnce() -> Take) {
        #[cfg(unix)]
        if let Some(socket) = self.socket.get() {
            return socket.ring();
        }
        // No interpreter any more: the program is ending, and nobody waits.
        Python::try_attach(|py| {
            if let Some(event_loop) = self.event_loop.bind(py).upgrade() {
                let name = intern!(py, "call_soon_threadsafe");
                // A loop that is closed refuses, and nobody waits any more.
                let _ = event_loop.call_method1(name, (take(),));
            }
        });
    }

    /// Takes note of all that rang so far.
    pub(crate) fn quiet(&self) {
        #[cfg(unix)]
        if let Some(socket) = self.socket.get() {
            socket.quiet();
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::UnixStream;

    use pyo3::intern;
    use pyo3::prelude::*;

    use crate::inbox::Take;

    /// Two ends, of which the loop watches one.
    pub(super) struct Socket {
        near: UnixStream,
        far: UnixStream,
    }

    impl Socket {
        pub(super) fn new() -> PyResult<Self> {
            let (near, far) = UnixStream::pair()?;
            near.set_nonblocking(true)?;
            far.set_nonblocking(true)?;
            Ok(Self { near, far })
        }

        pub(super) fn watched_by(&self, event_loop: &Bound<'_, PyAny>, take: Take) -> PyResult<()> {
            let py = event_loop.py();
            // In a context of its own: the loop would keep that of the first caller for ever.
            let context = py.import("contextvars")?.getattr("Context")?.call0()?;
            let add_reader = event_loop.getattr(intern!(py, "add_reader"))?;
            context.call_method1("run", (add_reader, self.far.as_raw_fd(), take))?;
            Ok(())
        }

        pub(super) fn ring(&self) {
            // A socket that is full has rung already.
            let _ = (&self.near).write(&[0]);
        }

        pub(super) fn quiet(&self) {
            // It fails when nothing rang, and then there is nothing to take note of.
            let _ = (&self.far).read(&mut [0; 64]);
        }
    }
}
