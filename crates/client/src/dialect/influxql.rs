//! Builds requests to `/query`, which 1.x and 2.x serve in the same way.
//!
//! InfluxQL queries are always sent with `POST`. `GET` would not prevent queries from changing
//! data, because 1.x executes `DROP` from a `GET` too. With `GET`, the query text, which may
//! contain a password, would also appear in the logs of every proxy.

use url::form_urlencoded;

use super::operation::{Form, Request};
use crate::api::Method;
use crate::config::{Config, Precision};
use crate::error::Error;
use crate::query::{Language, Query, ReadOptions};
use crate::statements;

/// The database and the retention policy of a query.
type Names<'a> = (Option<&'a str>, Option<&'a str>);

/// Builds the request for an InfluxQL query. `headers` contains the credentials.
pub(super) fn request(
    config: &Config,
    mut headers: Vec<(&'static str, String)>,
    names: Names<'_>,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<Request, Error> {
    headers.push(("content-type", "application/x-www-form-urlencoded".into()));
    headers.push(match form {
        Form::Table if !is_diagnostics(query.text()) => ("accept", "application/x-msgpack".into()),
        _ => ("accept", "application/json".into()),
    });
    if config.accepts_gzip() {
        headers.push(("accept-encoding", "gzip".into()));
    }
    Ok(Request {
        method: Method::Post,
        url: config.endpoint("query"),
        headers,
        body: query_form(names, query, options, form)?.into(),
        gzip: false,
    })
}

/// Whether the query can succeed with an empty answer whose end is proven. For `DELETE` and `DROP
/// MEASUREMENT`, 2.x sends nothing at all, not even the statement's number.
pub(crate) fn may_answer_nothing(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("DELETE")
            || first.eq_ignore_ascii_case("DROP") && second.eq_ignore_ascii_case("MEASUREMENT")
    })
}

/// Whether the query consists only of `SHOW DIAGNOSTICS` statements. In msgpack, the server omits
/// some values from the answer to `SHOW DIAGNOSTICS`, so the answer cannot be decoded. The JSON
/// answer to `SHOW DIAGNOSTICS` is complete, and none of its columns has a type that JSON cannot
/// show.
fn is_diagnostics(text: &str) -> bool {
    statements::all(text, |first, second| {
        first.eq_ignore_ascii_case("SHOW") && second.eq_ignore_ascii_case("DIAGNOSTICS")
    })
}

fn query_form(
    (database, retention_policy): Names<'_>,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<String, Error> {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", query.checked_text(Language::InfluxQl)?);
    if let Some(name) = database {
        pairs.append_pair("db", name);
    }
    if let Some(name) = retention_policy {
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
    // Raw JSON answers are requested in chunks, like all other answers. Without chunks, a row limit
    // truncates the answer without any sign. Without chunks, 1.6 also marks complete answers of
    // more than 10,000 rows as truncated.
    pairs.append_pair("chunked", "true");
    if let Some(rows) = options.chunk_size {
        pairs.append_pair("chunk_size", &rows.to_string());
    }
    if let Some(params) = query.params_json()? {
        pairs.append_pair("params", &params);
    }
    Ok(pairs.finish())
}
