//! Holds the location of the server, and the settings for connections to the server.
//!
//! A [`Config`] stores addresses, names, secrets and limits. A [`Config`] opens no connection and
//! reads neither files nor the environment; [`Client::new`](crate::Client::new) reads the files and
//! the environment.
//!
//! ```
//! use aioinflux::Config;
//!
//! let config = Config::new("https://alice:secret@db.example:8086/base?db=metrics&rp=week")?;
//! assert_eq!(config.url(), "https://db.example:8086/base/");
//! assert_eq!(config.database_name(), Some("metrics"));
//! # Ok::<(), aioinflux::Error>(())
//! ```

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aioinflux_line::Dialect;
use url::{Host, Url};

use crate::tls::Tls;

mod auth;
mod from_url;
mod names;
mod values;

pub use auth::{Auth, Secret, TokenSource};
pub use names::Names;
pub(crate) use names::name_setters;
pub use values::{Consistency, Gzip, Precision, Proxy};
pub(crate) use values::{check_user, without_user};

/// The default time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The default limit for the time during which a connection neither sends nor receives data. The
/// first byte of the answer to an expensive query can take minutes to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(300);
/// The default time limit for a whole request.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The default limit on concurrent requests.
const MAX_REQUESTS: usize = 64;

/// The configuration of a client. Each method of `Config` sets one option, and `Client::new` checks
/// all options together.
///
/// # URL
///
/// The format of the URL is `http[s]://[user:password@]host[:port][/base/path][?key=value&...]`.
/// The user and the password are removed from the URL and sent in the `Authorization` header.
/// Characters in the user name or password that are reserved in URLs must be percent-encoded. Write
/// an `@` in any other part of the URL as `%40`. A URL with an `@` after the host is refused,
/// because the text before this `@` most likely belongs to a password. If the URL has no port, the
/// default port of the scheme is used (80 or 443), although InfluxDB usually listens on 8086. If
/// the URL has a base path, the paths of the server's API are appended to it. The query string of
/// the URL can contain these keys:
///
/// | key | meaning |
/// |---|---|
/// | `db` | default database |
/// | `rp` | default retention policy |
/// | `consistency` | `any`, `one`, `quorum` or `all` |
/// | `unix_socket` | path of a unix socket to connect to |
/// | `connect_timeout`, `read_timeout`, `timeout` | `5s`, `250ms`, `2m`, or `none` |
/// | `gzip` | `auto`, `always` or `never` |
/// | `accept_gzip` | `true` or `false` |
/// | `verify_ssl` | `true` or `false`: whether the server's certificate is verified ([`Tls::verify`]) |
/// | `max_requests` | a positive number |
///
/// A URL with any other key is refused, so a misspelt key is never silently ignored.
#[derive(Clone)]
pub struct Config {
    url: Url,
    names: Names,
    consistency: Option<Consistency>,
    auth: Auth,
    unix_socket: Option<PathBuf>,
    tls: Tls,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    timeout: Option<Duration>,
    gzip: Gzip,
    accept_gzip: bool,
    proxy: Proxy,
    max_requests: usize,
    dialect: Option<Dialect>,
}

name_setters!(Config, " that writes and queries use unless they name one.");

impl Default for Config {
    /// Returns the configuration for a server on this machine: `http://localhost:8086`.
    fn default() -> Self {
        Self::at(Url::parse("http://localhost:8086/").expect("the text is a URL"))
    }
}

impl Config {
    /// Returns the default configuration for a base URL without user, query and fragment. The base
    /// URL ends with a slash.
    fn at(url: Url) -> Self {
        Self {
            url,
            names: Names::default(),
            consistency: None,
            auth: Auth::None,
            unix_socket: None,
            tls: Tls::new(),
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            timeout: Some(TIMEOUT),
            gzip: Gzip::Auto,
            accept_gzip: false,
            proxy: Proxy::Environment,
            max_requests: MAX_REQUESTS,
            dialect: None,
        }
    }

