//! Determines the generation of a server from its answers to `/ping`.
//!
//! Pure. A server that was built from source may report a version that is not a number (`dev`,
//! `unknown`). If the version is not a number, the client sends a second ping,
//! `/ping?verbose=true`. 1.x answers the second ping with 200 and JSON, and 2.x answers it with
//! 204, like the first ping.

use aioinflux_line::Dialect;
use serde_json::Value;

use super::Target;
use super::failure::{HTML, media_type, misdirected};
use crate::config::Names;
use crate::error::{Error, excerpt};
use crate::headers::Headers;

const VERSION: &str = "x-influxdb-version";

/// The query string of the first ping.
pub(crate) const FIRST: Option<&str> = None;
/// The query string of the second ping.
pub(crate) const SECOND: Option<&str> = Some("verbose=true");

/// An answer to a ping, with a status that is not an error.
#[derive(Debug, Default)]
pub(crate) struct Pinged {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// Returns the target of the pings, which every server generation with tokens understands.
pub(crate) fn target() -> Result<Target, Error> {
    Target::new(Dialect::V2, Names::default())
}

/// Returns the generation of a server that a client with a token has pinged. Returns `None` if a
/// second ping is needed.
pub(crate) fn of_ping(pinged: &Pinged) -> Result<Option<Dialect>, Error> {
    let body: Option<Value> = serde_json::from_slice(&pinged.body).ok();
    let in_body = body.as_ref().and_then(|body| body.get("version")?.as_str());
    let header = pinged.headers.get(VERSION);
    let version = header.as_deref().or(in_body).unwrap_or_default();
    let number = version.strip_prefix('v').unwrap_or(version);
    match (pinged.status, number.split('.').next()) {
        (200 | 204, Some("1")) => Err(token_on_1x()),
        (200 | 204, Some("2")) => Ok(Some(Dialect::V2)),
        (200, Some("3")) => Ok(Some(Dialect::V3)),
        (204, _) => Ok(None),
        (200..=399, _) if media_type(&pinged.headers) == HTML => {
            Err(misdirected(pinged.status, &pinged.headers, HTML).into())
        }
        _ => Err(unknown(pinged)),
    }
}

/// Returns the generation of a server from its answers to both pings.
pub(crate) fn of_second_ping(first: &Pinged, second: &Pinged) -> Result<Dialect, Error> {
    let is_json = serde_json::from_slice::<Value>(&second.body).is_ok();
    match second.status {
        200 if is_json => Err(token_on_1x()),
        204 => Ok(Dialect::V2),
        _ => Err(unknown(first)),
    }
}

/// Returns the error for a server whose answers do not reveal its generation.
fn unknown(pinged: &Pinged) -> Error {
    let version = pinged.headers.get(VERSION);
    let shown = match version.as_deref() {
        Some(version) => format!("the server reports the version `{}`", excerpt(version)),
        None => "the server reports no version".to_owned(),
    };
    Error::config(format!(
        "dialect: {shown}, so its generation is unknown; set the dialect"
    ))
}

/// Returns the error for a client that uses a token with a 1.x server.
fn token_on_1x() -> Error {
    Error::config(
        "token: the server is InfluxDB 1.x, which has users and passwords; with dialect V2, the \
         token `user:password` works on the 2.x endpoints of 1.8 and later",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn pinged(status: u16, version: &str, body: &str) -> Pinged {
        let pairs = [(VERSION, version)];
        let pairs = if version.is_empty() { &[][..] } else { &pairs };
        Pinged {
            status,
            headers: Headers::of(pairs),
            body: body.into(),
        }
    }

    fn first(status: u16, version: &str, body: &str) -> Result<Option<Dialect>, String> {
        of_ping(&pinged(status, version, body)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_version_number_shows_the_generation() {
        assert_eq!(first(204, "2.7.1", ""), Ok(Some(Dialect::V2)));
        assert_eq!(first(204, "v2.9.1", ""), Ok(Some(Dialect::V2)));
        let body = r#"{"version":"3.10.1","revision":"x"}"#;
        assert_eq!(first(200, "", body), Ok(Some(Dialect::V3)));
        assert_eq!(first(200, "3.10.1", body), Ok(Some(Dialect::V3)));
        assert!(
            first(204, "1.6.7~rc0", "")
                .unwrap_err()
                .starts_with("token: the server is InfluxDB 1.x")
        );
    }

    #[test]
    fn a_version_that_is_no_number_leads_to_a_second_question() {
        for version in ["dev", "unknown", "", "11.0", "v"] {
            assert_eq!(first(204, version, ""), Ok(None), "{version}");
        }
        let dev = pinged(204, "dev", "");
        assert_eq!(of_second_ping(&dev, &dev).unwrap(), Dialect::V2);
        let verbose = pinged(200, "dev", r#"{"version":"dev"}"#);
        assert!(of_second_ping(&dev, &verbose).is_err());
        let page = pinged(200, "", "<html>");
        let error = of_second_ping(&dev, &page).unwrap_err().to_string();
        assert!(
            error.contains("the server reports the version `dev`"),
            "{error}"
        );
    }

    #[test]
    fn other_answers_show_nothing() {
        for (status, version, body) in [
            (200, "", "<!doctype html>"),
            (200, "", "OK"),
            (301, "2", ""),
        ] {
            let error = first(status, version, body).unwrap_err();
            assert!(error.contains("its generation is unknown"), "{error}");
        }
    }
}
