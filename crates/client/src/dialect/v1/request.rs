//! Builds the requests to a 1.x server.
//!
//! Queries always use `POST`. Sending queries with `GET` would not prevent changes, because 1.x
//! executes `DROP` from a `GET` too. With a `GET`, the query text, which may contain a password,
//! would also appear in the logs of every proxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use url::Url;
use url::form_urlencoded;

use super::Place;
use crate::config::{Auth, Config, Precision};
use crate::dialect::operation::{Form, Operation, Request};
use crate::dialect::options::WriteOptions;
use crate::error::Error;
use crate::query::{Language, Query, ReadOptions};
use crate::statements;

/// Builds the HTTP request for an operation.
pub(in crate::dialect) fn request(
    config: &Config,
    place: &Place,
    operation: &Operation<'_>,
) -> Result<Request, Error> {
    match operation {
        Operation::Ping => ping(config),
        Operation::Write { options, lines } => write(config, place, options, lines),
        Operation::Query {
            query,
            options,
            form,
        } => influxql(config, place, query, options, *form),
    }
}

fn ping(config: &Config) -> Result<Request, Error> {
    Ok(Request {
        post: false,
        url: config.endpoint("ping"),
        headers: auth_header(config)?,
        body: Bytes::new(),
        gzip: false,
    })
}

fn write(
    config: &Config,
    place: &Place,
    options: &WriteOptions,
    lines: &Bytes,
) -> Result<Request, Error> {
    let mut headers = auth_header(config)?;
    headers.push(("content-type", "text/plain; charset=utf-8".into()));
    Ok(Request {
        post: true,
        url: write_url(config, place, options)?,
        headers,
        body: lines.clone(),
        gzip: config.gzip_mode().applies(lines.len(), config.is_local()),
    })
}

fn write_url(config: &Config, place: &Place, options: &WriteOptions) -> Result<Url, Error> {
    let named = place.database.as_deref();
    let Some(database) = named.filter(|name| !name.is_empty()) else {
        return Err(Error::config(
            "write: the database is missing: set it in the options or in the config",
        ));
    };
    let consistency = options.consistency.or(config.write_consistency());
    let mut url = config.endpoint("write");
    {
        let mut keys = url.query_pairs_mut();
        keys.append_pair("db", database);
        if let Some(policy) = &place.retention_policy {
            keys.append_pair("rp", policy);
        }
        // The precision is always sent, because InfluxDB 1.6 assumes nanoseconds if the precision
        // is missing or unknown.
        keys.append_pair("precision", options.precision.unwrap_or_default().as_str());
        if let Some(consistency) = consistency {
            keys.append_pair("consistency", consistency.as_str());
        }
    }
    Ok(url)
}

fn influxql(
    config: &Config,
    place: &Place,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<Request, Error> {
    let language = query.language_named().unwrap_or(Language::InfluxQl);
    if language != Language::InfluxQl {
        return Err(Error::config(format!(
            "query: InfluxDB 1.x supports only InfluxQL, but the query is in {language}"
        )));
    }
    let mut headers = auth_header(config)?;
    headers.push(("content-type", "application/x-www-form-urlencoded".into()));
    headers.push(match form {
        Form::Table if !is_diagnostics(query.text()) => ("accept", "application/x-msgpack".into()),
        _ => ("accept", "application/json".into()),
    });
    if config.accepts_gzip() {
        headers.push(("accept-encoding", "gzip".into()));
    }
    Ok(Request {
        post: true,
        url: config.endpoint("query"),
        headers,
        body: query_form(place, query, options, form)?.into(),
        gzip: false,
    })
}

/// Whether an empty answer with a proven end can be a success. For these statements, 2.x sends
/// nothing at all, not even the statement's number.
pub(in crate::dialect) fn may_answer_nothing(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("DELETE")
            || first.eq_ignore_ascii_case("DROP") && second.eq_ignore_ascii_case("MEASUREMENT")
    })
}

/// Whether the query consists only of `SHOW DIAGNOSTICS` statements. In msgpack, the server omits
/// some values from the answer to `SHOW DIAGNOSTICS`, so the msgpack cannot be decoded. The JSON
/// answer to `SHOW DIAGNOSTICS` is complete, and no column has a type that JSON would hide.
fn is_diagnostics(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("SHOW") && second.eq_ignore_ascii_case("DIAGNOSTICS")
    })
}

fn query_form(
    place: &Place,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<String, Error> {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", query.checked_text()?);
    if let Some(name) = &place.database {
        pairs.append_pair("db", name);
    }
    if let Some(name) = &place.retention_policy {
        pairs.append_pair("rp", name);
    }
    if let Some(unit) = options.epoch {
        if form == Form::Table && unit != Precision::Nanoseconds {
            return Err(Error::config(format!(
                "query: epoch `{}` is only for raw answers; tables are in nanoseconds",
                unit.as_str()
            )));
        }
        pairs.append_pair("epoch", unit.as_str());
    }
    // Raw answers are requested in chunks too. Without chunks, a row limit truncates the answer
    // without any sign, and 1.6 marks complete answers of more than 10,000 rows as truncated.
    pairs.append_pair("chunked", "true");
    if let Some(rows) = options.chunk_size {
        pairs.append_pair("chunk_size", &rows.to_string());
    }
    if let Some(params) = query.params_json()? {
        pairs.append_pair("params", &params);
    }
    Ok(pairs.finish())
}

/// Returns the `Authorization` header, or nothing if there are no credentials.
fn auth_header(config: &Config) -> Result<Vec<(&'static str, String)>, Error> {
    match config.auth_given() {
        Auth::None => Ok(Vec::new()),
        Auth::Basic { user, .. } if user.contains(':') => {
            Err(Error::config("credentials: a user name cannot contain `:`"))
        }
        Auth::Basic { user, password } => {
            let pair = format!("{user}:{}", password.reveal());
            let value = format!("Basic {}", STANDARD.encode(pair));
            Ok(vec![("authorization", value)])
        }
        Auth::Token(_) => Err(Error::config(
            "token: InfluxDB 1.x has no tokens; use user and password",
        )),
    }
}

#[cfg(test)]
mod tests;