    /// Sets how many nodes of a cluster must have stored a write. A server that is not part of a
    /// cluster ignores this setting.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Sets the credentials: a user with a password, or a token.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Sets the user name and the password (see [`Auth::basic`]).
    #[must_use]
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth(Auth::basic(user, password))
    }

    /// Connects to a unix socket instead of the host and port of the URL.
    #[must_use]
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix_socket = Some(path.into());
        self
    }

    /// Sets the certificate options for `https`. The given options replace the setting `verify_ssl`
    /// from the URL.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the maximum time to open a connection, including TLS. Default: 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = limit.into();
        self
    }

    /// Sets the maximum time during which no byte is sent or received, from the start of a request
    /// to the end of its answer. While a stream is read, only the time that the reader waits for
    /// the server counts. Default: 300 seconds.
    #[must_use]
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = limit.into();
        self
    }

    /// Sets the maximum time for a whole request, including the wait for a free slot. Default: 300
    /// seconds. For a stream, this limit covers the wait for a slot and the head of the answer. If
    /// the answer is an error, the limit covers the whole answer. The time for reading the body of
    /// a successful answer is not limited.
    #[must_use]
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into();
        self
    }

    /// Sets in which cases the bodies of writes are compressed. Default: [`Gzip::Auto`].
    #[must_use]
    pub fn gzip(mut self, gzip: Gzip) -> Self {
        self.gzip = gzip;
        self
    }

    /// Asks the server to compress its answers. Compression of answers is off by default, because
    /// compressing an answer costs the server several times as much as the query itself. Compressed
    /// answers are worthwhile only on a slow network.
    #[must_use]
    pub fn accept_gzip(mut self, accept: bool) -> Self {
        self.accept_gzip = accept;
        self
    }

    /// Sets the proxy through which the client connects to the server. Default:
    /// [`Proxy::Environment`].
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets the maximum number of concurrent requests. Further requests wait for a free slot. An
    /// open stream counts as one request until it ends (with or without an error) or is dropped.
    /// Default: 64.
    #[must_use]
    pub fn max_requests(mut self, count: usize) -> Self {
        self.max_requests = count;
        self
    }

    /// Sets the generation of the server. If the generation is not set, a client without a token
    /// assumes 1.x.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }
}

/// Getters for the configuration.
impl Config {
    /// The base URL, without the user and the password.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the address of the server in the form that errors show.
    pub(crate) fn server(&self) -> Cow<'_, str> {
        match &self.unix_socket {
            Some(path) => format!("unix:{}", path.display()).into(),
            None => self.url().into(),
        }
    }

    /// The database that is used if a call names no other database.
    pub fn database_name(&self) -> Option<&str> {
        self.names.database.as_deref()
    }

    /// The retention policy that is used if a call names no other retention policy.
    pub fn retention_policy_name(&self) -> Option<&str> {
        self.names.retention_policy.as_deref()
    }

    /// The default consistency level of writes.
    pub fn write_consistency(&self) -> Option<Consistency> {
        self.consistency
    }

    /// The user name. The password cannot be read back from the configuration.
    pub fn user(&self) -> Option<&str> {
        self.auth.user()
    }

    /// The path of the unix socket.
    pub fn unix_socket_path(&self) -> Option<&Path> {
        self.unix_socket.as_deref()
    }

    /// The maximum time to open a connection.
    pub fn connect_limit(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// The maximum time during which no byte is sent or received.
    pub fn read_limit(&self) -> Option<Duration> {
        self.read_timeout
    }

    /// The maximum time for a whole request.
    pub fn total_limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// The setting that says in which cases the bodies of writes are compressed.
    pub fn gzip_mode(&self) -> Gzip {
        self.gzip
    }

    /// Whether the client asks the server to compress its answers.
    pub fn accepts_gzip(&self) -> bool {
        self.accept_gzip
    }

    /// The proxy.
    pub fn proxy_choice(&self) -> &Proxy {
        &self.proxy
    }

    /// The maximum number of concurrent requests.
    pub fn request_limit(&self) -> usize {
        self.max_requests
    }

    /// The generation of the server, if the configuration states one.
    pub fn stated_dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// Returns the default names of the configuration: database, retention policy and so on.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn auth_given(&self) -> &Auth {
        &self.auth
    }

    pub(crate) fn tls_choice(&self) -> &Tls {
        &self.tls
    }

    /// Returns the base URL with one of the server's paths appended.
    pub(crate) fn endpoint(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let full = format!("{}{path}", self.url.path());
        url.set_path(&full);
        url
    }

    /// Returns the port of the server, and the host name in the form used for look-ups.
    pub(crate) fn host_and_port(&self) -> Option<(String, u16)> {
        let host = match self.url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Some((host, self.url.port_or_known_default()?))
    }

    /// Whether the connection uses TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the server is on this machine, so that connections use a Unix socket or a loopback
    /// address.
    pub(crate) fn is_local(&self) -> bool {
        self.unix_socket.is_some()
            || match self.url.host() {
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                Some(Host::Domain(name)) => {
                    // A final dot (the DNS root) does not change the meaning of a host name.
                    let name = name.strip_suffix('.').unwrap_or(name);
                    name == "localhost" || name.ends_with(".localhost")
                }
                None => false,
            }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.url.as_str())
            .field("names", &self.names)
            .field("consistency", &self.consistency)
            .field("auth", &self.auth)
            .field("unix_socket", &self.unix_socket)
            .field("tls", &self.tls)
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("timeout", &self.timeout)
            .field("gzip", &self.gzip)
            .field("accept_gzip", &self.accept_gzip)
            .field("proxy", &self.proxy)
            .field("max_requests", &self.max_requests)
            .field("dialect", &self.dialect)
            .finish()
    }
}

#[cfg(test)]
mod tests;
