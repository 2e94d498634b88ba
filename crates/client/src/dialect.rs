//! What each generation of the server wants to be asked, on one page.
//!
//! Pure: builds requests and judges answers, and sends nothing. V1 is built; V2 and V3 are refused
//! with a clear error, and their columns show what they will be.
//!
//! | | V1 (1.x) | V2 (2.x) | V3 (3.x) |
//! |---|---|---|---|
//! | **ping**: method, path | `GET /ping` | `GET /ping` | `GET /ping` |
//! | query keys | - | - | - |
//! | auth header | `Basic` | `Token` | `Bearer` (needed) |
//! | answer | 204, version in a header | 204, version in a header | 200, JSON |
//! | error text | `error` in JSON, or text | `message` in JSON | JSON or text |
//! | **write**: method, path | `POST /write` | `POST /api/v2/write` | `POST /api/v3/write_lp` |
//! | query keys | `db rp precision consistency` | `org bucket precision` | `db precision accept_partial no_sync` |
//! | auth header | `Basic` | `Token` | `Bearer` |
//! | answer | 204 | 204 | 204 |
//! | error text | `error` in JSON, or text | `message` in JSON | `error` and `data` in JSON, or text |
//! | **InfluxQL query**: method, path | `POST /query` | `POST /query` | `POST /api/v3/query_influxql` |
//! | query keys | in the form: `q db rp epoch chunked chunk_size params` | as V1, no `params` | `db q format params` |
//! | auth header | `Basic` | `Token` | `Bearer` |
//! | answer | msgpack or JSON, chunked | msgpack or JSON, chunked | JSON lines |
//! | error text | `error` in JSON, also inside a 200 | `message` in JSON; `error` inside a 200 | JSON or text |
//!
//! Queries are posted always: a `GET` is no protection (1.x runs `DROP` by `GET` all the same), and
//! it would put the text, which can hold a password, into the logs of every proxy.

use std::fmt;

use aioinflux_line::Dialect;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use url::Url;
use url::form_urlencoded;

use crate::classify::{self, Verdict};
use crate::config::{Config, Consistency, Precision};
use crate::error::Error;
use crate::query::Query;
use crate::statements;

/// What a caller wants.
pub(crate) enum Operation<'a> {
    Ping,
    Write {
        options: &'a WriteOptions,
        lines: Bytes,
    },
    Query {
        query: &'a Query,
        form: Form,
    },
}

/// The form in which a query's answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Chunks of msgpack, or of JSON where the server has no msgpack.
    Table,
    /// Chunks of JSON.
    Raw,
}

/// The kind of an operation, which is all that judging its answer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ping,
    Write,
    Query,
}

impl Operation<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Ping => Kind::Ping,
            Self::Write { .. } => Kind::Write,
            Self::Query { .. } => Kind::Query,
        }
    }
}

impl Kind {
    /// How errors and logs name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping of",
            Self::Write => "write to",
            Self::Query => "query of",
        }
    }
}

/// Where a write goes, in place of what the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The database.
    pub database: Option<String>,
    /// The retention policy.
    pub retention_policy: Option<String>,
    /// How many nodes of a cluster must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that came encoded. All other lines hold nanoseconds.
    pub precision: Option<Precision>,
}

impl WriteOptions {
    /// Options that leave everything to the configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the database.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Sets the retention policy.
    #[must_use]
    pub fn retention_policy(mut self, name: impl Into<String>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// Sets the consistency.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Sets the unit of timestamps in lines that came encoded.
    #[must_use]
    pub fn precision(mut self, unit: Precision) -> Self {
        self.precision = Some(unit);
        self
    }
}

/// A request, ready to be sent.
#[derive(PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) post: bool,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Whether the body is to be compressed on its way.
    pub(crate) gzip: bool,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request")
            .field("post", &self.post)
            .field("url", &self.url.as_str())
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("gzip", &self.gzip)
            .finish()
    }
}

/// Builds the request of an operation.
pub(crate) fn request(config: &Config, operation: &Operation<'_>) -> Result<Request, Error> {
    match operation {
        Operation::Ping => ping(config),
        Operation::Write { options, lines } => write(config, options, lines),
        Operation::Query { query, form } => influxql(config, query, *form),
    }
}

