//! Sending requests and reading answers: the only file that names the HTTP library.
//!
//! Knows connections, time limits and where a body ends; nothing about databases. What ends by
//! `content-length` or by the last chunk is proven to be whole; a body that ends with the
//! connection is not, gzip or no gzip (another member may have been to come), and the decoders
//! refuse it.

use std::error::Error as StdError;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::ClientBuilder;
use reqwest::header::{HeaderMap, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::config::{Config, Proxy, check_user, without_user};
use crate::deadline::{Deadline, Progress, Silence};
use crate::decode::End;
use crate::dialect::Request;
use crate::error::{Error, ErrorKind, Limit, excerpt};
use crate::gzip::{self, Inflater};
use crate::tls::Tls;

/// Bodies from this size on are compressed off the threads that drive connections.
const COMPRESS_ELSEWHERE: usize = 64 * 1024;
/// A body goes out in pieces of this size, each of which counts as a sign of life.
const PIECE: usize = 64 * 1024;

/// A pool of connections to one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    permits: Arc<Semaphore>,
    connect_limit: Option<Duration>,
    read_limit: Option<Duration>,
    total_limit: Option<Duration>,
}

/// An answer whose body is still to be read.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// Builds the pool. Reads certificates and the environment, and opens no connection.
pub(crate) fn build(config: &Config) -> Result<Http, Error> {
    let count = config.request_limit();
    if count == 0 {
        return Err(Error::config(
            "max_requests: expected a number above zero, got 0",
        ));
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("aioinflux/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    if let Some(limit) = config.connect_limit() {
        builder = builder.connect_timeout(limit);
    }
    let proxied = match (config.unix_socket_path(), config.proxy_choice()) {
        (Some(_), Proxy::Url(_)) => {
            return Err(Error::config(
                "proxy: a unix socket cannot be reached through a proxy",
            ));
        }
        (Some(path), _) => {
            builder = unix_socket(builder.no_proxy(), path)?;
            false
        }
        (None, Proxy::Url(url)) => {
            builder = builder.no_proxy().proxy(proxy(url)?);
            url.starts_with("https://")
        }
        (None, Proxy::Environment) if !config.is_local() => environment_names_tls_proxy(),
        (None, _) => {
            builder = builder.no_proxy();
            false
        }
    };
    let tls = if config.is_https() || proxied {
        config.tls_choice().client_config()?
    } else {
        Tls::unused_config()?
    };
    let client = builder.tls_backend_preconfigured(tls).build();
    let client = client.map_err(|error| Error::config(format!("http: {}", root_cause(&error))))?;
    Ok(Http {
        client,
        permits: Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))),
        connect_limit: config.connect_limit(),
        read_limit: config.read_limit(),
        total_limit: config.total_limit(),
    })
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "it fails where there are no unix sockets"
)]
fn unix_socket(builder: ClientBuilder, path: &Path) -> Result<ClientBuilder, Error> {
    Ok(builder.unix_socket(path))
}

#[cfg(not(unix))]
fn unix_socket(_: ClientBuilder, _: &Path) -> Result<ClientBuilder, Error> {
    Err(Error::config("unix_socket: this system has none"))
}

fn proxy(url: &str) -> Result<reqwest::Proxy, Error> {
    check_user("proxy", url)?;
    let shown = without_user(url);
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        let text = format!("proxy `{shown}`: expected `http://host:port` or `https://host:port`");
        return Err(Error::config(text));
    }
    reqwest::Proxy::all(url)
        .map_err(|error| Error::config(format!("proxy `{shown}`: {}", root_cause(&error))))
}

