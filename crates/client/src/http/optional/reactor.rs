//! Tells an event loop other than tokio's when the client's sockets are ready.
//!
//! The event loop watches only the reactor's file descriptor. When the reactor's file descriptor
//! becomes readable, the event loop calls [`Reactor::turn`], which wakes the futures whose sockets
//! are ready. Therefore a request wakes no other thread, and needs only the thread that waits for
//! it.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};

/// The maximum number of events that one poll returns. The next poll returns the remaining events.
const EVENTS: usize = 256;
/// The token of the events that [`Reactor::wake`] causes.
const RUNG: Token = Token(usize::MAX);

/// A set of sockets that an event loop waits for through one file descriptor. Clones of a reactor
/// share the same sockets.
///
/// A reactor is for hosts that have their own event loop, such as bindings to another language. The
/// connections of a client that [`Client::driven_by`](crate::Client::driven_by) returned use these
/// sockets. The program that hosts a reactor has these tasks:
///
/// 1. The host waits until [`as_raw_fd`](AsRawFd::as_raw_fd) is readable, then calls
///    [`turn`](Self::turn), and polls the futures that were woken.
/// 2. The host polls the futures in the context of a tokio runtime with time and I/O enabled. The
///    futures use this runtime to look up names and to open connections.
/// 3. If a poll returns `Pending` and [`wants_tokio`](Self::wants_tokio) is true, the answer is
///    large: the host should spawn the future on the tokio runtime, so that decoding does not block
///    the event loop.
/// 4. If a future's waker is called on another thread, this waker has to call [`wake`](Self::wake).
#[derive(Clone)]
pub struct Reactor {
    shared: Arc<Shared>,
}

struct Shared {
    poll: Mutex<(Poll, Events)>,
    registry: Registry,
    bell: mio::Waker,
    sockets: Mutex<HashMap<Token, Arc<Waiting>>>,
    next: AtomicUsize,
    wants_tokio: AtomicBool,
    /// The id of the process that created the reactor. A forked process shares the reactor's system
    /// resources with its parent.
    process: u32,
}

/// The readiness of a socket, and the wakers of the futures that wait for it.
pub(super) struct Waiting {
    reader: Slot,
    writer: Slot,
    /// The number of times the system reported that the socket is readable. The system reports the
    /// readiness of a socket only when it changes.
    news: AtomicU32,
    /// The value of `news` at the last read that returned all bytes in the socket.
    drained: AtomicU32,
    /// Whether the peer has stopped sending. If the peer has stopped sending, reads no longer wait.
    is_read_closed: AtomicBool,
}

/// A slot that holds the waker of one future.
#[derive(Default)]
struct Slot(Mutex<Option<Waker>>);

impl Waiting {
    fn new() -> Self {
        Self {
            reader: Slot::default(),
            writer: Slot::default(),
            news: AtomicU32::new(1),
            drained: AtomicU32::new(0),
            is_read_closed: AtomicBool::new(false),
        }
    }

    /// Returns the number of readiness reports so far. Unless this number of reports is
    /// [drained](Self::is_drained), a read may return data.
    pub(super) fn news(&self) -> u32 {
        self.news.load(Ordering::Acquire)
    }

    /// Whether nothing has arrived since a read returned all bytes in the socket.
    pub(super) fn is_drained(&self, news: u32) -> bool {
        self.drained.load(Ordering::Relaxed) == news && !self.is_read_closed()
    }

    /// Records that a read returned all bytes in the socket. `news` is the number of readiness
    /// reports before the read began.
    pub(super) fn drain(&self, news: u32) {
        self.drained.store(news, Ordering::Relaxed);
    }

    /// Whether the peer is known to have stopped sending.
    pub(super) fn is_read_closed(&self) -> bool {
        self.is_read_closed.load(Ordering::Relaxed)
    }

    /// Makes the next read ask the system for data, even if the socket is marked as drained.
    pub(super) fn ask_again(&self) {
        self.news.fetch_add(1, Ordering::Release);
    }

