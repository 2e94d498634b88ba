#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use bytes::Bytes;
use url::form_urlencoded;

use super::*;
use crate::api::Method;
use crate::config::{Consistency, Gzip, Names, Precision};
use crate::error::ErrorKind;

fn config() -> Config {
    Config::new("http://db.example:8086/base?db=main&rp=week").unwrap()
}

fn write(config: &Config, options: &WriteOptions, lines: &'static [u8]) -> Result<Request, Error> {
    let lines = Bytes::from_static(lines);
    let operation = Operation::Write { options, lines };
    request(config, &place(config, &options.names), &operation)
}

fn ping(config: &Config) -> Result<Request, Error> {
    request(config, &place(config, &Names::default()), &Operation::Ping)
}

fn query(config: &Config, query: &Query, form: Form) -> Result<Request, Error> {
    query_with(config, query, &ReadOptions::new(), form)
}

fn query_with(
    config: &Config,
    query: &Query,
    options: &ReadOptions,
    form: Form,
) -> Result<Request, Error> {
    let operation = Operation::Query {
        query,
        options,
        form,
    };
    request(config, &place(config, &query.names), &operation)
}

fn place(config: &Config, names: &Names) -> Place {
    Place::new(names.or(config.names())).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let found = request.headers.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.as_str())
}

fn form_of(request: &Request) -> BTreeMap<String, String> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn ping_is_a_get_below_the_base_path() {
    let request = ping(&config()).unwrap();
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.url.as_str(), "http://db.example:8086/base/ping");
    assert!(request.headers.is_empty());
}

#[test]
fn write_names_database_policy_and_precision() {
    let request = write(&config(), &WriteOptions::new(), b"a v=1\n").unwrap();
    assert_eq!(request.method, Method::Post);
    let url = "http://db.example:8086/base/write?db=main&rp=week&precision=ns";
    assert_eq!(request.url.as_str(), url);
    assert_eq!(&request.body[..], b"a v=1\n");
    assert!(!request.gzip);
}

#[test]
fn write_options_come_before_the_config() {
    let options = WriteOptions::new()
        .database("a&b=c d")
        .retention_policy("r#")
        .consistency(Consistency::Quorum)
        .precision(Precision::Microseconds);
    let request = write(&config(), &options, b"a v=1\n").unwrap();
    let query = "db=a%26b%3Dc+d&rp=r%23&precision=u&consistency=quorum";
    assert_eq!(request.url.query(), Some(query));
}

#[test]
fn write_without_a_database_is_refused() {
    let error = write(&Config::default(), &WriteOptions::new(), b"a v=1\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        write(
            &Config::default().database(""),
            &WriteOptions::new(),
            b"a v=1\n"
        )
        .is_err()
    );
}

#[test]
fn write_compresses_large_bodies_for_remote_hosts() {
    static LARGE: [u8; 2048] = [b'a'; 2048];
    let gzip = |config: Config| write(&config, &WriteOptions::new(), &LARGE).unwrap().gzip;
    assert!(gzip(config()));
    assert!(!gzip(config().gzip(Gzip::Never)));
    assert!(!gzip(Config::default().database("x")));
}

#[test]
fn query_is_posted_as_a_form() {
    let text = "SELECT \"é&=+\" FROM cpu; SHOW DATABASES";
    let asked = Query::new(text).bind("h", "a");
    let options = ReadOptions::new().chunk_size(7);
    let request = query_with(&config(), &asked, &options, Form::Table).unwrap();
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url.as_str(), "http://db.example:8086/base/query");
    assert_eq!(header(&request, "accept"), Some("application/x-msgpack"));
    assert_eq!(header(&request, "accept-encoding"), None);
    let expected = pairs(&[
        ("q", text),
        ("db", "main"),
        ("rp", "week"),
        ("epoch", "ns"),
        ("chunked", "true"),
        ("chunk_size", "7"),
        ("params", r#"{"h":"a"}"#),
    ]);
    assert_eq!(form_of(&request), expected);
}

#[test]
fn diagnostics_alone_are_asked_for_as_json() {
    for (text, json) in [
        ("SHOW DIAGNOSTICS", true),
        (" show\tdiagnostics FOR 'build' ; SHOW DIAGNOSTICS;", true),
        ("SHOW DIAGNOSTICS; SELECT f FROM m", false),
        ("SELECT f FROM diagnostics", false),
        ("SHOW DATABASES", false),
    ] {
        let request = query(&config(), &Query::new(text), Form::Table).unwrap();
        let accepted = if json { "json" } else { "x-msgpack" };
        let expected = format!("application/{accepted}");
        assert_eq!(header(&request, "accept"), Some(&*expected), "{text}");
    }
}

#[test]
fn a_raw_query_asks_for_json_in_chunks() {
    let asked = Query::new("q").database("other").retention_policy("r");
    let options = ReadOptions::new().epoch(Precision::Seconds);
    let config = config().accept_gzip(true);
    let request = query_with(&config, &asked, &options, Form::Raw).unwrap();
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(header(&request, "accept-encoding"), Some("gzip"));
    let expected = pairs(&[
        ("q", "q"),
        ("db", "other"),
        ("rp", "r"),
        ("epoch", "s"),
        ("chunked", "true"),
    ]);
    assert_eq!(form_of(&request), expected);
    let (asked, options) = (Query::new("q"), ReadOptions::new().epoch(None));
    let request = query_with(&Config::default(), &asked, &options, Form::Raw).unwrap();
    assert_eq!(form_of(&request), pairs(&[("q", "q"), ("chunked", "true")]));
}

#[test]
fn tables_are_asked_for_in_nanoseconds_only() {
    let options = ReadOptions::new().epoch(Precision::Seconds);
    let error = query_with(&config(), &Query::new("q"), &options, Form::Table);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn credentials_travel_as_basic_and_show_nowhere() {
    let config = config().credentials("user", "hunter2");
    let request = ping(&config).unwrap();
    assert_eq!(
        header(&request, "authorization"),
        Some("Basic dXNlcjpodW50ZXIy")
    );
    assert!(!request.url.as_str().contains("hunter2"));
    let shown = format!("{request:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("dXNlcj"),
        "{shown}"
    );
    let config = config.credentials("us:er", "x");
    assert!(ping(&config).is_err());
}

#[test]
fn other_languages_than_influxql_are_refused_by_name() {
    let asked = Query::new("q").language(Language::InfluxQl);
    assert!(query(&config(), &asked, Form::Table).is_ok());
    let error = query(&config(), &asked.language(Language::Sql), Form::Table).unwrap_err();
    let text = "query: InfluxDB 1.x supports only InfluxQL, but the query is in SQL";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_token_is_refused_and_shows_nowhere() {
    let config = config().auth(Auth::token("hunter2"));
    let error = ping(&config).unwrap_err();
    assert!(!format!("{config:?} {error:?} {error}").contains("hunter2"));
}
