//! Reads a configuration from a URL.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use super::values::{check_user, without_user};
use super::{Config, Consistency, Gzip};
use crate::error::Error;

/// The keys that are allowed in the query string of a URL. The second element of each pair lists
/// other names that people use for the first element.
const KEYS: [(&str, &[&str]); 11] = [
    ("db", &["database"]),
    ("rp", &["retention_policy", "retentionpolicy"]),
    ("consistency", &[]),
    ("unix_socket", &["socket"]),
    ("connect_timeout", &[]),
    ("read_timeout", &[]),
    ("timeout", &[]),
    ("gzip", &[]),
    ("accept_gzip", &[]),
    ("verify_ssl", &["verify", "ssl_verify"]),
    ("max_requests", &["pool_size"]),
];

/// The maximum edit distance at which an unknown key in a URL counts as a misspelling of a known
/// key.
const NEAR: usize = 4;

impl Config {
    /// Parses a URL into a configuration. The documentation of `Config` describes the format of the
    /// URL.
    ///
    /// # Errors
    ///
    /// Fails if the string is not a URL, or if its scheme is neither `http` nor `https`. Also fails
    /// if the URL contains an unknown key or an invalid value of a key. Error messages never show a
    /// password.
    pub fn new(url: &str) -> Result<Self, Error> {
        config(url)
    }
}

fn config(text: &str) -> Result<Config, Error> {
    check_user("url", text)?;
    let mut url = parsed(text)?;
    if url.fragment().is_some() {
        return Err(refused(text, "a fragment (`#...`) is not allowed"));
    }
    let user = decoded(text, url.username())?;
    let password = decoded(text, url.password().unwrap_or_default())?;
    let keys: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    // `set_username` and `set_password` succeed for every URL that has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    let mut config = Config::at(url);
    if !(user.is_empty() && password.is_empty()) {
        config = config.credentials(user, password);
    }
    keys.iter()
        .try_fold(config, |config, (key, value)| with_key(config, key, value))
}

fn parsed(text: &str) -> Result<Url, Error> {
    const HINT: &str = "expected `http://host:port` or `https://host:port`";
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => refused(text, &format!("no scheme, {HINT}")),
        other => refused(
            text,
            &format!("{}, {HINT}", other.to_string().to_lowercase()),
        ),
    })?;
    match (url.scheme(), url.has_host()) {
        ("http" | "https", true) => Ok(url),
        // `localhost:8086` is parsed as a URL with the scheme `localhost`.
        _ => Err(refused(
            text,
            &format!("no scheme `http` or `https`, {HINT}"),
        )),
    }
}

fn refused(text: &str, why: &str) -> Error {
    Error::config(format!("url `{}`: {why}", without_user(text)))
}

fn decoded(text: &str, part: &str) -> Result<String, Error> {
    let bytes = percent_decode_str(part).decode_utf8();
    bytes
        .map(Into::into)
        .map_err(|_| refused(text, "user or password is not UTF-8"))
}

fn with_key(config: Config, key: &str, value: &str) -> Result<Config, Error> {
    Ok(match key {
        "db" => config.database(value),
        "rp" => config.retention_policy(value),
        "consistency" => config.consistency(
            Consistency::from_name(value)
                .ok_or_else(|| wrong(key, value, "`any`, `one`, `quorum` or `all`"))?,
        ),
        "unix_socket" => config.unix_socket(value),
        "connect_timeout" => config.connect_timeout(duration(key, value)?),
        "read_timeout" => config.read_timeout(duration(key, value)?),
        "timeout" => config.timeout(duration(key, value)?),
        "gzip" => config.gzip(match value {
            "auto" => Gzip::Auto,
            "always" => Gzip::Always,
            "never" => Gzip::Never,
            _ => return Err(wrong(key, value, "`auto`, `always` or `never`")),
        }),
        "accept_gzip" => config.accept_gzip(flag(key, value)?),
        "verify_ssl" => {
            let verify = flag(key, value)?;
            let tls = config.tls_choice().clone().verify(verify);
            config.tls(tls)
        }
        "max_requests" => config.max_requests(
            value
                .parse()
                .ok()
                .filter(|&count| count > 0)
                .ok_or_else(|| wrong(key, value, "a positive number"))?,
        ),
        "u" | "p" | "user" | "username" | "password" => {
            return Err(Error::config(format!(
                "url: key `{key}`: pass user and password before the host, as in \
                 `http://user:password@host:8086`"
            )));
        }
        _ => return Err(unknown(key)),
    })
}

fn flag(key: &str, value: &str) -> Result<bool, Error> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(wrong(key, value, "`true` or `false`")),
    }
}

/// The error shows the value of the key, because keys that may contain a secret do not reach this
/// function.
fn wrong(key: &str, value: &str, expected: &str) -> Error {
    let value: String = value.chars().take(40).collect();
    Error::config(format!(
        "url: key `{key}`: expected {expected}, got `{value}`"
    ))
}

fn unknown(key: &str) -> Error {
    let names: Vec<String> = KEYS.iter().map(|(name, _)| format!("`{name}`")).collect();
    let names = names.join(", ");
    // An unknown key with unusual characters may be the rest of a password, so the error does not
    // show it.
    if !key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    {
        return Error::config(format!("url: unknown key; known keys: {names}"));
    }
    let key: String = key.chars().take(40).collect();
    Error::config(match nearest(&key) {
        Some(near) => {
            format!("url: unknown key `{key}`; did you mean `{near}`? known keys: {names}")
        }
        None => format!("url: unknown key `{key}`; known keys: {names}"),
    })
}

fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    let distances = KEYS.iter().flat_map(|&(name, others)| {
        let names = others.iter().copied().chain([name]);
        let key = key.as_str();
        names.map(move |other| (distance(key, other), name))
    });
    let (far, name) = distances.min()?;
    (far <= NEAR).then_some(name)
}

/// Returns the number of characters that must be added, removed or replaced to turn `one` into
/// `other`.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Parses a duration such as `250ms`, `5s`, `2m` or `1h`. For the string `none`, returns `None`.
fn duration(key: &str, value: &str) -> Result<Option<Duration>, Error> {
    if value == "none" {
        return Ok(None);
    }
    let error = || {
        wrong(
            key,
            value,
            "a duration such as `250ms`, `5s` or `2m`, or `none`",
        )
    };
    let digits = value
        .find(|c: char| !c.is_ascii_digit())
        .ok_or_else(error)?;
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().map_err(|_| error())?;
    let duration = match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    };
    duration.map(Some).ok_or_else(error)
}