/// Judges an answer by its status and headers, and by its body where it is an error's.
pub(crate) fn classify(
    dialect: Dialect,
    kind: Kind,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Verdict {
    match dialect {
        Dialect::V1 => classify::answer(kind, status, headers, body),
        other => Verdict::Refused(classify::unsupported(unsupported_text(other, kind))),
    }
}

fn ping(config: &Config) -> Result<Request, Error> {
    match config.server_dialect() {
        Dialect::V1 => Ok(Request {
            post: false,
            url: config.endpoint("ping"),
            headers: auth_header(config)?,
            body: Bytes::new(),
            gzip: false,
        }),
        other => Err(unsupported(other, Kind::Ping)),
    }
}

fn write(config: &Config, options: &WriteOptions, lines: &Bytes) -> Result<Request, Error> {
    match config.server_dialect() {
        Dialect::V1 => {
            let mut headers = auth_header(config)?;
            headers.push(("content-type", "text/plain; charset=utf-8".into()));
            Ok(Request {
                post: true,
                url: write_url(config, options)?,
                headers,
                body: lines.clone(),
                gzip: config.gzip_mode().applies(lines.len(), config.is_local()),
            })
        }
        other => Err(unsupported(other, Kind::Write)),
    }
}

fn write_url(config: &Config, options: &WriteOptions) -> Result<Url, Error> {
    let database = options.database.as_deref().or(config.database_name());
    let Some(database) = database.filter(|name| !name.is_empty()) else {
        return Err(Error::config(
            "write: no database, neither in the options nor in the config",
        ));
    };
    let policy = options
        .retention_policy
        .as_deref()
        .or(config.retention_policy_name());
    let consistency = options.consistency.or(config.write_consistency());
    let mut url = config.endpoint("write");
    {
        let mut keys = url.query_pairs_mut();
        keys.append_pair("db", database);
        if let Some(policy) = policy {
            keys.append_pair("rp", policy);
        }
        // Always said: without it, and for values that it does not know, 1.6 reads nanoseconds.
        keys.append_pair("precision", options.precision.unwrap_or_default().as_str());
        if let Some(consistency) = consistency {
            keys.append_pair("consistency", consistency.as_str());
        }
    }
    Ok(url)
}

fn influxql(config: &Config, query: &Query, form: Form) -> Result<Request, Error> {
    match config.server_dialect() {
        Dialect::V1 => {
            let mut headers = auth_header(config)?;
            headers.push(("content-type", "application/x-www-form-urlencoded".into()));
            headers.push(match form {
                Form::Table if !is_diagnostics(query.text()) => {
                    ("accept", "application/x-msgpack".into())
                }
                _ => ("accept", "application/json".into()),
            });
            if config.accepts_gzip() {
                headers.push(("accept-encoding", "gzip".into()));
            }
            Ok(Request {
                post: true,
                url: config.endpoint("query"),
                headers,
                body: query_form(config, query, form)?.into(),
                gzip: false,
            })
        }
        other => Err(unsupported(other, Kind::Query)),
    }
}

/// Whether an answer of zero bytes, whose end is proven, can be a success: 2.x runs these statements
/// and answers nothing to them, not even their number.
pub(crate) fn may_answer_nothing(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("DELETE")
            || first.eq_ignore_ascii_case("DROP") && second.eq_ignore_ascii_case("MEASUREMENT")
    })
}

/// Whether nothing else than SHOW DIAGNOSTICS is asked for: a server leaves values out of its msgpack,
/// which cannot be read then. Its JSON is whole, and has no column whose type it would hide.
fn is_diagnostics(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("SHOW") && second.eq_ignore_ascii_case("DIAGNOSTICS")
    })
}

fn query_form(config: &Config, query: &Query, form: Form) -> Result<String, Error> {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", query.checked_text()?);
    if let Some(name) = query.database_name().or(config.database_name()) {
        pairs.append_pair("db", name);
    }
    if let Some(name) = query
        .retention_policy_name()
        .or(config.retention_policy_name())
    {
        pairs.append_pair("rp", name);
    }
    if let Some(unit) = query.epoch_unit() {
        if form == Form::Table && unit != Precision::Nanoseconds {
            return Err(Error::config(format!(
                "query: epoch `{}` is for raw answers; tables hold nanoseconds",
                unit.as_str()
            )));
        }
        pairs.append_pair("epoch", unit.as_str());
    }
    // For raw answers too: unchunked, a row limit cuts without a sign, and 1.6 marks whole answers
    // of more than 10,000 rows as cut.
    pairs.append_pair("chunked", "true");
    if let Some(rows) = query.rows_per_chunk() {
        pairs.append_pair("chunk_size", &rows.to_string());
    }
    if let Some(params) = query.params_json()? {
        pairs.append_pair("params", &params);
    }
    Ok(pairs.finish())
}

/// The header that says who asks; empty without credentials.
fn auth_header(config: &Config) -> Result<Vec<(&'static str, String)>, Error> {
    let Some(credentials) = config.credentials_given() else {
        return Ok(Vec::new());
    };
    if credentials.user.contains(':') {
        return Err(Error::config("credentials: a user name cannot hold `:`"));
    }
    let pair = format!("{}:{}", credentials.user, credentials.password.reveal());
    Ok(vec![(
        "authorization",
        format!("Basic {}", STANDARD.encode(pair)),
    )])
}

fn unsupported(dialect: Dialect, kind: Kind) -> Error {
    Error::config(unsupported_text(dialect, kind))
}

fn unsupported_text(dialect: Dialect, kind: Kind) -> String {
    let what = match kind {
        Kind::Ping => "ping",
        Kind::Write => "write",
        Kind::Query => "query",
    };
    format!("{what}: dialect {dialect:?} is not supported yet; only V1 (InfluxDB 1.x) is")
}

#[cfg(test)]
mod tests;
