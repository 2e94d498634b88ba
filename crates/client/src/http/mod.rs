//! Sends requests and reads answers. No other module names the HTTP libraries.
//!
//! This module handles connections, time limits and the ends of bodies, but knows nothing about
//! databases. A body is proven to be complete if it ends at its `content-length` or with the last
//! chunk. A body that ends when the connection closes is not proven to be complete. Even gzip does
//! not prove the end of such a body, because another gzip member could have followed. The decoders
//! refuse a body whose end is not proven.
//!
//! | file | what |
//! |---|---|
//! | `carrier` | what carries a request: one of the next two |
//! | `pooled` | every way to a server: hyper's pool, driven by tokio |
//! | `optional` | plain HTTP on the thread of another event loop (feature `event-loop`) |
//! | `connector` | opens connections for both: TCP, Unix sockets, TLS, proxies |
//! | `message` | requests, and heads of answers |
//! | `body` | bodies of answers |
//! | `failure` | what their errors mean |
//! | `probe` | whether a port that gave no answer speaks TLS |
//! | `slots` | how many requests may be under way at once |

mod body;
mod carrier;
mod connector;
mod failure;
mod message;
#[cfg(all(unix, feature = "event-loop"))]
mod optional;
mod pooled;
mod probe;
mod slots;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

pub(crate) use body::Body;
#[cfg(all(unix, feature = "event-loop"))]
pub use optional::Reactor;

use crate::api;
use crate::config::Config;
use crate::deadline::{Deadline, Progress, Silence};
use crate::decode::End;
use crate::dialect::Request;
use crate::error::{Error, ErrorKind, Limit};
use crate::gzip;
use crate::headers::Headers;
use body::Limits;
use carrier::{Carrier, Pieces};
use message::{Head, Prepared, Upload};
use slots::Slots;

/// Request bodies of at least this size are compressed on threads that do not drive connections.
const COMPRESS_ELSEWHERE: usize = 64 * 1024;

const NEEDS_TLS: &str = "tls: the server speaks TLS on this port; hint: use an `https://` URL";

/// The connections to one server.
#[derive(Clone)]
pub(crate) struct Http {
    carrier: Carrier,
    slots: Slots,
    read_limit: Option<Duration>,
    total_limit: Option<Duration>,
    /// The host and port, if requests go directly to the server over plain TCP.
    plain: Option<Arc<(String, u16)>>,
    has_answered: Arc<AtomicBool>,
}

/// An answer whose body has not been read yet.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Body,
}

/// Prepares the connections to a server, which are opened later. Reads certificates and the
/// environment, but opens no connection.
pub(crate) fn build(config: &Config) -> Result<Http, Error> {
    if config.request_limit() == 0 {
        return Err(Error::config(
            "max_requests: expected a number above zero, got 0",
        ));
    }
    let carrier = Carrier::new(config)?;
    let is_plain = carrier.connector().is_plain() && config.unix_socket_path().is_none();
    Ok(Http {
        carrier,
        slots: Slots::new(config.request_limit()),
        read_limit: config.read_limit(),
        total_limit: config.total_limit(),
        plain: config.host_and_port().filter(|_| is_plain).map(Arc::new),
        has_answered: Arc::default(),
    })
}

impl Http {
    /// Returns connections to the same server and with the same limits, which `reactor` drives.
    /// Returns `None` if the connections use TLS or a proxy.
    #[cfg(all(unix, feature = "event-loop"))]
    pub(crate) fn driven_by(&self, config: &Config, reactor: &Reactor) -> Option<Self> {
        Some(Self {
            carrier: self.carrier.driven_by(reactor)?,
            // Connections that a reactor drives have their own slots, so that the requests of a
            // blocked event loop do not hold up other requests.
            slots: Slots::new(config.request_limit()),
            ..self.clone()
        })
    }