/// Whether a proxy of the environment itself speaks TLS, so that the roots are needed.
fn environment_names_tls_proxy() -> bool {
    [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .iter()
    .any(|name| std::env::var(name).is_ok_and(|value| value.starts_with("https://")))
}

impl Http {
    /// Sends a request and waits for the head of the answer. Without `whole` the total limit does
    /// not apply to the pieces of the body: the caller reads a stream for as long as it likes.
    pub(crate) async fn send(&self, request: Request, whole: bool) -> Result<Reply, Error> {
        let total = Deadline::new(self.total_limit, Limit::Total);
        let mut reply = total.run(pin!(self.send_now(request, total))).await??;
        if !whole {
            reply.body.piecewise = Deadline::new(None, Limit::Total);
        }
        Ok(reply)
    }

    async fn send_now(&self, request: Request, total: Deadline) -> Result<Reply, Error> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await;
        let permit = permit.map_err(|_| Error::transport("the client is closed"))?;
        let progress = Progress::new(self.read_limit);
        let request = prepared(request, &progress).await?;
        let response = self.exchange(request, &progress).await?;
        let headers = head(response.headers());
        let end = end_of(&response, &headers);
        let coding = Coding::of(&headers);
        Ok(Reply {
            status: response.status().as_u16(),
            headers,
            body: Body {
                response,
                coding,
                end,
                total,
                piecewise: total,
                silence: Silence::new(self.read_limit),
                ended: false,
                permit: Some(permit),
            },
        })
    }

    /// Waits for the head of the answer for as long as something moves.
    async fn exchange(
        &self,
        request: reqwest::Request,
        progress: &Progress,
    ) -> Result<reqwest::Response, Error> {
        progress.touch();
        let mut sending = pin!(self.client.execute(request));
        loop {
            let result = match progress.deadline() {
                Some(deadline) => timeout_at(deadline, sending.as_mut()).await,
                None => Ok(sending.as_mut().await),
            };
            match result {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => return Err(self.failure(error)),
                // Something moved since the deadline was set.
                Err(_) if progress.deadline() > Some(Instant::now()) => {}
                Err(_) => {
                    let limit = self.read_limit.unwrap_or_default();
                    return Err(Error::timeout(Limit::Read, limit));
                }
            }
        }
    }

    fn failure(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let cause = root_cause(&error);
        if let Some(tls) = tls_cause(&error) {
            return Error::new(ErrorKind::Tls, false, format!("tls: {tls}"));
        }
        if error.is_connect() && error.is_timeout() {
            return match self.connect_limit {
                Some(limit) => Error::timeout(Limit::Connect, limit),
                None => Error::new(ErrorKind::Connect, true, "no connection: timed out"),
            };
        }
        if error.is_connect() {
            let what = if error.is_dns() {
                "no such host"
            } else {
                "no connection"
            };
            return Error::new(ErrorKind::Connect, true, format!("{what}: {cause}"));
        }
        if error.is_builder() {
            return Error::config(cause);
        }
        Error::transport(cause)
    }
}

/// The request in the words of the HTTP library, its body compressed if it is to be.
async fn prepared(request: Request, progress: &Progress) -> Result<reqwest::Request, Error> {
    let Request {
        post,
        url,
        headers,
        body,
        gzip,
    } = request;
    let method = if post {
        reqwest::Method::POST
    } else {
        reqwest::Method::GET
    };
    let mut out = reqwest::Request::new(method, url);
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| Error::config(format!("header `{name}`: cannot hold this value")))?;
        value.set_sensitive(name == "authorization");
        out.headers_mut().insert(name, value);
    }
    let body = if gzip {
        out.headers_mut()
            .insert("content-encoding", HeaderValue::from_static("gzip"));
        compressed(body).await?
    } else {
        body
    };
    if post {
        let upload = Upload {
            rest: body,
            progress: progress.clone(),
        };
        *out.body_mut() = Some(reqwest::Body::wrap(upload));
    }
    Ok(out)
}

async fn compressed(body: Bytes) -> Result<Bytes, Error> {
    let packed = if body.len() < COMPRESS_ELSEWHERE {
        gzip::compress(&body)
    } else {
        let task = tokio::task::spawn_blocking(move || gzip::compress(&body));
        task.await
            .map_err(|error| Error::transport(format!("gzip: {error}")))?
    };
    packed
        .map(Bytes::from)
        .map_err(|error| Error::transport(format!("gzip: {error}")))
}

/// The headers as text; names come in lower case.
fn head(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    pairs.collect()
}

/// Whether the library notices when this body ends early.
fn end_of(response: &reqwest::Response, headers: &[(String, String)]) -> End {
    // Several headers are one list; what comes last is what ends the body.
    let last = values(headers, "transfer-encoding").next_back();
    // The size of the body is known from the head only when its length is given, or when the
    // status has none.
    if last.is_some_and(|last| last.eq_ignore_ascii_case("chunked"))
        || response.content_length().is_some()
    {
        End::Proven
    } else {
        End::Unproven
    }
}

/// The values of all headers of this name, which lists separate by commas.
fn values<'a>(
    headers: &'a [(String, String)],
    name: &'a str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    let found = headers.iter().filter(move |(key, _)| key == name);
    found.flat_map(|(_, value)| value.split(',').map(str::trim))
}

