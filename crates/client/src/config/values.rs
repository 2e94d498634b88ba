//! Defines the types of the values in a configuration.

use std::fmt;

use crate::error::Error;

/// Specifies how many nodes of a cluster must have stored a write before the server reports
/// success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consistency {
    /// At least one node has stored the write, or has queued it for another node.
    Any,
    /// One node that owns the data has stored the write.
    One,
    /// More than half of the nodes that own the data have stored the write.
    Quorum,
    /// All nodes that own the data have stored the write.
    All,
}

impl Consistency {
    const ALL: [Self; 4] = [Self::Any, Self::One, Self::Quorum, Self::All];

    /// The name that the server uses for this consistency level.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::One => "one",
            Self::Quorum => "quorum",
            Self::All => "all",
        }
    }

    /// Parses the name that the server uses for a consistency level, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| name.eq_ignore_ascii_case(one.as_str()))
    }
}

/// A unit of time, for timestamps in lines and for times in a raw answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precision {
    /// Nanoseconds.
    #[default]
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

impl Precision {
    const ALL: [Self; 6] = [
        Self::Nanoseconds,
        Self::Microseconds,
        Self::Milliseconds,
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
    ];

    /// The name of the unit: `ns`, `u`, `ms`, `s`, `m` or `h`. Every 1.x server supports these
    /// names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "u",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
        }
    }

    /// The number of nanoseconds in the unit.
    pub const fn nanoseconds(self) -> i64 {
        match self {
            Self::Nanoseconds => 1,
            Self::Microseconds => 1_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
            Self::Minutes => 60_000_000_000,
            Self::Hours => 3_600_000_000_000,
        }
    }

    /// Parses the name of a unit: `ns` or `n`, `u` or `us`, `ms`, `s`, `m`, or `h`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "n" => Some(Self::Nanoseconds),
            "us" => Some(Self::Microseconds),
            _ => Self::ALL.into_iter().find(|one| one.as_str() == name),
        }
    }
}

/// Specifies in which cases the bodies of writes are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gzip {
    /// Compresses bodies of at least 1 KiB if the server is on a remote host. Bodies that are sent
    /// over loopback or a unix socket are not compressed.
    #[default]
    Auto,
    /// Every body.
    Always,
    /// No body.
    Never,
}

/// The minimum size of a body that [`Gzip::Auto`] compresses. A smaller request body fits into one
/// packet even without compression.
const GZIP_FROM_BYTES: usize = 1024;

impl Gzip {
    /// Whether a request body of `bytes` bytes is compressed.
    pub(crate) fn applies(self, bytes: usize, local: bool) -> bool {
        match self {
            Self::Auto => !local && bytes >= GZIP_FROM_BYTES,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Specifies how to connect to the server.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// Uses the environment variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`,
    /// whose names may also be in lower case. The variables are read when the client is created. A
    /// proxy is never used for a loopback host or a unix socket.
    #[default]
    Environment,
    /// Connects directly to the server.
    None,
    /// Uses the proxy at this URL, which may contain a user and a password.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::None => f.write_str("None"),
            Self::Url(url) => f.debug_tuple("Url").field(&without_user(url)).finish(),
        }
    }
}

/// Returns a URL in a form that is safe to show. The part of the URL before the last `@`, even
/// after a `?` or a `#`, is replaced with `***`. The part of the URL after any later `?` or `#` is
/// removed.
pub(crate) fn without_user(url: &str) -> String {
    let scheme = url.find("://").map_or(0, |end| end + "://".len());
    let (scheme, rest) = match url.split_at(scheme) {
        // If the URL has no scheme, the `://` may be part of a password.
        (scheme, _) if scheme.matches(':').count() > 1 => ("", url),
        other => other,
    };
    // If the whole URL was percent-encoded, the `@` became `%40`. Such an `@` does not separate the
    // credentials from the host, although it was meant to.
    let at = rest.rfind('@').max(rest.rfind("%40"));
    let shown = &rest[at.unwrap_or(0)..];
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    let hidden = if at.is_some() { "***" } else { "" };
    format!("{scheme}{hidden}{shown}")
}

/// Refuses a URL that contains an `@` after the host. In such a URL, the user or the password most
/// likely contains a reserved character. What looks like the host, path or query of such a URL is
/// then part of the password. The error shows no part of the URL, because any part may belong to
/// the password.
pub(crate) fn check_user(what: &str, url: &str) -> Result<(), Error> {
    // After the scheme, the URL parser accepts one slash, no slash, and backslashes.
    let rest = url.split_once(':').map_or(url, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let host_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    if rest[host_end..].contains('@') {
        return Err(Error::config(format!(
            "{what}: contains an `@` after the host; hint: reserved characters in user and \
             password are percent-encoded (`#` is `%23`), as is an `@` anywhere else (`%40`)"
        )));
    }
    Ok(())
}
