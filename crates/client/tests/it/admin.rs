//! Tests the typed calls that administer a 2.x server, with the answers that 2.9.1 gave.
//!
//! The scripted server answers a request as the recorded server answered the same request: the same
//! method, path, query string and JSON body. A request that was not recorded is refused with 418.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aioinflux::admin::{
    AuthorizationUpdate, BucketUpdate, DbrpUpdate, Delete, Id, LabelUpdate, NewAuthorization,
    NewBucket, NewDbrp, NewLabel, NewOrganization, NewServer, NewTask, NewUser, OrganizationUpdate,
    Permission, Predicate, TaskUpdate, UserUpdate,
};
use aioinflux::{ApiRequest, Auth, Client, Config, Dialect, ErrorKind, Method};
use serde_json::{Value, json};

use crate::connect;
use crate::scripted::{Received, Scripted, answer, json, keep, serve};

const ORG: &str = "7a1c7f0d414aa6c3";
const BUCKET: &str = "088a5462f1c00fd5";

type Key = (String, BTreeMap<String, String>, Value);

/// Returns what identifies a request: the method with the path, the query, and the body.
fn key(line: &str, body: &[u8]) -> Key {
    let mut parts = line.split(' ');
    let (method, target) = (parts.next().unwrap(), parts.next().unwrap());
    let url = url::Url::parse(&format!("http://h{target}")).unwrap();
    let query = url.query_pairs().into_owned().collect();
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    (format!("{method} {}", url.path()), query, body)
}

/// Starts a server that gives the recorded answers.
async fn recorded() -> Scripted {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/../../tests/captures/influxdb-2.9-admin.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let exchanges: Vec<(Key, Vec<u8>)> = text
        .lines()
        .map(|line| {
            let exchange: Value = serde_json::from_str(line).unwrap();
            let (request, response) = (&exchange["request"], &exchange["response"]);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let line = format!("{} {}", text(&request["method"]), text(&request["path"]));
            let key = key(&line, text(&request["body"]).as_bytes());
            let chunks = response["chunks"].as_array().unwrap().iter();
            let body: String = chunks.map(text).collect();
            let kind = text(&response["headers"]["Content-Type"]);
            let status = format!("{} Recorded", response["status"]);
            (
                key,
                answer(&status, &[&format!("Content-Type: {kind}")], body),
            )
        })
        .collect();
    let exchanges = Arc::new(exchanges);
    serve(move |received: &Received| {
        let asked = key(&received.line, &received.body);
        let found = exchanges.iter().find(|(key, _)| *key == asked);
        keep(match found {
            Some((_, answer)) => answer.clone(),
            None => answer("418 Not Recorded", &[], format!("not recorded: {asked:?}")),
        })
    })
    .await
}

fn config(server: &Scripted) -> Config {
    Config::new(&format!("http://127.0.0.1:{}", server.port))
        .unwrap()
        .auth(Auth::token("t0ken"))
        .organization("org")
        .bucket("more")
        .dialect(Dialect::V2)
}

fn client(server: &Scripted) -> Client {
    connect(config(server)).unwrap()
}

fn lines(server: &Scripted) -> Vec<String> {
    let received = server.received().into_iter();
    received.map(|received| received.line).collect()
}

