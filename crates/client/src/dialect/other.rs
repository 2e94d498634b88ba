//! Recognizes answers from a server of another generation than the client expects.
//!
//! Only clients without a token need this: they assume a 1.x server and do not ask for the
//! generation. All functions of this module are pure.

use super::failure::Failure;
use crate::error::{ErrorKind, Said, excerpt};
use crate::headers::Headers;

const VERSION: &str = "x-influxdb-version";

/// Whether only a 3.x server sends these headers.
///
/// From 3.10 on, every answer has a `cluster-uuid`. Earlier versions show themselves only in the
/// version that the answer to a ping has.
pub(super) fn is_v3(headers: &Headers) -> bool {
    headers.get("cluster-uuid").is_some() || version(headers).is_some_and(|it| is_of(&it, "3"))
}

/// Returns the version of a 2.x server that answers with these headers. Returns `None` for other
/// servers.
///
/// A server that was built from source may report a version that is not a number. All errors of 2.x
/// have a code in a header.
pub(super) fn v2(headers: &Headers) -> Option<String> {
    let version = version(headers).unwrap_or_default();
    let has_code = headers.get("x-platform-error-code").is_some();
    if is_of(&version, "2") {
        Some(excerpt(&version))
    } else {
        has_code.then(|| "2.x".to_owned())
    }
}

/// Returns the error for an answer of a 3.x server to a client that assumes 1.x. `stored` states
/// whether the server stored the lines of a write.
pub(super) fn unexpected_v3(status: u16, headers: &Headers, stored: bool) -> Failure {
    let what = match (status, stored) {
        (401, _) => " and requires a token",
        (_, true) => ", which stored the lines, but reads some lines differently than 1.x",
        (_, false) => "",
    };
    let text = format!(
        "status {status}: the server is InfluxDB 3.x{what}; hint: set `Config::dialect` to V3"
    );
    let kind = match status {
        401 => ErrorKind::Unauthorized,
        _ => ErrorKind::Misdirected,
    };
    Failure {
        kind,
        retryable: false,
        text,
        said: Some(Said {
            status,
            headers: headers.pairs(),
            ..Said::default()
        }),
    }
}

/// Returns the version that a server reports, without the `v` of 2.x.
fn version(headers: &Headers) -> Option<String> {
    let version = headers.get(VERSION)?;
    Some(version.strip_prefix('v').unwrap_or(&version).to_owned())
}

fn is_of(version: &str, major: &str) -> bool {
    version.split('.').next() == Some(major)
}
