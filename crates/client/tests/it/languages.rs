//! Tests the languages of queries and their parameters with a scripted server that answers like
//! InfluxDB 2.x.

use aioinflux::{Auth, Client, Config, Dialect, ErrorKind, Language, Param, Query};

use crate::connect;
use crate::scripted::{Scripted, always, answer, json, keep};

const CSV: &str = "Content-Type: text/csv; charset=utf-8";

async fn server() -> Scripted {
    always(keep(answer("200 OK", &[CSV], "\r\n"))).await
}

fn url(server: &Scripted) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

/// Returns a client that speaks 2.x without asking.
fn client(server: &Scripted) -> Client {
    let config = Config::new(&url(server))
        .unwrap()
        .auth(Auth::token("t0ken"));
    connect(config.dialect(Dialect::V2).organization("org")).unwrap()
}

/// Returns a client without a token, which speaks 1.x.
fn old_client(server: &Scripted) -> Client {
    connect(Config::new(&url(server)).unwrap()).unwrap()
}

#[tokio::test]
async fn text_in_the_wrong_language_is_refused_before_anything_is_sent() {
    let server = server().await;
    let client = client(&server);
    let error = client.query("SELECT * FROM m").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("the text is InfluxQL"),
        "{error}"
    );
    let old = old_client(&server);
    let error = old.stream("from(bucket: \"b\")").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("the text is Flux"), "{error}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_missing_mapping_is_named_wherever_the_answer_is_read() {
    let body = r#"{"results":[{"statement_id":0,"error":"database not found: nope"}]}"#;
    let server = always(keep(json("200 OK", body))).await;
    let client = client(&server);
    let query = Query::new("SELECT * FROM m").language(Language::InfluxQl);
    let whole = client.query(&query).await.unwrap_err();
    let raw = client.query_raw(&query).await.unwrap_err();
    let mut stream = client.stream(&query).await.unwrap();
    let streamed = stream.next().await.unwrap().unwrap_err();
    for error in [whole, raw, streamed] {
        assert_eq!(error.kind(), ErrorKind::Statement);
        assert!(error.to_string().contains("of a DBRP mapping"), "{error}");
        assert_eq!(error.server_message(), Some("database not found: nope"));
    }
    // On 1.x, there are no mappings.
    let old = old_client(&server);
    let error = old.query("SELECT * FROM m").await.unwrap_err();
    assert!(!error.to_string().contains("mapping"), "{error}");
}

#[tokio::test]
async fn values_of_every_type_are_bound_outside_of_the_text() {
    let server = server().await;
    let client = client(&server);
    let query = Query::new("x = params.a")
        .bind("time", Param::Time(1))
        .bind("unsigned", u64::MAX)
        .bind("floats", vec![1.5, f64::NAN])
        .bind("duration", Param::Duration("-1h30m".into()))
        .bind("pattern", Param::Regex("a/b".into()));
    client.query(query).await.unwrap();
    let received = server.received().pop().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["query"], "x = params.a");
    let bound = &body["extern"]["body"][0]["assignment"]["init"]["properties"];
    let value = |at: usize, path: &str| bound[at]["value"].pointer(path).unwrap().clone();
    assert_eq!(value(0, "/value"), "1970-01-01T00:00:00.000000001Z");
    assert_eq!(value(1, "/value"), "18446744073709551615");
    let text = "/arguments/0/properties/0/value/value";
    assert_eq!(value(2, &format!("/elements/0{text}")), "1.5");
    assert_eq!(value(2, &format!("/elements/1{text}")), "NaN");
    assert_eq!(value(3, "/operator"), "-");
    assert_eq!(value(3, "/argument/values/1/magnitude"), 30);
    assert_eq!(value(4, "/value"), "a/b");
}