#[tokio::test]
async fn buckets_are_read_and_changed() {
    let server = recorded().await;
    let buckets = client(&server).buckets().organization(Id::new(ORG));
    let bucket = buckets.get(BUCKET).await.unwrap();
    assert_eq!((bucket.name.as_str(), bucket.retention()), ("more", None));
    assert_eq!(bucket.organization_id.as_deref(), Some(ORG));
    assert_eq!(bucket.description.as_deref(), Some("é"));
    assert!(bucket.extra.contains_key("links"), "{bucket:?}");
    let update = BucketUpdate::new().description("d");
    let bucket = buckets.update(Id::new(BUCKET), update).await.unwrap();
    assert_eq!(bucket.description.as_deref(), Some("d"));
    buckets.delete(Id::new(BUCKET)).await.unwrap();
    let taken = BucketUpdate::new().name("hostile");
    let error = buckets.update(Id::new(BUCKET), taken).await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(422), Some("conflict"))
    );
    assert_eq!(error.server_message(), Some("bucket name is not unique"));
    let error = buckets.get("0000000000000001").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_bucket_that_no_name_leads_to_is_an_error_only_if_it_is_needed() {
    let server = serve(|_| keep(json("200 OK", r#"{"buckets":[]}"#))).await;
    let buckets = client(&server).buckets();
    assert_eq!(buckets.find("nope").await.unwrap(), None);
    let error = buckets.delete("nope").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "buckets: there is no bucket `nope`");
    assert!(
        lines(&server)
            .iter()
            .all(|line| line == "GET /api/v2/buckets?name=nope&org=org HTTP/1.1")
    );
}

#[tokio::test]
async fn a_name_that_several_buckets_have_needs_an_organization() {
    let body = r#"{"buckets":[{"id":"1","name":"b"},{"id":"2","name":"b"}]}"#;
    let server = serve(move |_| keep(json("200 OK", body))).await;
    let error = client(&server).buckets().delete("b").await.unwrap_err();
    assert!(
        error.to_string().contains("2 buckets have the name `b`"),
        "{error}"
    );
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_new_bucket_states_its_retention() {
    let server = serve(|received| {
        keep(if received.line.starts_with("GET /api/v2/orgs?org=org ") {
            json(
                "200 OK",
                r#"{"orgs":[{"id":"7a1c7f0d414aa6c3","name":"org"}]}"#,
            )
        } else {
            json("201 Created", r#"{"id":"1","name":"b"}"#)
        })
    })
    .await;
    let new = NewBucket::new("b")
        .retention(Duration::from_secs(7200))
        .shard_duration(Duration::from_secs(3600));
    client(&server).buckets().create(new).await.unwrap();
    let received = server.received().pop().unwrap();
    assert_eq!(received.line, "POST /api/v2/buckets HTTP/1.1");
    assert_eq!(received.header("content-type"), Some("application/json"));
    let rule = json!({"type": "expire", "everySeconds": 7200, "shardGroupDurationSeconds": 3600});
    let expected = json!({"orgID": ORG, "name": "b", "retentionRules": [rule]});
    assert_eq!(
        serde_json::from_slice::<Value>(&received.body).unwrap(),
        expected
    );
}

/// Returns a script that lists `count` buckets in pages, after the mark that the request names.
fn pages_of(count: usize) -> impl Fn(&Received) -> crate::scripted::Act + Send + Sync {
    move |received| {
        let (_, query, _) = key(&received.line, b"");
        let limit: usize = query["limit"].parse().unwrap();
        let after = query.get("after");
        let after = after.map_or(0, |id| usize::from_str_radix(id, 16).unwrap());
        let ids = (after + 1..=count).take(limit);
        let items: Vec<_> = ids
            .map(|id| json!({"id": format!("{id:016x}"), "name": format!("b{id}")}))
            .collect();
        keep(json("200 OK", &json!({"buckets": items}).to_string()))
    }
}

#[tokio::test]
async fn a_list_reads_all_pages() {
    for (count, requests) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 3)] {
        let server = serve(pages_of(count)).await;
        let all = client(&server).buckets().list().collect().await.unwrap();
        let names: Vec<_> = all.into_iter().map(|bucket| bucket.name).collect();
        let expected: Vec<_> = (1..=count).map(|id| format!("b{id}")).collect();
        assert_eq!(names, expected);
        assert_eq!(server.received().len(), requests, "{count}");
    }
}

#[tokio::test]
async fn the_next_page_is_read_before_the_objects_of_a_page_are_given_out() {
    let server = serve(pages_of(201)).await;
    let mut list = client(&server).buckets().list();
    assert_eq!(server.received().len(), 0);
    let first = list.next().await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), server.received().len()), ("b1", 2));
}

#[tokio::test]
async fn a_page_that_fails_ends_the_list_after_the_objects_before_it() {
    let full = pages_of(150);
    let server = serve(move |received| {
        if received.line.contains("after") {
            return keep(json(
                "500 Broken",
                r#"{"code":"internal error","message":"no"}"#,
            ));
        }
        full(received)
    })
    .await;
    let mut list = client(&server).buckets().list();
    for _ in 0..100 {
        assert!(list.next().await.unwrap().is_ok());
    }
    assert_eq!(list.next().await.unwrap().unwrap_err().status(), Some(500));
    assert!(list.next().await.is_none());
}

