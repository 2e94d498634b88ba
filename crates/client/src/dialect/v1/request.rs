//! Builds the requests to a 1.x server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::Place;
use crate::config::{Auth, Config};
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
        // The `precision` key is always sent, because InfluxDB 1.6 assumes nanoseconds if the
        // precision is missing or unknown.
        keys.append_pair("precision", options.precision.unwrap_or_default().as_str());
        if let Some(consistency) = consistency {
            keys.append_pair("consistency", consistency.as_str());
        }
    }
    Ok(url)
}

fn query(
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
    let names = (place.database.as_deref(), place.retention_policy.as_deref());
    influxql::request(config, auth_header(config)?, names, query, options, form)
}

/// Returns the `Authorization` header, or an empty list if there are no credentials.
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
        Auth::Token(_) | Auth::TokenFrom(_) => Err(Error::config(
            "token: InfluxDB 1.x has no tokens; use user and password",
        )),
    }
}

#[cfg(test)]
mod tests;
