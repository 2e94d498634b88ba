//! Defines requests, and the heads of answers, in a form that does not depend on how they are sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use crate::deadline::Progress;
use crate::error::Error;

/// The value of the `User-Agent` header in all requests.
pub(super) const AGENT: &str = concat!("aioinflux/", env!("CARGO_PKG_VERSION"));

/// The size of the pieces in which a request body is sent. Each piece that is sent counts as
/// progress.
const PIECE: usize = 64 * 1024;

/// An HTTP request that is ready to be sent.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: url::Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Upload>,
}

/// The head of an answer, and the source of its body.
pub(super) struct Head<S> {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Whether the head states the length of the answer body.
    pub(super) has_length: bool,
    pub(super) source: S,
}

impl Prepared {
    /// Returns the request with its full URL and with the headers that all requests have.
    pub(super) fn into_request(self) -> Result<Request<Upload>, Error> {
        let body = self.body.unwrap_or_else(Upload::nothing);
        let mut request = Request::new(body);
        let uri = self.url.as_str().parse::<http::Uri>();
        *request.uri_mut() = uri.map_err(|error| Error::config(format!("url: {error}")))?;
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        for (name, value) in [(USER_AGENT, AGENT), (ACCEPT, "*/*")] {
            let headers = request.headers_mut().entry(name);
            headers.or_insert(HeaderValue::from_static(value));
        }
        Ok(request)
    }
}

impl Head<Incoming> {
    pub(super) fn new(response: Response<Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            has_length: body.size_hint().exact().is_some(),
            source: body,
        }
    }
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

/// The body of a request, which is sent as slices of the original bytes without copying them.
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

    /// Returns the empty `Upload` for a request without a body.
    fn nothing() -> Self {
        Self::new(Bytes::new(), &Progress::new(None))
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

/// Returns the next piece of an answer body. Trailers after an answer body are skipped.
pub(super) fn poll_piece(
    body: &mut Incoming,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, hyper::Error>>> {
    loop {
        return match ready!(Pin::new(&mut *body).poll_frame(context)) {
            None => Poll::Ready(None),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(bytes) => Poll::Ready(Some(Ok(bytes))),
                Err(_) => continue,
            },
        };
    }
}