    /// Sends a request and waits for the head of the answer. If `whole` is false, the total limit
    /// does not apply to the pieces of the body. The caller may read the pieces of a stream for as
    /// long as it likes.
    pub(crate) async fn send(&self, request: Request, whole: bool) -> Result<Reply, Error> {
        let total = Deadline::new(self.total_limit, Limit::Total);
        let slot = self.slots.take(!whole, total).await?;
        let progress = Progress::new(self.read_limit);
        let request = total.run(pin!(prepared(request, &progress))).await??;
        let head = match self.exchange(request, &progress, total).await {
            Ok(head) => head,
            Err(error) => return Err(self.explained(error, total).await),
        };
        self.has_answered.store(true, Ordering::Relaxed);
        let headers = Headers::from(head.headers);
        let end = end_of(head.has_length, &headers);
        let none = Deadline::new(None, Limit::Total);
        let limits = Limits {
            total,
            piecewise: if whole { total } else { none },
            silence: Silence::new(self.read_limit),
        };
        Ok(Reply {
            status: head.status,
            body: Body::new(head.source, &headers, end, limits, slot),
            headers,
        })
    }

    /// Whether connections use TLS without verifying the peer's certificate.
    pub(crate) fn is_unverified(&self) -> bool {
        self.carrier.connector().is_unverified()
    }

    /// If a server that has never answered speaks TLS, returns an error that says so. In all other
    /// cases, returns `error` unchanged.
    async fn explained(&self, error: Error, total: Deadline) -> Error {
        // A TLS server that receives plain HTTP may close the connection without an answer, or may
        // send a TLS alert, which is not HTTP.
        let may_be_tls = matches!(error.kind(), ErrorKind::Transport | ErrorKind::Decode);
        let plain = self.plain.as_deref();
        let plain = plain.filter(|_| !self.has_answered.load(Ordering::Relaxed));
        match plain {
            Some((host, port)) if may_be_tls => {
                let asked = total.run(pin!(probe::speaks_tls(host, *port))).await;
                if asked.is_ok_and(|speaks_tls| speaks_tls) {
                    return Error::new(ErrorKind::Tls, false, NEEDS_TLS);
                }
                error
            }
            _ => error,
        }
    }

    /// Waits for the head of the answer, as long as data is sent or received within the time limit.
    async fn exchange(
        &self,
        request: Prepared,
        progress: &Progress,
        total: Deadline,
    ) -> Result<Head<Pieces>, Error> {
        progress.touch();
        let mut sending = pin!(self.carrier.execute(request));
        loop {
            let limit = total.or_before(progress.deadline());
            match limit.run(sending.as_mut()).await {
                Ok(Ok(head)) if head.status < 400 && progress.has_rest() => {
                    let text = "the server accepted the request before all of it was sent";
                    return Err(Error::transport(text));
                }
                Ok(result) => return result,
                // The limit expired, but data was sent or received after the limit was computed.
                Err(_) if !total.is_over() && !progress.deadline().is_over() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Builds the HTTP request, and compresses its body if `gzip` is set.
async fn prepared(request: Request, progress: &Progress) -> Result<Prepared, Error> {
    let Request {
        method,
        url,
        headers: pairs,
        body,
        gzip,
    } = request;
    let mut headers = HeaderMap::with_capacity(pairs.len() + 4);
    for (name, value) in pairs {
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| Error::config(format!("header `{name}`: cannot hold this value")))?;
        value.set_sensitive(name == "authorization");
        headers.insert(name, value);
    }
    let has_body = method != api::Method::Get && !body.is_empty() || method == api::Method::Post;
    let body = if gzip {
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        compressed(body).await?
    } else {
        body
    };
    Ok(Prepared {
        method: match method {
            api::Method::Get => Method::GET,
            api::Method::Post => Method::POST,
            api::Method::Put => Method::PUT,
            api::Method::Patch => Method::PATCH,
            api::Method::Delete => Method::DELETE,
        },
        url,
        headers,
        body: has_body.then(|| Upload::new(body, progress)),
    })
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

/// Returns whether the HTTP library detects an answer body that ends early.
fn end_of(has_length: bool, headers: &Headers) -> End {
    // Several `transfer-encoding` headers form one list. The last item of this list determines how
    // the body ends.
    let codings = headers.items("transfer-encoding");
    let last = codings.last();
    // The head states the size of the body only if it contains a length, or if the status allows no
    // body.
    if has_length || last.is_some_and(|last| last.eq_ignore_ascii_case("chunked")) {
        End::Proven
    } else {
        End::Unproven
    }
}
