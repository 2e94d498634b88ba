//! Defines a connected socket that either a [`Reactor`] or tokio drives.
//!
//! The driver of the socket can change between two polls. Small answers are read on the thread of
//! the event loop, and large answers by tokio. After a large answer, the connection returns to the
//! reactor for the next request.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::reactor::{Reactor, Registration};
use crate::http::connector::Dialed;

/// The maximum number of bytes that one read takes from a socket that a reactor drives.
const READ: usize = 16 * 1024;

/// A TCP or Unix socket in non-blocking mode.
pub(super) enum Plain {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A TCP or Unix socket that tokio drives.
enum InTokio {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

/// A socket that records its current driver. Clones of this value refer to the same socket.
#[derive(Clone)]
pub(super) struct Socket(Arc<Mutex<Driven>>);

enum Driven {
    /// A reactor drives the socket. The bytes that are read go into the buffer, because hyper's own
    /// buffer would have to be zeroed before each read.
    ByReactor(Registration, Plain, Box<[u8]>),
    /// No event loop drives the socket; tokio will drive it from the next poll on.
    ByNobody(Plain),
    ByTokio(InTokio),
    Lost,
}

impl Plain {
    pub(super) fn new(dialed: Dialed) -> io::Result<Self> {
        Ok(match dialed {
            Dialed::Tcp(socket) => Self::Tcp(socket.into_std()?),
            Dialed::Unix(socket) => Self::Unix(socket.into_std()?),
        })
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => (&mut &*stream).read(buffer),
            Self::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => (&mut &*stream).write(bytes),
            Self::Unix(stream) => (&mut &*stream).write(bytes),
        }
    }

    fn shut_down(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }
}

impl AsRawFd for Plain {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::Tcp(stream) => stream.as_raw_fd(),
            Self::Unix(stream) => stream.as_raw_fd(),
        }
    }
}

impl InTokio {
    fn new(plain: Plain) -> io::Result<Self> {
        Ok(match plain {
            Plain::Tcp(stream) => Self::Tcp(tokio::net::TcpStream::from_std(stream)?),
            Plain::Unix(stream) => Self::Unix(tokio::net::UnixStream::from_std(stream)?),
        })
    }

    fn into_plain(self) -> io::Result<Plain> {
        Ok(match self {
            Self::Tcp(stream) => Plain::Tcp(stream.into_std()?),
            Self::Unix(stream) => Plain::Unix(stream.into_std()?),
        })
    }

    fn reader(&mut self) -> &mut (dyn AsyncRead + Unpin) {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
        }
    }

    fn writer(&mut self) -> &mut (dyn AsyncWrite + Unpin) {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
        }
    }
}

impl Socket {
    pub(super) fn new(plain: Plain, reactor: &Reactor) -> io::Result<Self> {
        let driven = Driven::by(reactor, plain)?;
        Ok(Self(Arc::new(Mutex::new(driven))))
    }

    fn driven(&self) -> MutexGuard<'_, Driven> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the reactor knows that the peer has stopped sending.
    pub(super) fn is_read_closed(&self) -> bool {
        match &*self.driven() {
            Driven::ByReactor(registration, ..) => registration.waiting.is_read_closed(),
            _ => false,
        }
    }

    /// Hands the socket over from the reactor to tokio.
    pub(super) fn leave(&self) {
        let mut driven = self.driven();
        *driven = match std::mem::replace(&mut *driven, Driven::Lost) {
            Driven::ByReactor(registration, plain, _) => {
                drop(registration);
                Driven::ByNobody(plain)
            }
            other => other,
        };
    }

    /// Makes `reactor` drive the socket again, and makes the next read ask the system for data.
    pub(super) fn come_back(&self, reactor: &Reactor) -> io::Result<()> {
        let mut driven = self.driven();
        let plain = match std::mem::replace(&mut *driven, Driven::Lost) {
            Driven::ByNobody(plain) => plain,
            Driven::ByTokio(socket) => socket.into_plain()?,
            other => {
                if let Driven::ByReactor(registration, ..) = &other {
                    registration.waiting.ask_again();
                }
                *driven = other;
                return Ok(());
            }
        };
        *driven = Driven::by(reactor, plain)?;
        Ok(())
    }
}

impl Driven {
    fn by(reactor: &Reactor, plain: Plain) -> io::Result<Self> {
        let registration = reactor.register(plain.as_raw_fd())?;
        let scratch = vec![0; READ].into_boxed_slice();
        Ok(Self::ByReactor(registration, plain, scratch))
    }

    /// Returns the current driver of the socket. A socket in the state `ByNobody` is first
    /// registered with tokio.
    fn now(&mut self) -> io::Result<&mut Self> {
        if let Self::ByNobody(_) = self
            && let Self::ByNobody(plain) = std::mem::replace(self, Self::Lost)
        {
            *self = Self::ByTokio(InTokio::new(plain)?);
        }
        Ok(self)
    }
}

/// Returns the result of a system call, or `None` if the call would have to wait.
fn at_once(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map(Some),
        }
    }
}

fn lost<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.driven().now()? {
            Driven::ByReactor(registration, plain, scratch) => {
                let waiting = &registration.waiting;
                loop {
                    let news = waiting.news();
                    if !waiting.is_drained(news) {
                        let room = buffer.remaining().min(scratch.len());
                        let read = at_once(|| plain.read(&mut scratch[..room]))?;
                        if read.is_none_or(|read| read < room) {
                            waiting.drain(news);
                        }
                        if let Some(read) = read {
                            buffer.put_slice(&scratch[..read]);
                            return Poll::Ready(Ok(()));
                        }
                    }
                    waiting.wait_to_read(context.waker());
                    if waiting.news() == news {
                        return Poll::Pending;
                    }
                }
            }
            Driven::ByTokio(socket) => Pin::new(socket.reader()).poll_read(context, buffer),
            Driven::ByNobody(_) | Driven::Lost => lost(),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.driven().now()? {
            Driven::ByReactor(registration, plain, _) => {
                if let Some(written) = at_once(|| plain.write(bytes))? {
                    return Poll::Ready(Ok(written));
                }
                registration.wait_to_write(context.waker())?;
                Poll::Pending
            }
            Driven::ByTokio(socket) => Pin::new(socket.writer()).poll_write(context, bytes),
            Driven::ByNobody(_) | Driven::Lost => lost(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.driven().now()? {
            Driven::ByReactor(_, plain, _) => Poll::Ready(plain.shut_down()),
            Driven::ByTokio(socket) => Pin::new(socket.writer()).poll_shutdown(context),
            Driven::ByNobody(_) | Driven::Lost => lost(),
        }
    }
}
