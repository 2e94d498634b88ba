//! Turns the options of the Python constructors into a configuration of the engine.

use std::time::Duration;

use aioinflux::{Auth, Config, Gzip, Pem, Proxy, Tls};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors;
use crate::server::Server;

/// The options with which a client is constructed. The options are never shown in messages, because
/// they contain passwords.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: i64,
    pub(crate) ssl: bool,
    pub(crate) path: String,
    pub(crate) unix_socket: Option<String>,
    /// If a user name is set, the client uses basic authentication. The Python interfaces decide
    /// whether a password is also required; this module does not.
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    /// The source of the token. A client has either a token or a user name.
    pub(crate) auth: Auth,
    pub(crate) org: Option<String>,
    pub(crate) bucket_id: Option<String>,
    /// The generation of the server, if the caller states it.
    pub(crate) server: Option<Server>,
    pub(crate) ca_file: Option<String>,
    pub(crate) cert_file: Option<String>,
    pub(crate) key_file: Option<String>,
    pub(crate) verify_ssl: bool,
    pub(crate) timeout: Option<f64>,
    pub(crate) gzip: Option<bool>,
    pub(crate) proxy: Option<String>,
}

impl Options {
    pub(crate) fn config(&self) -> PyResult<Config> {
        let url = url(&self.host, self.port, self.ssl, &self.path)?;
        let mut config = Config::new(&url).map_err(|error| errors::to_python(&error))?;
        if let Some(user) = non_empty(self.username.as_deref()) {
            if self.auth != Auth::None {
                return Err(PyValueError::new_err(
                    "arguments `token` and `username`: pass only one; hint: InfluxDB 1.8 takes \
                     `token=\"user:password\"` on its endpoints for 2.x clients",
                ));
            }
            config = config.credentials(user, self.password.as_deref().unwrap_or_default());
        } else {
            config = config.auth(self.auth.clone());
        }
        if let Some(name) = non_empty(self.org.as_deref()) {
            config = config.organization(name);
        }
        if let Some(id) = non_empty(self.bucket_id.as_deref()) {
            config = config.bucket_id(id);
        }
        if let Some(server) = self.server {
            config = config.dialect(server.dialect());
        }
        if let Some(path) = &self.unix_socket {
            config = config.unix_socket(path);
        }
        let tls = tls(
            self.ca_file.as_deref(),
            self.cert_file.as_deref(),
            self.key_file.as_deref(),
        )?;
        config = config.tls(tls.verify(self.verify_ssl));
        if let Some(seconds) = self.timeout {
            let limit = Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|limit| !limit.is_zero())
                .ok_or_else(|| argument("timeout", "a positive number of seconds", seconds))?;
            config = config
                .timeout(limit)
                .read_timeout(limit)
                .connect_timeout(limit);
        }
        if let Some(gzip) = self.gzip {
            config = config.gzip(if gzip { Gzip::Always } else { Gzip::Never });
        }
        if let Some(url) = &self.proxy {
            config = config.proxy(if url.is_empty() {
                Proxy::None
            } else {
                Proxy::Url(url.clone())
            });
        }
        Ok(config)
    }
}

fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

pub(crate) fn argument(name: &str, expected: &str, got: impl std::fmt::Debug) -> PyErr {
    PyValueError::new_err(format!(
        "argument `{name}`: expected {expected}, got {got:?}"
    ))
}

fn url(host: &str, port: i64, ssl: bool, path: &str) -> PyResult<String> {
    let port = u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| argument("port", "a number from 1 to 65535", port))?;
    if host.is_empty() || host.contains(['/', '@', '?', '#', '\\', ' ']) {
        // The error message does not show the host, because the host may be a URL that contains a
        // password.
        return Err(PyValueError::new_err(
            "argument `host`: expected the name or address of a server, without scheme, user and \
             path; hint: a URL is for `from_url`, or for `host` together with `token` or `server`",
        ));
    }
    // If the host contains exactly one colon, the host includes a port, because an IPv6 address has
    // at least two colons.
    if host.matches(':').count() == 1 {
        return Err(PyValueError::new_err(
            "argument `host`: expected only the name or address of a server; hint: pass the port \
             as `port`",
        ));
    }
    if path.contains(['?', '#']) {
        return Err(argument("path", "a path", path));
    }
    let scheme = if ssl { "https" } else { "http" };
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok(format!("{scheme}://{host}:{port}{slash}{path}"))
}

fn tls(ca_file: Option<&str>, cert_file: Option<&str>, key_file: Option<&str>) -> PyResult<Tls> {
    let mut tls = Tls::new();
    if let Some(path) = ca_file {
        tls = tls.ca(Pem::file(path));
    }
    match (cert_file, key_file) {
        (Some(cert), Some(key)) => Ok(tls.client_certificate(Pem::file(cert), Pem::file(key))),
        (None, None) => Ok(tls),
        _ => Err(PyValueError::new_err(
            "arguments `cert_file` and `key_file`: pass both or neither; hint: they may name the \
             same file, if it contains both",
        )),
    }
}
