//! Defines requests to any endpoint of the server, and the answers to these requests.
//!
//! Pure. The typed calls in [`admin`](crate::admin) use these requests, and callers can use them
//! for every endpoint that has no typed call.

use std::fmt;

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::error::{Error, ErrorKind, excerpt, find_header};

/// The method of an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads, without a body.
    Get,
    /// Creates, or runs something.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Returns the method with this name, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the name of the method as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The bytes of a path segment that must be percent-encoded. A `%` is encoded too, because segments
/// are plain text.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A request to an endpoint of the server.
///
/// The `Debug` format shows no value of the query and no body, because both may contain secrets.
#[derive(Clone, PartialEq)]
pub struct ApiRequest {
    method: Method,
    /// The encoded path, without a slash at its start.
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl ApiRequest {
    /// A request to a path of the server, such as `/api/v2/buckets`. The path is plain text: its
    /// segments are percent-encoded, and a base path of the client is put before it.
    ///
    /// # Errors
    ///
    /// Fails if the path has a query string or a fragment, or if a segment is empty, `.` or `..`.
    pub fn new(method: Method, path: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let path = excerpt(path);
            Err(Error::config(format!("path `{path}`: {why}")))
        };
        if path.contains(['?', '#']) {
            return refuse("expected a path without `?` and `#`; hint: pass `query`");
        }
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        if segments.contains(&"") {
            return refuse("a segment of the path is empty");
        }
        if segments.iter().any(|one| matches!(*one, "." | "..")) {
            return refuse("a path cannot contain the segments `.` and `..`");
        }
        Ok(Self::at(method, &segments))
    }

    /// A request to the path that consists of these segments. A segment may contain any text except
    /// `.` and `..`, which the callers exclude.
    pub(crate) fn at(method: Method, segments: &[&str]) -> Self {
        let encoded = segments
            .iter()
            .map(|one| utf8_percent_encode(one, SEGMENT).to_string());
        Self {
            method,
            path: encoded.collect::<Vec<_>>().join("/"),
            query: Vec::new(),
            body: None,
        }
    }

    /// Adds a key and its value to the query string.
    #[must_use]
    pub fn query(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((key.into(), value.into()));
        self
    }

    /// Sets the body, which is sent as JSON.
    #[must_use]
    pub fn json(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn keys(&self) -> &[(String, String)] {
        &self.query
    }

    /// Returns the body as it is sent.
    ///
    /// # Errors
    ///
    /// Fails if the method is GET, which has no body.
    pub(crate) fn encoded_body(&self) -> Result<Option<Bytes>, Error> {
        match &self.body {
            Some(_) if self.method == Method::Get => {
                Err(Error::config("request: a GET request has no JSON body"))
            }
            body => Ok(body.as_ref().map(|body| body.to_string().into())),
        }
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.query.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("ApiRequest")
            .field("method", &self.method.as_str())
            .field("path", &self.path)
            .field("query", &keys)
            .finish_non_exhaustive()
    }
}

/// The answer to an [`ApiRequest`], with a status from 200 to 299.
///
/// The `Debug` format does not show the body, because it may contain secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers in their original order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as the server sent it.
    pub body: Bytes,
}

impl ApiResponse {
    /// Returns the body as JSON, or `null` if the body is empty.
    ///
    /// # Errors
    ///
    /// Fails if the body is not JSON.
    pub fn json(&self) -> Result<Value, Error> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = format!("the answer is not JSON: {error}");
            Error::new(ErrorKind::Decode, false, text)
        })
    }

    /// Returns whether the server says that the body is JSON.
    pub fn is_json(&self) -> bool {
        let kind = find_header(&self.headers, "content-type").unwrap_or_default();
        let media = kind.split(';').next().unwrap_or_default().trim();
        media.eq_ignore_ascii_case("application/json")
    }
}

impl fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, String> {
        let made = ApiRequest::new(Method::Get, text);
        made.map(|made| made.path)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn segments_of_a_path_are_encoded() {
        assert_eq!(path("/api/v2/buckets").unwrap(), "api/v2/buckets");
        assert_eq!(path("api/v2").unwrap(), "api/v2");
        assert_eq!(
            path("/a b/é/%2e%2e/\\..").unwrap(),
            "a%20b/%C3%A9/%252e%252e/%5C.."
        );
        let one = ApiRequest::at(Method::Get, &["a", "b/../c?d#e"]);
        assert_eq!(one.path, "a/b%2F..%2Fc%3Fd%23e");
    }

    #[test]
    fn a_path_that_leaves_the_api_is_refused() {
        for text in [
            "/api/../x",
            "..",
            "/.",
            "//host/a",
            "/a//b",
            "",
            "/",
            "/a/",
            "http://h/a",
        ] {
            let error = path(text).unwrap_err();
            assert!(error.starts_with(&format!("path `{text}`: ")), "{error}");
        }
        assert!(path("/a?b=c").unwrap_err().contains("pass `query`"));
        assert!(path("/a#b").unwrap_err().contains("pass `query`"));
    }

    #[test]
    fn debug_shows_no_values() {
        let request = ApiRequest::at(Method::Post, &["a"])
            .query("p", "s3cret")
            .json(serde_json::json!({"password": "s3cret"}));
        let shown = format!("{request:?}");
        assert!(
            shown.contains("\"p\"") && !shown.contains("s3cret"),
            "{shown}"
        );
        let response = ApiResponse {
            status: 201,
            headers: Vec::new(),
            body: "s3cret".into(),
        };
        assert!(!format!("{response:?}").contains("s3cret"));
    }

    #[test]
    fn a_get_request_has_no_body() {
        let request = ApiRequest::at(Method::Get, &["a"]).json(1);
        assert_eq!(
            request.encoded_body().unwrap_err().kind(),
            ErrorKind::Config
        );
    }

    #[test]
    fn methods_have_names() {
        assert_eq!(Method::from_name("patch"), Some(Method::Patch));
        assert_eq!(Method::from_name("TRACE"), None);
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.as_str()), Some(method));
        }
    }
}
