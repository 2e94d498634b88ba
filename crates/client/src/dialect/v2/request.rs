//! Builds the requests to a 2.x server.

use url::Url;

use super::{Place, flux, lacking};
use crate::api::Method;
use crate::config::{Auth, Config, Precision};
use crate::dialect::influxql;
use crate::dialect::operation::{Form, Operation, Request};
use crate::dialect::options::WriteOptions;
use crate::error::Error;
use crate::query::{Language, Query, ReadOptions};

/// Builds the HTTP request for an operation.
pub(in crate::dialect) fn request(
    config: &Config,
    place: &Place,
    operation: &Operation<'_>,
) -> Result<Request, Error> {
    match operation {
        Operation::Ping => Ok(Request::ping(config, auth_header(config)?)),
        Operation::Write { options, lines } => {
            let url = write_url(config, place, options)?;
            Ok(Request::lines(config, auth_header(config)?, url, lines))
        }
        Operation::Query {
            query,
            options,
            form,
        } => self::query(config, place, query, options, *form),
        Operation::Api(request) => Request::api(config, auth_header(config)?, request),
    }
}

fn write_url(config: &Config, place: &Place, options: &WriteOptions) -> Result<Url, Error> {
    let Some(bucket) = place.bucket.as_deref().filter(|name| !name.is_empty()) else {
        return Err(Error::config(
            "write: the bucket is missing: set it in the options or in the config",
        ));
    };
    if options.consistency.or(config.write_consistency()).is_some() {
        return Err(Error::config(
            "consistency: only InfluxDB 1.x (Enterprise) has write consistency",
        ));
    }
    let mut url = config.endpoint("api/v2/write");
    {
        let mut keys = url.query_pairs_mut();
        if let Some(organization) = &place.organization {
            keys.append_pair("org", organization);
        }
        keys.append_pair("bucket", bucket);
        keys.append_pair(
            "precision",
            precision(options.precision.unwrap_or_default())?,
        );
    }
    Ok(url)
}

/// Returns the name that `/api/v2/write` uses for a unit.
fn precision(unit: Precision) -> Result<&'static str, Error> {
    match unit {
        Precision::Nanoseconds => Ok("ns"),
        Precision::Microseconds => Ok("us"),
        Precision::Milliseconds => Ok("ms"),
        Precision::Seconds => Ok("s"),
        other => Err(Error::config(format!(
            "precision: InfluxDB 2.x has ns, u, ms and s, got {}",
            other.as_str()
        ))),
    }
}

fn query(
    config: &Config,
    place: &Place,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<Request, Error> {
    match query.language_named().unwrap_or(Language::Flux) {
        Language::Flux => flux(config, place, query, options),
        Language::InfluxQl => {
            lacking::check(query.text())?;
            let names = (place.bucket.as_deref(), None);
            influxql::request(config, auth_header(config)?, names, query, options, form)
        }
        language @ Language::Sql => Err(Error::config(format!(
            "query: InfluxDB 2.x supports Flux and InfluxQL, but the query is in {language}"
        ))),
    }
}

fn flux(
    config: &Config,
    place: &Place,
    query: &Query,
    options: &ReadOptions,
) -> Result<Request, Error> {
    if options.epoch != ReadOptions::default().epoch {
        return Err(Error::config(
            "query: Flux has no epoch, because its times are text",
        ));
    }
    let mut headers = auth_header(config)?;
    headers.push(("content-type", "application/json".into()));
    headers.push(("accept", "text/csv".into()));
    if config.accepts_gzip() {
        headers.push(("accept-encoding", "gzip".into()));
    }
    let mut url = config.endpoint("api/v2/query");
    if let Some(organization) = &place.organization {
        url.query_pairs_mut().append_pair("org", organization);
    }
    Ok(Request {
        method: Method::Post,
        url,
        headers,
        body: flux::body(query)?.into(),
        gzip: false,
    })
}

/// Returns the `Authorization` header. The scheme in this header is spelled `Token`, because the
/// endpoints for 1.x clients accept no other spelling.
fn auth_header(config: &Config) -> Result<Vec<(&'static str, String)>, Error> {
    match config.auth_given() {
        Auth::Token(token) if token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(vec![("authorization", format!("Token {}", token.reveal()))])
        }
        Auth::Token(_) | Auth::TokenFrom(_) => Err(Error::config(
            "token: expected printable ASCII characters without blanks",
        )),
        Auth::None => Ok(Vec::new()),
        Auth::Basic { .. } => Err(Error::config(
            "credentials: InfluxDB 2.x requires a token; user and password work only on its \
             endpoints for 1.x clients (dialect V1)",
        )),
    }
}

#[cfg(test)]
mod tests;
