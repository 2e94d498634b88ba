//! Requests and heads of answers, in words that are the same whatever carries them.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body::{Frame, SizeHint};

use crate::deadline::Progress;

/// What requests say that they come from.
pub(super) const AGENT: &str = concat!("aioinflux/", env!("CARGO_PKG_VERSION"));

/// A body goes out in pieces of this size, each of which counts as a sign of life.
const PIECE: usize = 64 * 1024;

/// A request in the words of HTTP.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: url::Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Upload>,
}

/// The head of an answer, and where its body comes from.
pub(super) struct Head<S> {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Whether the length of the body is known from the head.
    pub(super) has_length: bool,
    pub(super) source: S,
}

impl<S> Head<S> {
    pub(super) fn from<T>(self, source: impl FnOnce(S) -> T) -> Head<T> {
        Head {
            status: self.status,
            headers: self.headers,
            has_length: self.has_length,
            source: source(self.source),
        }
    }
}

/// The values of all headers of this name, which lists separate by commas.
pub(super) fn values<'a>(
    headers: &'a [(String, String)],
    name: &'a str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    let found = headers.iter().filter(move |(key, _)| key == name);
    found.flat_map(|(_, value)| value.split(',').map(str::trim))
}

/// The body of a request: slices of what was built, none of them copied.
pub(super) struct Upload {
    rest: Bytes,
    progress: Progress,
}

impl Upload {
    pub(super) fn new(body: Bytes, progress: &Progress) -> Self {
        progress.set_rest(!body.is_empty());
        Self {
            rest: body,
            progress: progress.clone(),
        }
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.progress.touch();
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(size);
        self.progress.set_rest(!self.rest.is_empty());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
