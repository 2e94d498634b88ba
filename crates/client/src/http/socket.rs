//! A connected socket, driven by a [`Reactor`] or by tokio.
//!
//! It changes hands between two polls: small answers are read on the thread of the loop, large ones
//! by tokio, and the connection comes back for the next request.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::reactor::{Reactor, Registration};

/// Bytes that one read asks for at most.
const READ: usize = 64 * 1024;

/// A socket of either family, in non-blocking mode.
pub(super) enum Plain {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The same, driven by tokio.
enum InTokio {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

/// A socket that knows who drives it. Clones are the same socket.
#[derive(Clone)]
pub(super) struct Socket(Arc<Mutex<Driven>>);

enum Driven {
    ByReactor(Registration, Plain),
    /// By tokio, from the next poll on.
    ByNobody(Plain),
    ByTokio(InTokio),
    Lost,
}

impl Plain {
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
        let registration = reactor.register(plain.as_raw_fd())?;
        let driven = Driven::ByReactor(registration, plain);
        Ok(Self(Arc::new(Mutex::new(driven))))
    }

    fn driven(&self) -> MutexGuard<'_, Driven> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has tokio drive it.
    pub(super) fn leave(&self) {
        let mut driven = self.driven();
        *driven = match std::mem::replace(&mut *driven, Driven::Lost) {
            Driven::ByReactor(registration, plain) => {
                drop(registration);
                Driven::ByNobody(plain)
            }
            other => other,
        };
    }

    /// Has this reactor drive it again.
    pub(super) fn come_back(&self, reactor: &Reactor) -> io::Result<()> {
        let mut driven = self.driven();
        let plain = match std::mem::replace(&mut *driven, Driven::Lost) {
            Driven::ByNobody(plain) => plain,
            Driven::ByTokio(socket) => socket.into_plain()?,
            other => {
                *driven = other;
                return Ok(());
            }
        };
        let registration = reactor.register(plain.as_raw_fd())?;
        *driven = Driven::ByReactor(registration, plain);
        Ok(())
    }
}

impl Driven {
    /// Who drives it now. tokio takes over what was left to it.
    fn now(&mut self) -> io::Result<&mut Self> {
        if let Self::ByNobody(_) = self
            && let Self::ByNobody(plain) = std::mem::replace(self, Self::Lost)
        {
            *self = Self::ByTokio(InTokio::new(plain)?);
        }
        Ok(self)
    }
}

/// Does something as soon as it is possible; else `wait` has somebody woken when it is.
fn as_soon_as_possible<T>(
    mut work: impl FnMut() -> io::Result<T>,
    wait: impl FnOnce(),
) -> Poll<io::Result<T>> {
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait();
                return Poll::Pending;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return Poll::Ready(done),
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
            Driven::ByReactor(registration, plain) => {
                let free = buffer.initialize_unfilled_to(buffer.remaining().min(READ));
                let wait = || registration.waiting.reader.set(context.waker());
                let read = as_soon_as_possible(|| plain.read(free), wait);
                buffer.advance(ready!(read)?);
                Poll::Ready(Ok(()))
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
            Driven::ByReactor(registration, plain) => {
                let wait = || registration.waiting.writer.set(context.waker());
                as_soon_as_possible(|| plain.write(bytes), wait)
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
            Driven::ByReactor(_, plain) => Poll::Ready(plain.shut_down()),
            Driven::ByTokio(socket) => Pin::new(socket.writer()).poll_shutdown(context),
            Driven::ByNobody(_) | Driven::Lost => lost(),
        }
    }
}
