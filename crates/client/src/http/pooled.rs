//! The pool of reqwest: every way to a server, through TLS and proxies too. tokio drives it.

use std::error::Error as StdError;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use reqwest::ClientBuilder;

use super::failure::{no_answer, no_connection, root_cause};
use super::{AGENT, Head, Prepared, Source};
use crate::config::{Config, Proxy, check_user, without_user};
use crate::error::{Error, ErrorKind, Limit};
use crate::tls::Tls;

/// A pool of connections to one server.
#[derive(Clone)]
pub(super) struct Pool {
    client: reqwest::Client,
    connect_limit: Option<Duration>,
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
        let tls = if config.is_https() || proxy_speaks_tls {
            config.tls_choice().client_config()?
        } else {
            Tls::unused_config()?
        };
        let client = builder.tls_backend_preconfigured(tls).build();
        let client =
            client.map_err(|error| Error::config(format!("http: {}", root_cause(&error))))?;
        Ok(Self {
            client,
            connect_limit: config.connect_limit(),
        })
    }

    pub(super) async fn execute(&self, request: Prepared) -> Result<Head, Error> {
        let mut out = reqwest::Request::new(request.method, request.url);
        *out.headers_mut() = request.headers;
        *out.body_mut() = request.body.map(reqwest::Body::wrap);
        let sent = self.client.execute(out).await;
        let mut response = sent.map_err(|error| self.failure(error))?;
        Ok(Head {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            has_length: response.content_length().is_some(),
            source: Source::Pooled(response),
        })
    }

    fn failure(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
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
            return no_connection(&error, error.is_dns());
        }
        if error.is_builder() {
            return Error::config(root_cause(&error));
        }
        no_answer(&error)
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
#[cfg(unix)]
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