#[tokio::test]
async fn organizations_are_counted_from_the_start_of_their_list() {
    let server = serve(|received| {
        let (_, query, _) = key(&received.line, b"");
        let offset: usize = query["offset"].parse().unwrap();
        let items: Vec<_> = (offset..150)
            .take(query["limit"].parse().unwrap())
            .map(|id| json!({"id": id.to_string(), "name": format!("o{id}")}))
            .collect();
        keep(json("200 OK", &json!({"orgs": items}).to_string()))
    })
    .await;
    let all = client(&server)
        .organizations()
        .list()
        .collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 150);
    assert_eq!(all[149].name, "o149");
}

#[tokio::test]
async fn organizations_and_users_are_administered() {
    let server = recorded().await;
    let client = client(&server);
    let organizations = client.organizations();
    let mut new = NewOrganization::new("more");
    new.description = Some("d".into());
    let made = organizations.create(new).await.unwrap();
    assert_eq!(made.id, "157c5596e9065f9c");
    let error = organizations
        .create(NewOrganization::new("more"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("conflict"));
    let update = OrganizationUpdate::new().name("more2");
    let made = organizations
        .update(Id::new(made.id), update)
        .await
        .unwrap();
    assert_eq!(made.name, "more2");
    organizations.delete(Id::new(made.id)).await.unwrap();

    let users = client.users();
    let user = Id::new("11b70158f36e8000");
    let made = users.create(NewUser::new("u2")).await;
    // The second recorded answer to this request is the conflict.
    assert_eq!(made.unwrap().id, "11b70158f36e8000");
    users
        .set_password(user.clone(), "throwaway12")
        .await
        .unwrap();
    let error = users.set_password(user.clone(), "x").await.unwrap_err();
    assert!(error.to_string().contains("between 8 and 72"), "{error}");
    let update = UserUpdate::new().status("inactive");
    let changed = users.update(user.clone(), update).await.unwrap();
    assert_eq!(changed.status.as_deref(), Some("inactive"));
    users.delete(user).await.unwrap();
}

#[tokio::test]
async fn only_the_answer_that_creates_an_authorization_has_the_token() {
    let server = recorded().await;
    let authorizations = client(&server).authorizations().organization(Id::new(ORG));
    let permission = Permission::write("buckets").id(BUCKET);
    let new = NewAuthorization::new([permission]).description("writer");
    let made = authorizations.create(new).await.unwrap();
    assert!(made.token.is_some_and(|token| token.len() > 80));
    assert_eq!(made.permissions[0].resource.name.as_deref(), Some("more"));
    let update = AuthorizationUpdate::new().status("inactive");
    let changed = authorizations
        .update(made.id.clone(), update)
        .await
        .unwrap();
    assert_eq!(
        (changed.token, changed.status.as_deref()),
        (None, Some("inactive"))
    );
    assert_eq!(
        authorizations.get(made.id.clone()).await.unwrap().token,
        None
    );
    authorizations.delete(made.id).await.unwrap();
}

#[tokio::test]
async fn tasks_run_and_log() {
    let server = recorded().await;
    let tasks = client(&server).tasks().organization(Id::new(ORG));
    let flux = "option task = {name: \"t2\", cron: \"0 * * * *\"}\n\
        from(bucket: \"more\") |> range(start: -1h)";
    let task = tasks.create(NewTask::new(flux)).await.unwrap();
    assert_eq!(
        (task.name.as_str(), task.cron.as_deref()),
        ("t2", Some("0 * * * *"))
    );
    let id = Id::new(task.id);
    let run = tasks
        .run(id.clone(), Some("2023-01-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(run.task_id.as_deref(), Some("11b701595858b000"));
    let run_id = Id::new(run.id);
    let run = tasks.run_of(id.clone(), run_id.clone()).await.unwrap();
    assert_eq!(run.scheduled_for.as_deref(), Some("2023-01-01T00:00:00Z"));
    let of_run = tasks.logs(id.clone(), Some(run_id)).await.unwrap();
    assert!(
        of_run[0].message.starts_with("Started task from script"),
        "{of_run:?}"
    );
    assert_eq!(
        tasks.logs(id.clone(), None).await.unwrap().len(),
        of_run.len()
    );
    let changed = tasks
        .update(id.clone(), TaskUpdate::new().every("2h"))
        .await
        .unwrap();
    assert_eq!(changed.every.as_deref(), Some("2h"));
    tasks.delete(id).await.unwrap();
    let error = tasks.create(NewTask::new("foo(")).await.unwrap_err();
    assert!(error.to_string().contains("expected RPAREN"), "{error}");
}

#[tokio::test]
async fn labels_mappings_and_secrets_are_administered() {
    let server = recorded().await;
    let client = client(&server);
    let labels = client.labels().organization(Id::new(ORG));
    let label = labels.create(NewLabel::new("l2")).await.unwrap();
    let id = Id::new(label.id);
    let update = LabelUpdate::new().property("a", "b");
    let label = labels.update(id.clone(), update).await.unwrap();
    assert_eq!(label.properties["a"], "b");
    labels.delete(id).await.unwrap();

    let dbrps = client.dbrps().organization(Id::new(ORG));
    let new = NewDbrp::new(Id::new(BUCKET), "mapped", "rp1").is_default(true);
    let made = dbrps.create(new).await.unwrap();
    assert!(made.is_default && !made.is_virtual);
    let dbrps = client.dbrps();
    let update = DbrpUpdate::new().is_default(false);
    let changed = dbrps.update(made.id.clone(), update).await.unwrap();
    assert!(!changed.is_default);
    dbrps.delete(made.id).await.unwrap();

    let secrets = client.secrets().organization(Id::new(ORG));
    assert_eq!(secrets.list().await.unwrap(), Vec::<String>::new());
    secrets.set([("k", "v")]).await.unwrap();
    secrets.delete(["k"]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_set_up_refuses_a_set_up() {
    let text = r#"{"code":"conflict","message":"onboarding has already been completed"}"#;
    let server = serve(move |_| keep(json("422 No", text))).await;
    let new = NewServer::new("u", "password", "o", "b").token("s3cret");
    let error = client(&server).setup(new).await.unwrap_err();
    assert_eq!(error.code(), Some("conflict"));
    assert!(!format!("{error:?} {error}").contains("s3cret"), "{error}");
    let body: Value = serde_json::from_slice(&server.received()[0].body).unwrap();
    let expected = json!({
        "username": "u", "password": "password", "org": "o", "bucket": "b", "token": "s3cret",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn health_and_readiness_are_read() {
    let server = serve(|received| {
        keep(if received.line.contains("/health") {
            json(
                "200 OK",
                r#"{"name":"influxdb","status":"pass","checks":[],"commit":"x"}"#,
            )
        } else {
            json("503 Busy", r#"{"status":"starting"}"#)
        })
    })
    .await;
    let client = client(&server);
    let health = client.health().await.unwrap();
    assert_eq!(
        (health.status.as_str(), &health.extra["commit"]),
        ("pass", &json!("x"))
    );
    let error = client.ready().await.unwrap_err();
    assert!(
        error.is_retryable() && error.status() == Some(503),
        "{error}"
    );
}

#[tokio::test]
async fn a_1x_server_is_asked_for_nothing_that_it_lacks() {
    let server = recorded().await;
    let config = Config::new(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let client = connect(config).unwrap();
    let error = client.buckets().list().collect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("create_database"), "{error}");
    let error = client.users().create(NewUser::new("u")).await.unwrap_err();
    assert!(error.to_string().contains("create_user"), "{error}");
    let new = NewServer::new("u", "password", "o", "b");
    assert!(
        client
            .setup(new)
            .await
            .unwrap_err()
            .to_string()
            .contains("set-up")
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn invalid_arguments_are_refused_before_anything_is_sent() {
    let server = recorded().await;
    let client = client(&server);
    let buckets = client.buckets();
    let short = NewBucket::new("b").retention(Duration::from_secs(5));
    let texts = [
        buckets.create(short).await.unwrap_err(),
        buckets.create(NewBucket::new("")).await.unwrap_err(),
        buckets.get("b").await.unwrap_err(),
        buckets.delete(Id::new("../orgs")).await.unwrap_err(),
        buckets.delete("").await.unwrap_err(),
        buckets.update("b", BucketUpdate::new()).await.unwrap_err(),
        client
            .secrets()
            .delete(Vec::<String>::new())
            .await
            .unwrap_err(),
        client
            .delete(&Delete::new(Predicate::new()))
            .await
            .unwrap_err(),
    ];
    for error in texts {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn points_are_deleted_by_a_quoted_predicate() {
    let server = serve(|_| keep(answer("204 No Content", &[], ""))).await;
    let predicate = Predicate::parse("_measurement=del and (k = \"k1\")").unwrap();
    let delete = Delete::new(predicate)
        .start(0)
        .stop(946_684_800_000_000_000);
    client(&server).delete(&delete).await.unwrap();
    let received = server.received().pop().unwrap();
    assert_eq!(
        received.line,
        "POST /api/v2/delete?org=org&bucket=more HTTP/1.1"
    );
    let expected = json!({
        "start": "1970-01-01T00:00:00Z",
        "stop": "2000-01-01T00:00:00Z",
        "predicate": r#""_measurement" = "del" AND "k" = "k1""#,
    });
    assert_eq!(
        serde_json::from_slice::<Value>(&received.body).unwrap(),
        expected
    );
}

#[tokio::test]
async fn a_deletion_in_a_bucket_that_does_not_exist_is_an_error() {
    let text = r#"{"code":"not found","message":"bucket \"nope\" not found"}"#;
    let server = serve(move |_| keep(json("404 Not Found", text))).await;
    let error = client(&server).delete(&Delete::all()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().starts_with("request to `http://"),
        "{error}"
    );
}

#[tokio::test]
async fn any_endpoint_can_be_asked() {
    let server = serve(|received| {
        keep(match received.line.as_str() {
            "PUT /base/a%20b?k=v%26w HTTP/1.1" => json("200 OK", r#"{"a":1}"#),
            "GET /base/csv HTTP/1.1" => answer("200 OK", &["Content-Type: text/csv"], "x"),
            "GET /base/page HTTP/1.1" => answer("200 OK", &["Content-Type: text/html"], "<p>"),
            _ => json("500 Broken", r#"{"code":"internal error","message":"no"}"#),
        })
    })
    .await;
    let config = Config::new(&format!("http://127.0.0.1:{}/base", server.port)).unwrap();
    let client = connect(config.credentials("u", "p")).unwrap();
    let request = ApiRequest::new(Method::Put, "/a b")
        .unwrap()
        .query("k", "v&w");
    let response = client.request(&request.json(json!([1]))).await.unwrap();
    assert_eq!(
        (response.status, response.json().unwrap()),
        (200, json!({"a": 1}))
    );
    assert!(response.is_json());
    let received = server.received().pop().unwrap();
    assert_eq!(received.body, b"[1]");
    assert_eq!(received.header("authorization"), Some("Basic dTpw"));

    let get = |path: &str| ApiRequest::new(Method::Get, path).unwrap();
    let response = client.request(&get("csv")).await.unwrap();
    assert!(!response.is_json() && response.json().is_err());
    assert_eq!(&response.body[..], b"x");
    let error = client.request(&get("page")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misdirected);
    let delete = ApiRequest::new(Method::Delete, "x").unwrap();
    let error = client.request(&delete).await.unwrap_err();
    assert_eq!(
        (error.code(), error.server_message()),
        (Some("internal error"), Some("no"))
    );
    assert!(
        server
            .received()
            .pop()
            .unwrap()
            .line
            .starts_with("DELETE /base/x ")
    );
}

#[tokio::test]
async fn an_answer_that_is_not_proven_to_be_complete_is_refused() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}".to_vec();
    let server = serve(move |_| crate::scripted::close(head.clone())).await;
    let request = ApiRequest::new(Method::Get, "/x").unwrap();
    let error = client(&server).request(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
}

#[tokio::test]
async fn an_object_without_an_id_is_no_bucket_and_its_values_are_not_shown() {
    let body = r#"{"name":"s3cret","id":["s3cret"]}"#;
    let server = serve(move |_| keep(json("200 OK", body))).await;
    let error = client(&server).buckets().get(BUCKET).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "buckets: the answer of the server has a field of an unexpected type"
    );
    let server = serve(|_| keep(json("200 OK", r#"{"name":"b"}"#))).await;
    let error = client(&server).buckets().get(BUCKET).await.unwrap_err();
    assert!(error.to_string().ends_with("has no field `id`"), "{error}");
}
