//! The pool of reqwest: every way to a server, through TLS and proxies too. tokio drives it.

use std::error::Error as StdError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::ClientBuilder;

use super::failure::{no_answer, no_connection, root_cause};
use super::message::{AGENT, Head, Prepared};
use crate::config::{Config, Proxy, check_user, without_user};
use crate::error::{Error, ErrorKind, Limit};
use crate::tls::{self, Shown, Tls};

/// A pool of connections to one server.
#[derive(Clone)]
pub(super) struct Pool {
    client: reqwest::Client,
    connect_limit: Option<Duration>,
    /// None where nothing on the way speaks TLS.
    tls: Option<Encrypted>,
}

/// What is known of TLS on the way to the server.
#[derive(Clone)]
struct Encrypted {
    peer: &'static str,
    shown: Shown,
    is_verified: bool,
    has_answered: Arc<AtomicBool>,
}

impl Pool {
    /// Reads certificates and the environment, and opens no connection.
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(AGENT)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true);
        if let Some(limit) = config.connect_limit() {
            builder = builder.connect_timeout(limit);
        }
        let (builder, proxy_speaks_tls) = routed(builder, config)?;
        let peer = match (config.is_https(), proxy_speaks_tls) {
            (true, false) => Some("the server"),
            (false, true) => Some("the proxy"),
            (true, true) => Some("the server, or the proxy,"),
            (false, false) => None,
        };
        let (made, tls) = match peer {
            Some(peer) => {
                let choice = config.tls_choice();
                let (made, shown) = choice.client_config()?;
                let is_verified = choice.verifies();
                if !is_verified {
                    tracing::warn!(target: "aioinflux", "the server's certificate is not verified");
                }
                let has_answered = Arc::default();
                (
                    made,
                    Some(Encrypted {
                        peer,
                        shown,
                        is_verified,
                        has_answered,
                    }),
                )
            }
            None => (Tls::unused_config()?, None),
        };
        let client = builder.tls_backend_preconfigured(made).build();
        let client =
            client.map_err(|error| Error::config(format!("http: {}", root_cause(&error))))?;
        Ok(Self {
            client,
            connect_limit: config.connect_limit(),
            tls,
        })
    }

    /// Whether it speaks TLS with whoever answers.
    pub(super) fn is_unverified(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.is_verified)
    }

    pub(super) async fn execute(
        &self,
        request: Prepared,
    ) -> Result<Head<reqwest::Response>, Error> {
        let mut out = reqwest::Request::new(request.method, request.url);
        *out.headers_mut() = request.headers;
        *out.body_mut() = request.body.map(reqwest::Body::wrap);
        let sent = self.client.execute(out).await;
        let mut response = sent.map_err(|error| self.failure(error))?;
        if let Some(tls) = &self.tls {
            tls.has_answered.store(true, Ordering::Relaxed);
        }
        Ok(Head {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            has_length: response.content_length().is_some(),
            source: response,
        })
    }

    fn failure(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        if let Some(text) = self.tls.as_ref().and_then(|tls| tls.explained(&error)) {
            return Error::new(ErrorKind::Tls, false, format!("tls: {text}"));
        }
        if error.is_connect() && error.is_timeout() {
            return match self.connect_limit {
                Some(limit) => Error::timeout(Limit::Connect, limit),
                None => Error::new(ErrorKind::Connect, true, "no connection: timed out"),
            };
        }
        if error.is_connect() {
            let cause = root_cause(&error);
            if self.tls.is_some() && cause.ends_with("handshake eof") {
                let hint = "hint: perhaps it does not speak TLS on this port";
                let text = format!("no connection: {cause}; {hint}");
                return Error::new(ErrorKind::Connect, true, text);
            }
            return no_connection(&error, error.is_dns());
        }
        if error.is_builder() {
            return Error::config(root_cause(&error));
        }
        no_answer(&error)
    }
}

impl Encrypted {
    /// What TLS says of this error; nothing where it has no part in it.
    fn explained(&self, error: &reqwest::Error) -> Option<String> {
        if let Some(cause) = tls_cause(error) {
            return Some(tls::explain(cause, self.peer, &self.shown));
        }
        if error.is_timeout() || error.is_builder() || self.has_answered.load(Ordering::Relaxed) {
            return None;
        }
        // Whether its last words arrive before the end of the connection is left to chance.
        let is_asked = self.shown.is_asked();
        is_asked.then(|| tls::unanswered(self.peer, &self.shown))
    }
}

/// The next piece of a body, or the cause why there is none.
pub(super) async fn next(response: &mut reqwest::Response) -> Result<Option<Bytes>, String> {
    let piece = response.chunk().await;
    piece.map_err(|error| root_cause(&error.without_url()))
}

/// The way that requests take, and whether a proxy on it speaks TLS.
fn routed(builder: ClientBuilder, config: &Config) -> Result<(ClientBuilder, bool), Error> {
    match (config.unix_socket_path(), config.proxy_choice()) {
        (Some(_), Proxy::Url(_)) => Err(Error::config(
            "proxy: a unix socket cannot be reached through a proxy",
        )),
        (Some(path), _) => Ok((unix_socket(builder.no_proxy(), path)?, false)),
        (None, Proxy::Url(url)) => {
            let builder = builder.no_proxy().proxy(proxy(url)?);
            Ok((builder, url.starts_with("https://")))
        }
        (None, Proxy::Environment) if !config.is_local() => Ok((
            builder,
            environment_names(|proxy| proxy.starts_with("https://")),
        )),
        (None, _) => Ok((builder.no_proxy(), false)),
    }
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

/// Whether requests may go through a proxy: the one that was chosen, or one of the environment.
pub(super) fn may_be_proxied(config: &Config) -> bool {
    match config.proxy_choice() {
        _ if config.unix_socket_path().is_some() => false,
        Proxy::Url(_) => true,
        Proxy::Environment => !config.is_local() && environment_names(|proxy| !proxy.is_empty()),
        Proxy::None => false,
    }
}

/// Whether the environment names a proxy of this kind.
fn environment_names(kind: impl Fn(&str) -> bool) -> bool {
    [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .iter()
    .any(|name| std::env::var(name).is_ok_and(|value| kind(&value)))
}

/// What TLS has to say against the server, or the server against us.
fn tls_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(tls) = this.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // The source of an I/O error is that of the error in it, which is itself left out.
        let inner = this.downcast_ref().and_then(std::io::Error::get_ref);
        cause = inner
            .map(|inner| inner as &(dyn StdError + 'static))
            .or_else(|| this.source());
    }
    None
}
