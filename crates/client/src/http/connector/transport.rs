//! Defines an open connection of any kind.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;
pub(super) type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// The byte stream of a connection: a socket, or TLS over another stream.
trait Layer: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Layer for T {}

/// An open connection to the server or to a proxy.
pub(in crate::http) struct Transport {
    layer: TokioIo<Box<dyn Layer>>,
    is_read_by_proxy: bool,
}

impl Transport {
    pub(super) fn new(layer: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self {
            layer: TokioIo::new(Box::new(layer)),
            is_read_by_proxy: false,
        }
    }

    /// Marks the connection as one whose requests a proxy reads: each request must then name the
    /// server.
    pub(super) fn read_by_proxy(mut self) -> Self {
        self.is_read_by_proxy = true;
        self
    }

    /// Returns the byte stream of the connection, so that another layer can wrap it.
    pub(super) fn into_layer(self) -> impl AsyncRead + AsyncWrite + Send + Unpin {
        self.layer.into_inner()
    }

    fn layer(self: Pin<&mut Self>) -> Pin<&mut TokioIo<Box<dyn Layer>>> {
        Pin::new(&mut self.get_mut().layer)
    }
}

impl Connection for Transport {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_read_by_proxy)
    }
}

impl Read for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.layer().poll_read(context, buffer)
    }
}

impl Write for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.layer().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.layer().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.layer().poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.layer.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.layer().poll_write_vectored(context, slices)
    }
}
