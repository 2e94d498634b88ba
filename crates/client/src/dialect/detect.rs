//! The generation of a server, from its answers to `/ping`.
//!
//! Pure. A server that was built from source reports a version that is no number (`dev`,
//! `unknown`). Then a second question decides: 1.x answers `/ping?verbose=true` with 200 and JSON,
//! 2.x with 204 as before.

use aioinflux_line::Dialect;
use serde_json::Value;

use crate::error::{Error, excerpt};
use crate::headers::Headers;

/// What a successful answer to `GET /ping` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Generation(Dialect),
    /// The version is no number. 1.x and 2.x can be told apart by the second question.
    Older,
    /// Nothing that a generation answers.
    Nothing,
}

/// The generation that the answer shows.
pub(crate) fn of_ping(status: u16, headers: &Headers, body: &[u8]) -> Shown {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let in_body = body.as_ref().and_then(|body| body.get("version")?.as_str());
    let header = headers.get("x-influxdb-version");
    let version = header.as_deref().or(in_body).unwrap_or_default();
    let number = version.strip_prefix('v').unwrap_or(version);
    match (status, number.split('.').next()) {
        (200 | 204, Some("1")) => Shown::Generation(Dialect::V1),
        (200 | 204, Some("2")) => Shown::Generation(Dialect::V2),
        (200, Some("3")) => Shown::Generation(Dialect::V3),
        (204, _) => Shown::Older,
        _ => Shown::Nothing,
    }
}

/// The generation that the answer to `/ping?verbose=true` shows, of a server of 1.x or 2.x.
pub(crate) fn of_verbose_ping(status: u16, body: &[u8]) -> Option<Dialect> {
    let is_json = serde_json::from_slice::<Value>(body).is_ok();
    match status {
        200 if is_json => Some(Dialect::V1),
        204 => Some(Dialect::V2),
        _ => None,
    }
}

/// The error for a server that does not show its generation.
pub(crate) fn unknown(headers: &Headers) -> Error {
    let version = headers.get("x-influxdb-version");
    let shown = match version.as_deref() {
        Some(version) => format!("the server reports the version `{}`", excerpt(version)),
        None => "the server reports no version".to_owned(),
    };
    Error::config(format!(
        "dialect: {shown}, so its generation is unknown; set the dialect"
    ))
}

/// The error for a token that is used with a server of 1.x.
pub(crate) fn token_on_1x() -> Error {
    Error::config(
        "token: the server is InfluxDB 1.x, which has users and passwords; with dialect V2, the \
         token `user:password` works on the 2.x endpoints of 1.8 and later",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping(status: u16, version: &str, body: &str) -> Shown {
        let headers = Headers::of(&[("x-influxdb-version", version)]);
        let none = Headers::default();
        let headers = if version.is_empty() { &none } else { &headers };
        of_ping(status, headers, body.as_bytes())
    }

    #[test]
    fn a_version_number_shows_the_generation() {
        assert_eq!(ping(204, "1.6.7~rc0", ""), Shown::Generation(Dialect::V1));
        assert_eq!(ping(204, "2.7.1", ""), Shown::Generation(Dialect::V2));
        assert_eq!(ping(204, "v2.9.1", ""), Shown::Generation(Dialect::V2));
        let body = r#"{"version":"3.10.1","revision":"x"}"#;
        assert_eq!(ping(200, "", body), Shown::Generation(Dialect::V3));
        assert_eq!(ping(200, "3.10.1", body), Shown::Generation(Dialect::V3));
    }

    #[test]
    fn a_version_that_is_no_number_leads_to_a_second_question() {
        for version in ["dev", "unknown", "", "11.0", "v"] {
            assert_eq!(ping(204, version, ""), Shown::Older, "{version}");
        }
        assert_eq!(of_verbose_ping(200, br#"{"version":"unknown"}"#), Some(Dialect::V1));
        assert_eq!(of_verbose_ping(204, b""), Some(Dialect::V2));
        assert_eq!(of_verbose_ping(200, b"<html>"), None);
        assert_eq!(of_verbose_ping(404, b""), None);
    }

    #[test]
    fn other_answers_show_nothing() {
        assert_eq!(ping(200, "", "<!doctype html>"), Shown::Nothing);
        assert_eq!(ping(200, "", "OK"), Shown::Nothing);
        assert_eq!(ping(404, "2.9", ""), Shown::Nothing);
    }
}
