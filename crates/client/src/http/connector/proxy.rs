//! Chooses the proxy for requests: the configured proxy, a proxy from the environment, or none.

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use crate::config::{Config, Proxy, check_user, without_user};
use crate::error::Error;

/// Returns the proxy between this client and the configured server. Choosing the proxy reads the
/// environment.
pub(super) fn choose(config: &Config) -> Result<Option<Intercept>, Error> {
    let matcher = match (config.unix_socket_path(), config.proxy_choice()) {
        (Some(_), Proxy::Url(_)) => {
            return Err(Error::config(
                "proxy: a unix socket cannot be reached through a proxy",
            ));
        }
        (None, Proxy::Url(url)) => given(url)?,
        (None, Proxy::Environment) if !config.is_local() => Matcher::from_env(),
        _ => return Ok(None),
    };
    let server = config.url().parse::<Uri>();
    let server = server.map_err(|error| Error::config(format!("url: {error}")))?;
    Ok(matcher.intercept(&server))
}

fn given(url: &str) -> Result<Matcher, Error> {
    check_user("proxy", url)?;
    let refused = |why: &str| Error::config(format!("proxy `{}`: {why}", without_user(url)));
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(refused(
            "expected `http://host:port` or `https://host:port`",
        ));
    }
    let url = Url::parse(url).map_err(|error| refused(&error.to_string()))?;
    Ok(Matcher::builder().all(url.as_str()).build())
}
