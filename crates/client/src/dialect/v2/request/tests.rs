#![expect(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;

use super::*;
use crate::config::{Consistency, Names};
use crate::query::Param;

fn config() -> Config {
    Config::new("http://db.example:8086/base")
        .unwrap()
        .bucket("b&c")
        .organization("my org")
        .auth(Auth::token("secret=="))
}

fn place(config: &Config, names: &Names) -> Place {
    Place::new(names.or(config.names())).unwrap()
}

fn write(config: &Config, options: &WriteOptions) -> Result<Request, Error> {
    let lines = Bytes::from_static(b"m f=1\n");
    let operation = Operation::Write { options, lines };
    request(config, &place(config, &options.names), &operation)
}

fn query(config: &Config, query: &Query) -> Result<Request, Error> {
    let operation = Operation::Query {
        query,
        options: &ReadOptions::default(),
        form: Form::Table,
    };
    request(config, &place(config, &query.names), &operation)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let found = request.headers.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn a_write_names_organization_bucket_and_precision() {
    let request = write(&config(), &WriteOptions::new()).unwrap();
    let url = "http://db.example:8086/base/api/v2/write?org=my+org&bucket=b%26c&precision=ns";
    assert_eq!(request.url.as_str(), url);
    assert_eq!(header(&request, "authorization"), Some("Token secret=="));
    let options = WriteOptions::new()
        .bucket("x")
        .precision(Precision::Microseconds);
    let request = write(&config(), &options).unwrap();
    assert!(request.url.as_str().ends_with("&bucket=x&precision=us"));
}

#[test]
fn options_that_2_x_lacks_are_refused() {
    let minutes = WriteOptions::new().precision(Precision::Minutes);
    let all = WriteOptions::new().consistency(Consistency::All);
    for options in [minutes, all] {
        assert!(write(&config(), &options).is_err(), "{options:?}");
    }
    let bare = Config::new("http://h").unwrap();
    assert!(write(&bare, &WriteOptions::new()).is_err());
    assert!(write(&config().credentials("u", "p"), &WriteOptions::new()).is_err());
    let named = Names {
        retention_policy: Some("rp".into()),
        ..Names::default()
    };
    assert!(Place::new(named).is_err());
}

#[test]
fn a_query_is_flux_unless_the_language_is_named() {
    let request = query(&config(), &Query::new("buckets()")).unwrap();
    let url = "http://db.example:8086/base/api/v2/query?org=my+org";
    assert_eq!(request.url.as_str(), url);
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["query"], "buckets()");
    assert_eq!(body["dialect"]["annotations"][1], "group");
    let text = Query::new("SHOW MEASUREMENTS").language(Language::InfluxQl);
    let request = query(&config(), &text).unwrap();
    assert_eq!(request.url.as_str(), "http://db.example:8086/base/query");
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    assert_eq!(body, "q=SHOW+MEASUREMENTS&db=b%26c&epoch=ns&chunked=true");
    assert!(query(&config(), &Query::new("SELECT 1").language(Language::Sql)).is_err());
}

#[test]
fn parameters_of_influxql_are_sent_as_on_1x() {
    let text = Query::new("SELECT $f FROM m").bind("f", Param::Identifier("x".into()));
    let request = query(&config(), &text.language(Language::InfluxQl)).unwrap();
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let params = "&params=%7B%22f%22%3A%7B%22identifier%22%3A%22x%22%7D%7D";
    assert!(body.ends_with(params), "{body}");
}

#[test]
fn a_token_is_a_header_and_is_never_shown() {
    let error = query(&config().auth(Auth::token("a b\n")), &Query::new("q")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("a b"));
    let request = query(&config(), &Query::new("q")).unwrap();
    assert!(!format!("{request:?} {:?}", config()).contains("secret"));
}