    /// Wakes `waker` when the next readiness report arrives. After calling this function, the
    /// caller must check [`news`](Self::news) once more, because a report may have arrived in the
    /// meantime.
    pub(super) fn wait_to_read(&self, waker: &Waker) {
        self.reader.set(waker);
    }
}

impl Slot {
    fn set(&self, waker: &Waker) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *slot {
            Some(old) => old.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
    }

    fn wake(&self) {
        let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The registration of a socket with a reactor, which ends when this value is dropped.
pub(super) struct Registration {
    reactor: Reactor,
    token: Token,
    fd: RawFd,
    pub(super) waiting: Arc<Waiting>,
}

impl Reactor {
    /// Returns a reactor without sockets.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot provide a file descriptor.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let bell = mio::Waker::new(&registry, RUNG)?;
        let shared = Shared {
            poll: Mutex::new((poll, Events::with_capacity(EVENTS))),
            registry,
            bell,
            sockets: Mutex::default(),
            next: AtomicUsize::new(0),
            wants_tokio: AtomicBool::new(false),
            process: std::process::id(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Wakes the futures whose sockets are ready. This call never blocks.
    ///
    /// # Errors
    ///
    /// Fails if the system does not report which sockets are ready.
    pub fn turn(&self) -> io::Result<()> {
        let mut poll = self.shared.poll.lock();
        let (poll, events) = &mut **poll.as_mut().unwrap_or_else(|error| error.get_mut());
        match poll.poll(events, Some(Duration::ZERO)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &*events {
            let waiting = self.sockets().get(&event.token()).cloned();
            let Some(waiting) = waiting else { continue };
            if event.is_read_closed() || event.is_error() {
                waiting.is_read_closed.store(true, Ordering::Relaxed);
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                waiting.ask_again();
                waiting.reader.wake();
            }
            if event.is_writable() || event.is_write_closed() || event.is_error() {
                waiting.writer.wake();
            }
        }
        Ok(())
    }

    /// Makes the reactor's file descriptor readable. Any thread can call this function.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot make the file descriptor readable.
    pub fn wake(&self) -> io::Result<()> {
        self.shared.bell.wake()
    }

    /// Returns whether the future that was polled last should continue on the tokio runtime. The
    /// call also resets this flag.
    pub fn wants_tokio(&self) -> bool {
        self.shared.wants_tokio.swap(false, Ordering::Relaxed)
    }

    pub(super) fn ask_for_tokio(&self) {
        self.shared.wants_tokio.store(true, Ordering::Relaxed);
    }

    pub(super) fn register(&self, fd: RawFd) -> io::Result<Registration> {
        let token = Token(self.shared.next.fetch_add(1, Ordering::Relaxed));
        let waiting = Arc::new(Waiting::new());
        // The socket is registered only for reading: writes almost always fit into its buffer, so a
        // wake-up each time it becomes writable would be wasteful.
        self.shared
            .registry
            .register(&mut SourceFd(&fd), token, Interest::READABLE)?;
        self.sockets().insert(token, Arc::clone(&waiting));
        Ok(Registration {
            reactor: self.clone(),
            token,
            fd,
            waiting,
        })
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<Token, Arc<Waiting>>> {
        let sockets = self.shared.sockets.lock();
        sockets.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// Wakes `waker` when the socket accepts more bytes.
    pub(super) fn wait_to_write(&self, waker: &Waker) -> io::Result<()> {
        self.waiting.writer.set(waker);
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = &self.reactor.shared.registry;
        registry.reregister(&mut SourceFd(&self.fd), self.token, both)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.reactor.sockets().remove(&self.token);
        if self.reactor.shared.process != std::process::id() {
            // In a forked process, the socket stays registered, because the parent process owns it
            // too and still waits for it.
            return;
        }
        // Deregistering a socket fails if the system has already forgotten the socket.
        let _ = self
            .reactor
            .shared
            .registry
            .deregister(&mut SourceFd(&self.fd));
    }
}

impl AsRawFd for Reactor {
    fn as_raw_fd(&self) -> RawFd {
        let poll = self.shared.poll.lock();
        poll.unwrap_or_else(PoisonError::into_inner).0.as_raw_fd()
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("sockets", &self.sockets().len())
            .finish_non_exhaustive()
    }
}
