//! Tests the client with a scripted server that answers like InfluxDB 2.x: the generation, writes
//! and queries.

use std::time::Duration;

use aioinflux::{
    Auth, Client, Config, Dialect, ErrorKind, Language, Param, Point, Query, WriteOptions,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::connect;
use crate::scripted::{Act, Received, Scripted, answer, hang, json, keep, serve};

const CSV: &str = "Content-Type: text/csv; charset=utf-8";
const TABLE: &str = "#datatype,string,long,long\r\n#group,false,false,false\r\n\
    #default,_result,,\r\n,result,table,a\r\n,,0,1\r\n,,0,\r\n\r\n";

fn config(server: &Scripted) -> Config {
    Config::new(&format!("http://127.0.0.1:{}", server.port))
        .unwrap()
        .auth(Auth::token("t0ken"))
        .organization("org")
        .bucket("bucket")
}

fn client(server: &Scripted) -> Client {
    connect(config(server)).unwrap()
}

/// Returns a script that answers pings with this version, and all other requests as 2.x does.
fn server_of(version: &'static str) -> impl Fn(&Received) -> Act + Send + Sync {
    move |received| {
        let path = received.line.split(' ').nth(1).unwrap();
        keep(match path.split('?').next().unwrap() {
            "/ping" => answer(
                "204 No Content",
                &[&format!("X-Influxdb-Version: {version}")],
                "",
            ),
            "/api/v2/write" => answer("204 No Content", &[], ""),
            "/api/v2/query" => answer("200 OK", &[CSV], TABLE),
            _ => json(
                "404 Not Found",
                r#"{"code":"not found","message":"path not found"}"#,
            ),
        })
    }
}

fn lines(server: &Scripted) -> Vec<String> {
    let received = server.received().into_iter();
    received.map(|received| received.line).collect()
}

#[tokio::test]
async fn a_client_with_a_token_asks_for_the_generation_once() {
    let server = serve(server_of("v2.7.1")).await;
    let client = client(&server);
    assert_eq!(client.dialect().await.unwrap(), Dialect::V2);
    client
        .write(&[Point::new("m").field("f", 1).at(1)])
        .await
        .unwrap();
    let other = connect(config(&server)).unwrap();
    other
        .write(&[Point::new("m").field("f", u64::MAX).at(2)])
        .await
        .unwrap();
    let write = "POST /api/v2/write?org=org&bucket=bucket&precision=ns HTTP/1.1";
    assert_eq!(lines(&server), ["GET /ping HTTP/1.1", write, write]);
    let received = server.received();
    assert_eq!(received[1].body, b"m f=1i 1\n");
    assert_eq!(received[2].body, b"m f=18446744073709551615u 2\n");
    for one in received {
        assert_eq!(one.header("authorization"), Some("Token t0ken"));
    }
}

#[tokio::test]
async fn a_stated_generation_is_not_asked_for() {
    let server = serve(server_of("1.8.10")).await;
    let client = connect(config(&server).dialect(Dialect::V2)).unwrap();
    client
        .write(&[Point::new("m").field("f", 1).at(1)])
        .await
        .unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_version_that_is_no_number_leads_to_one_more_question() {
    let server = serve(server_of("dev")).await;
    assert_eq!(client(&server).dialect().await.unwrap(), Dialect::V2);
    let asked = ["GET /ping HTTP/1.1", "GET /ping?verbose=true HTTP/1.1"];
    assert_eq!(lines(&server), asked);
    let older = serve(|received| {
        keep(if received.line.contains("verbose") {
            json("200 OK", r#"{"version":"unknown"}"#)
        } else {
            answer("204 No Content", &["X-Influxdb-Version: unknown"], "")
        })
    })
    .await;
    let error = client(&older).dialect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("user:password"), "{error}");
}

#[tokio::test]
async fn a_server_without_a_generation_is_no_guess() {
    let page = serve(|_| keep(answer("200 OK", &["Content-Type: text/html"], "<html>"))).await;
    let error = client(&page).dialect().await.unwrap_err();
    assert!(error.to_string().contains("is a web page"), "{error}");
    let other = serve(|_| keep(answer("200 OK", &["Content-Type: text/plain"], "OK"))).await;
    let error = client(&other).dialect().await.unwrap_err();
    assert!(error.to_string().contains("set the dialect"), "{error}");
    let starting = serve(|_| keep(json("503 Busy", r#"{"status":"starting"}"#))).await;
    let error = client(&starting).dialect().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let three = serve(|_| keep(json("200 OK", r#"{"version":"3.10.1"}"#))).await;
    let three = client(&three);
    assert_eq!(three.dialect().await.unwrap(), Dialect::V3);
    let error = three.query("SELECT 1").await.unwrap_err();
    assert!(
        error.to_string().contains("3.x is not supported yet"),
        "{error}"
    );
}

#[tokio::test]
async fn a_flux_query_gives_typed_tables() {
    let server = serve(server_of("2.7.1")).await;
    let query = Query::new("from(bucket: params.b)").bind("b", "x\"y");
    let answer = client(&server).query(query).await.unwrap();
    let [statement] = &answer.statements[..] else {
        panic!("{answer:?}")
    };
    let [series] = &statement.series[..] else {
        panic!("{answer:?}")
    };
    assert_eq!(series.name.as_deref(), Some("_result"));
    let batch = &series.batches[0];
    let column = batch
        .column_by_name("a")
        .unwrap()
        .as_primitive::<Int64Type>();
    assert_eq!(column.iter().collect::<Vec<_>>(), [Some(1), None]);
    let received = server.received().pop().unwrap();
    assert_eq!(received.line, "POST /api/v2/query?org=org HTTP/1.1");
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["query"], "from(bucket: params.b)");
    assert!(
        body["extern"].to_string().contains(r#""value":"x\"y""#),
        "{body}"
    );
}

#[tokio::test]
async fn a_raw_answer_is_the_csv_that_the_server_sent() {
    let server = serve(server_of("2.7.1")).await;
    let raw = client(&server).query_raw("buckets()").await.unwrap();
    assert_eq!(raw, TABLE);
    for body in [TABLE.trim_end(), "<html>"] {
        let server = serve(move |received| {
            keep(if received.line.starts_with("GET") {
                answer("204 No Content", &["X-Influxdb-Version: 2.7"], "")
            } else {
                answer("200 OK", &[CSV], body)
            })
        })
        .await;
        let error = client(&server).query_raw("buckets()").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.raw().map(|raw| &raw[..]), Some(body.as_bytes()));
    }
}

#[tokio::test]
async fn a_flux_answer_is_streamed() {
    let server = serve(server_of("2.7.1")).await;
    let mut stream = client(&server).stream("buckets()").await.unwrap();
    let mut rows = 0;
    while let Some(event) = stream.next().await {
        if let aioinflux::decode::Event::Batch(batch) = event.unwrap() {
            rows += batch.num_rows();
        }
    }
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn an_error_inside_a_flux_answer_keeps_the_rows_before_it() {
    let body = format!(
        "{TABLE}\r\n#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n\
        ,error,reference\r\n,runtime error: no,\r\n"
    );
    let server = serve(move |received| {
        keep(if received.line.starts_with("GET") {
            answer("204 No Content", &["X-Influxdb-Version: 2.7"], "")
        } else {
            answer("200 OK", &[CSV], &body)
        })
    })
    .await;
    let error = client(&server).query("x").await.unwrap_err();
    assert!(error.to_string().ends_with("runtime error: no"), "{error}");
    assert_eq!(error.answer().unwrap().rows(), 2);
}

#[tokio::test]
async fn influxql_goes_to_the_endpoint_for_1x_clients() {
    let server = serve(|received| {
        keep(if received.line.starts_with("GET") {
            answer("204 No Content", &["X-Influxdb-Version: 2.7"], "")
        } else {
            json("200 OK", r#"{"results":[{"statement_id":0}]}"#)
        })
    })
    .await;
    let query = Query::new("SHOW MEASUREMENTS").language(Language::InfluxQl);
    client(&server).query(query).await.unwrap();
    let received = server.received().pop().unwrap();
    assert_eq!(received.line, "POST /query HTTP/1.1");
    assert_eq!(received.header("authorization"), Some("Token t0ken"));
}

#[tokio::test]
async fn a_refused_line_is_named_and_nothing_counts_as_stored() {
    let text = r#"{"code":"invalid","message":"unable to parse 'm f=1.5 2': bad timestamp"}"#;
    let server = serve(move |received| {
        keep(if received.line.starts_with("GET") {
            answer("204 No Content", &["X-Influxdb-Version: 2.7"], "")
        } else {
            json("400 Bad Request", text)
        })
    })
    .await;
    let points = [
        Point::new("m").field("f", 0.0).at(1),
        Point::new("m").field("f", 1.5).at(2),
    ];
    let error = client(&server).write(&points).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.rejected()[0].index, Some(1));
    assert!(error.written().is_empty(), "{:?}", error.written());
}

#[tokio::test]
async fn values_that_flux_cannot_bind_are_refused_before_anything_is_sent() {
    let server = serve(server_of("2.7.1")).await;
    let client = connect(config(&server).dialect(Dialect::V2)).unwrap();
    let query = Query::new("x").bind("r", Param::Identifier("a".into()));
    assert_eq!(
        client.query(query).await.unwrap_err().kind(),
        ErrorKind::Config
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_check_names_the_part_that_is_wrong() {
    let server = serve(server_of("2.7.1")).await;
    let found = client(&server).check(&WriteOptions::new()).await.unwrap();
    assert_eq!(found.dialect, Dialect::V2);
    assert_eq!(found.version.as_deref(), Some("2.7.1"));
    assert!(server.received().last().unwrap().body.is_empty());
    for (status, message, part) in [
        ("401 Unauthorized", "unauthorized access", "credentials"),
        (
            "403 Forbidden",
            "insufficient permissions",
            "right to write",
        ),
        ("404 Not Found", r#"bucket \"b\" not found"#, "bucket"),
        (
            "404 Not Found",
            r#"organization name \"o\" not found"#,
            "organization",
        ),
    ] {
        let body = format!(r#"{{"code":"x","message":"{message}"}}"#);
        let server = serve(move |received| {
            keep(if received.line.starts_with("GET") {
                answer("204 No Content", &["X-Influxdb-Version: 2.7"], "")
            } else {
                json(status, &body)
            })
        })
        .await;
        let error = client(&server)
            .check(&WriteOptions::new())
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("{part}: write to `")), "{text}");
    }
    let nobody = Config::new("http://127.0.0.1:1").unwrap();
    let nobody = connect(nobody.auth(Auth::token("t")).bucket("b")).unwrap();
    let error = nobody.check(&WriteOptions::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("address: "), "{error}");
}

#[tokio::test]
async fn an_answer_in_the_format_of_another_language_is_refused() {
    let bodies = [
        (
            "buckets()",
            Language::Flux,
            "application/json",
            r#"{"results":[]}"#,
        ),
        ("SHOW MEASUREMENTS", Language::InfluxQl, "text/csv", TABLE),
    ];
    for (text, language, kind, body) in bodies {
        let header = format!("Content-Type: {kind}");
        let server = serve(move |_| keep(answer("200 OK", &[&header], body))).await;
        let client = connect(config(&server).dialect(Dialect::V2)).unwrap();
        let query = Query::new(text).language(language);
        let whole = client.query(&query).await.unwrap_err();
        let raw = client.query_raw(&query).await.unwrap_err();
        let stream = client.stream(&query).await.unwrap_err();
        for error in [whole, raw, stream] {
            assert_eq!(error.kind(), ErrorKind::Misdirected, "{error}");
            let expected = format!("as answers to {language} are");
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }
}

#[tokio::test]
async fn a_client_that_waits_for_the_generation_has_its_own_limit() {
    let server = serve(|_| hang("")).await;
    let patient = client(&server);
    let asking = tokio::spawn(async move { patient.dialect().await });
    while server.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let hasty = config(&server).timeout(Duration::from_millis(200));
    let error = connect(hasty).unwrap().dialect().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    asking.abort();
}