/// How a body is coded.
enum Coding {
    Identity,
    Gzip(Box<Inflater>),
    /// One that nobody asked for. It matters only to who reads the body.
    Unknown(String),
}

impl Coding {
    fn of(headers: &[(String, String)]) -> Self {
        let is = |value: &str, name: &str| value.eq_ignore_ascii_case(name);
        let codings: Vec<&str> = values(headers, "content-encoding")
            .filter(|value| !value.is_empty() && !is(value, "identity"))
            .collect();
        match codings[..] {
            [] => Self::Identity,
            [one] if is(one, "gzip") || is(one, "x-gzip") => Self::Gzip(Box::new(Inflater::new())),
            _ => Self::Unknown(codings.join(", ")),
        }
    }
}

/// The body of an answer, read piece by piece. Dropping it before its end closes the connection.
pub(crate) struct Body {
    response: reqwest::Response,
    coding: Coding,
    end: End,
    /// The limit of who reads all of the body at once.
    total: Deadline,
    /// The limit of who reads it piece by piece.
    piecewise: Deadline,
    silence: Silence,
    ended: bool,
    /// The place among the requests at once; free again with the end of the body.
    permit: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// The next piece, or nothing after the last one. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.next_within(self.piecewise).await
    }

    async fn next_within(&mut self, limit: Deadline) -> Result<Option<Bytes>, Error> {
        loop {
            match &mut self.coding {
                Coding::Gzip(inflater) => {
                    if let Some(bytes) = inflater.next().map_err(|error| broken_gzip(&error))? {
                        return Ok(Some(bytes));
                    }
                }
                Coding::Unknown(name) => return Err(unknown_coding(name)),
                Coding::Identity => {}
            }
            if self.ended {
                self.permit = None;
                return Ok(None);
            }
            let piece = self.next_as_sent(limit).await?;
            self.ended = piece.is_none();
            match (piece, &mut self.coding) {
                (Some(piece), Coding::Gzip(inflater)) => inflater.feed(piece),
                (Some(piece), _) => return Ok(Some(piece)),
                (None, Coding::Gzip(inflater)) => {
                    let last = inflater.finish().map_err(|error| broken_gzip(&error))?;
                    if last.is_some() {
                        return Ok(last);
                    }
                }
                (None, _) => {}
            }
        }
    }

    /// Whether the end that `next` came to is proven to be that of the whole body.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// The body as far as it comes, at most so many bytes, and whether it came whole. The total
    /// limit applies always.
    pub(crate) async fn collect(&mut self, most: usize) -> (Vec<u8>, Result<(), Error>) {
        let mut all = Vec::new();
        loop {
            match self.next_within(self.total).await {
                Ok(Some(piece)) => {
                    let room = most.saturating_sub(all.len());
                    all.extend_from_slice(&piece[..piece.len().min(room)]);
                    if piece.len() > room {
                        return (all, Err(Error::transport("the answer is too long")));
                    }
                }
                Ok(None) => return (all, Ok(())),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    async fn next_as_sent(&mut self, limit: Deadline) -> Result<Option<Bytes>, Error> {
        let read = self.silence.deadline(Instant::now());
        let piece = pin!(self.response.chunk());
        let piece = limit.run(pin!(read.run(piece))).await??;
        self.silence.end();
        piece.map_err(|error| {
            let error = error.without_url();
            Error::transport(format!("the answer broke off: {}", root_cause(&error)))
        })
    }
}

fn unknown_coding(name: &str) -> Error {
    let name = excerpt(name);
    let text = format!("the answer has the unknown content encoding `{name}`");
    Error::new(ErrorKind::Decode, false, text)
}

fn broken_gzip(error: &std::io::Error) -> Error {
    Error::transport(format!(
        "the compressed answer is damaged or ended early: {error}"
    ))
}

/// The body of a request: slices of what was built, none of them copied.
struct Upload {
    rest: Bytes,
    progress: Progress,
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
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// The text of the innermost cause: the outer ones say "error sending request" and the like.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// What TLS has to say against the server, or the server against us.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(tls) = this.downcast_ref::<rustls::Error>() {
            return Some(tls.to_string());
        }
        // The source of an I/O error is that of the error in it, which is itself left out.
        let inner = this.downcast_ref().and_then(std::io::Error::get_ref);
        cause = inner
            .map(|inner| inner as &(dyn StdError + 'static))
            .or_else(|| this.source());
    }
    None
}
