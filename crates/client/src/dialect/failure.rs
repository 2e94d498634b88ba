//! Decides what an error answer means, for every server generation and request format.

use std::borrow::Cow;

use serde_json::Value;

use crate::config::without_user;
use crate::decode::{Decoder, End, Format};
use crate::error::{Error, ErrorKind, Said, excerpt};
use crate::headers::Headers;

pub(super) const MSGPACK: &str = "application/x-msgpack";
pub(super) const HTML: &str = "text/html";

/// The meaning of an error answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) retryable: bool,
    pub(crate) text: String,
    pub(crate) said: Option<Said>,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let error = Self::new(failure.kind, failure.retryable, failure.text);
        match failure.said {
            Some(said) => error.said(said),
            None => error,
        }
    }
}

/// Maps an HTTP status and a part of the error message to the meaning of the error. A row with an
/// empty `text` matches every error message.
pub(super) struct Row {
    status: u16,
    text: &'static str,
    kind: ErrorKind,
    retryable: bool,
}

pub(super) const fn row(status: u16, text: &'static str, kind: ErrorKind, retryable: bool) -> Row {
    Row {
        status,
        text,
        kind,
        retryable,
    }
}

/// The HTTP statuses. If a status is in no table of rows, the server has rejected the request
/// permanently.
const STATUSES: &[Row] = &[
    row(401, "", ErrorKind::Unauthorized, false),
    row(403, "", ErrorKind::Forbidden, false),
    row(404, "", ErrorKind::NotFound, false),
    row(408, "", ErrorKind::Server, true),
    row(413, "", ErrorKind::TooLarge, false),
    row(429, "", ErrorKind::Server, true),
    row(500, "", ErrorKind::Server, true),
    row(502, "", ErrorKind::Server, true),
    row(503, "", ErrorKind::Server, true),
    row(504, "", ErrorKind::Server, true),
    // QuestDB and proxies in front of compatible servers send the following statuses.
    row(507, "", ErrorKind::Server, true),
    row(509, "", ErrorKind::Server, true),
    row(523, "", ErrorKind::Server, true),
    row(524, "", ErrorKind::Server, true),
    row(529, "", ErrorKind::Server, true),
    row(599, "", ErrorKind::Server, true),
];

/// Returns the meaning of an answer with an error status. The first matching row determines the
/// meaning. The table `own` for the server's generation (1.x or 2.x) is searched before
/// [`STATUSES`].
pub(super) fn refused(own: &[Row], status: u16, headers: &Headers, body: &[u8]) -> Failure {
    let (message, code) = message(headers, body);
    let said_text = message.as_deref().unwrap_or_default();
    let found = own
        .iter()
        .chain(STATUSES)
        .find(|row| row.status == status && said_text.contains(row.text));
    let (kind, retryable) = found.map_or((ErrorKind::Rejected, false), |row| {
        (row.kind, row.retryable)
    });
    let mut text = match &message {
        Some(message) => format!("status {status}: {}", excerpt(message)),
        None => format!("status {status}{}", phrase(status)),
    };
    if status == 400 && expects_tls(body) {
        text.push_str("; hint: the server speaks TLS on this port: use an `https://` URL");
    }
    let said = Said {
        status,
        message,
        code,
        headers: headers.pairs(),
    };
    Failure {
        kind,
        retryable,
        text,
        said: Some(said),
    }
}

/// Whether the server reports that it received plain HTTP on a TLS port. Looks for the error
/// messages that Go, nginx and Apache send if they receive plain HTTP on a TLS port.
fn expects_tls(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    [
        "HTTP request to an HTTPS server",
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
    ]
    .iter()
    .any(|words| body.contains(words))
}

/// Adds hints to server errors whose text does not say what to do. The `text` of a row is a part of
/// the server's message.
pub(super) fn hinted(rows: &[(u16, &str, &str)], mut failure: Failure) -> Failure {
    let said = failure.said.as_ref();
    let message = said
        .and_then(|said| said.message.as_deref())
        .unwrap_or_default();
    let status = said.map_or(0, |said| said.status);
    let mut known = rows.iter();
    let found = known.find(|(of, text, _)| *of == status && message.contains(text));
    if let Some((_, _, hint)) = found {
        failure.text.push_str("; hint: ");
        failure.text.push_str(hint);
    }
    failure
}

/// Returns the error for an answer that does not come from InfluxDB.
pub(super) fn misdirected(status: u16, headers: &Headers, media: &str) -> Failure {
    let text = match (status, headers.get("location")) {
        (300..=399, Some(to)) => format!(
            "status {status}: redirects are not followed, and this one points to `{}`",
            excerpt(&without_user(&to))
        ),
        (300..=399, None) => format!("status {status}: redirects are not followed"),
        _ if media == HTML => format!(
            "status {status} with `{HTML}` is a web page and not an answer of InfluxDB to this \
             request; hint: check the port and the path"
        ),
        _ if media.is_empty() => {
            format!("status {status} is not an answer of InfluxDB to this request")
        }
        _ => format!(
            "status {status} with `{}` is not an answer of InfluxDB to this request",
            excerpt(media)
        ),
    };
    let said = Said {
        status,
        headers: headers.pairs(),
        ..Said::default()
    };
    Failure {
        kind: ErrorKind::Misdirected,
        retryable: false,
        text,
        said: Some(said),
    }
}

/// Returns the server's error message and error code. The message and the code are taken from the
/// JSON or msgpack object in the body. If there is no such object, the message comes from the plain
/// text of the body, or else from the header that 1.x sets. An HTML page is never used as an error
/// message.
fn message(headers: &Headers, body: &[u8]) -> (Option<String>, Option<String>) {
    if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(message) = text("error").or_else(|| text("message")) {
            return (Some(message), text("code"));
        }
    }
    let header = headers.get("x-influxdb-error");
    if media_type(headers) == MSGPACK {
        return (
            message_in_msgpack(body).or(header.map(Cow::into_owned)),
            None,
        );
    }
    if media_type(headers) == HTML {
        return (header.map(Cow::into_owned), None);
    }
    let text = String::from_utf8_lossy(body);
    let text = Some(text.trim()).filter(|text| !text.is_empty());
    (text.or(header.as_deref()).map(str::to_owned), None)
}

/// InfluxDB 1.x also writes its errors in the format that the request asked for.
fn message_in_msgpack(body: &[u8]) -> Option<String> {
    let mut decoder = Decoder::new(Format::Msgpack);
    let read = decoder
        .feed(body)
        .and_then(|()| decoder.finish(End::Proven));
    read.err()?.server_message().map(str::to_owned)
}

pub(super) fn media_type(headers: &Headers) -> String {
    let value = headers.get("content-type").unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

fn phrase(status: u16) -> &'static str {
    match status {
        400 => " (bad request)",
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        405 => " (method not allowed)",
        408 => " (request timeout)",
        413 => " (request entity too large)",
        429 => " (too many requests)",
        500 => " (internal server error)",
        502 => " (bad gateway)",
        503 => " (service unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    }
}
