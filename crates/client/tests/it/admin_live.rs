//! Tests administration with the real 2.x server that `AIOINFLUX_TEST_V2_URL`, `_TOKEN` and `_ORG`
//! name. These tests are ignored by default; `make test-server` runs them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aioinflux::admin::{
    Bucket, BucketUpdate, Delete, Id, NewAuthorization, NewBucket, NewDbrp, NewLabel,
    NewOrganization, NewTask, NewUser, Permission, Predicate, Run, TaskFilter, Tasks,
};
use aioinflux::{Auth, Client, Config, ErrorKind, Language, Point, Query};

use crate::connect;
use crate::server_v2::variable;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Returns a name that no other test uses.
fn name(what: &str) -> String {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{count}", std::process::id())
}

fn config() -> Config {
    let config = Config::new(&variable("URL")).unwrap();
    config
        .auth(Auth::token(variable("TOKEN")))
        .organization(variable("ORG"))
}

fn client() -> Client {
    connect(config()).unwrap()
}

/// Returns a client for a bucket that was created for the test.
async fn in_bucket() -> (Client, Bucket) {
    let name = name("b");
    let client = connect(config().bucket(&name)).unwrap();
    let bucket = client.buckets().create(NewBucket::new(name)).await.unwrap();
    (client, bucket)
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_buckets_are_created_found_changed_and_deleted() {
    let client = client();
    let (buckets, name) = (client.buckets(), name("a b/é?#\u{1}"));
    let week = Duration::from_secs(7 * 24 * 3600);
    let new = NewBucket::new(&name).retention(week).description("d");
    let made = buckets.create(new).await.unwrap();
    assert_eq!(
        (made.name.as_str(), made.retention()),
        (name.as_str(), Some(week))
    );
    assert_eq!(buckets.find(&name).await.unwrap(), Some(made.clone()));
    assert_eq!(buckets.get(made.id.clone()).await.unwrap(), made);
    let update = BucketUpdate::new().retention(None);
    let changed = buckets.update(name.as_str(), update).await.unwrap();
    assert_eq!(
        (changed.retention(), changed.description.as_deref()),
        (None, Some("d"))
    );
    let error = buckets.create(NewBucket::new(&name)).await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(422), Some("conflict"))
    );
    buckets.delete(name.as_str()).await.unwrap();
    assert_eq!(buckets.find(&name).await.unwrap(), None);
    let error = buckets.get(made.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_a_list_can_be_deleted_while_it_is_read() {
    let client = client();
    let organization = client
        .organizations()
        .create(NewOrganization::new(name("o")))
        .await;
    let organization = Id::new(organization.unwrap().id);
    let buckets = client.buckets().organization(organization.clone());
    for number in 0..210 {
        buckets
            .create(NewBucket::new(format!("b{number}")))
            .await
            .unwrap();
    }
    let (mut list, mut deleted) = (buckets.list(), 0);
    while let Some(bucket) = list.next().await {
        let bucket = bucket.unwrap();
        if bucket.kind.as_deref() == Some("user") {
            buckets.delete(Id::new(bucket.id)).await.unwrap();
            deleted += 1;
        }
    }
    assert_eq!(deleted, 210);
    client.organizations().delete(organization).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_users_are_listed_on_more_than_one_page() {
    let client = client();
    let (users, prefix) = (client.users(), name("u"));
    for number in 0..101 {
        let new = NewUser::new(format!("{prefix}-{number}"));
        users.create(new).await.unwrap();
    }
    let all = users.list().collect().await.unwrap();
    let ours: Vec<_> = all
        .iter()
        .filter(|user| user.name.starts_with(&prefix))
        .collect();
    assert_eq!(ours.len(), 101);
    users
        .set_password(ours[0].name.as_str(), "long enough")
        .await
        .unwrap();
    let error = users
        .set_password(ours[0].name.as_str(), "short")
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("short"), "{error}");
    assert_eq!(users.find("nobody").await.unwrap(), None);
    for user in ours {
        users.delete(Id::new(user.id.clone())).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_a_token_permits_what_its_authorization_says() {
    let (client, bucket) = in_bucket().await;
    let permission = Permission::write("buckets").id(bucket.id);
    let made = client
        .authorizations()
        .create(NewAuthorization::new([permission]))
        .await
        .unwrap();
    let token = made.token.clone().unwrap();
    assert!(!format!("{made:?}").contains(&token));
    let config = config().auth(Auth::token(token)).bucket(&bucket.name);
    let writer = connect(config).unwrap();
    writer
        .write(&[Point::new("m").field("f", 1).at(1)])
        .await
        .unwrap();
    // The right to write is enough to delete, but not to count what would be deleted.
    writer.delete(&Delete::all()).await.unwrap();
    assert!(writer.count_deleted(&Delete::all()).await.is_err());
    let all = client.authorizations().list().collect().await.unwrap();
    let found = all.iter().find(|one| one.id == made.id).unwrap();
    assert_eq!(found.token, None);
    client.authorizations().delete(made.id).await.unwrap();
    assert_eq!(
        writer.delete(&Delete::all()).await.unwrap_err().kind(),
        ErrorKind::Unauthorized
    );
    client.buckets().delete(bucket.name.as_str()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_tasks_are_run_and_their_runs_listed() {
    let (client, bucket) = in_bucket().await;
    let (tasks, name) = (client.tasks(), name("t"));
    let flux = format!(
        "option task = {{name: \"{name}\", every: 1h}} from(bucket: \"{}\") |> range(start: -1h)",
        bucket.name
    );
    let made = tasks
        .create(NewTask::new(flux).description("d"))
        .await
        .unwrap();
    assert_eq!(made.description.as_deref(), Some("d"));
    let found = tasks.find(&name).await.unwrap().unwrap();
    assert_eq!(found.id, made.id);
    let run = tasks.run(name.as_str(), None).await.unwrap();
    let id = Id::new(run.id.clone());
    let now = ended(&tasks, &Id::new(made.id), &run.id).await;
    assert_eq!(now.status.as_deref(), Some("success"));
    let logs = tasks.logs(name.as_str(), Some(id.clone())).await.unwrap();
    assert!(!logs.is_empty());
    let again = || async { tasks.retry(name.as_str(), id.clone()).await.ok() };
    assert_ne!(eventually(again).await.id, run.id);
    let runs = || async { tasks.runs(name.as_str()).collect().await.unwrap() };
    let is_listed = || async { runs().await.into_iter().find(|one| one.id == run.id) };
    eventually(is_listed).await;
    let listed = tasks
        .list(TaskFilter::new().name(&name))
        .collect()
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    tasks.delete(name.as_str()).await.unwrap();
    client.buckets().delete(bucket.name.as_str()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn runs_of_2x_are_listed_from_a_time_on() {
    let client = client();
    let (tasks, name) = (client.tasks(), name("t"));
    let flux = format!(
        "import \"array\" option task = {{name: \"{name}\", every: 1h}} array.from(rows: [{{a: 1}}])"
    );
    let id = Id::new(tasks.create(NewTask::new(flux)).await.unwrap().id);
    let (mut made, mut times) = (Vec::new(), Vec::new());
    // The server keeps the runs of the last three days only.
    let now = jiff::Timestamp::now();
    for minutes in 0..4 {
        let time = now - jiff::SignedDuration::from_mins(10 * (1 + minutes));
        let time = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        made.push(tasks.run(id.clone(), Some(&time)).await.unwrap().id);
        times.push(time);
    }
    for run in &made {
        ended(&tasks, &id, run).await;
    }
    let lists = async |mark: Option<&str>, expected: &[String]| {
        let page = tasks.runs_page(id.clone(), mark.map(str::to_owned)).await;
        let page = page.unwrap();
        let listed: Vec<_> = page.items.into_iter().map(|run| run.id).collect();
        (listed == expected && page.next.is_none()).then_some(())
    };
    eventually(|| lists(None, &made)).await;
    eventually(|| lists(Some(&times[1]), &made[2..])).await;
    tasks.delete(id).await.unwrap();
}

/// Calls a function until it returns a value. A run that ends is moved from one store of the server
/// to another, and the server offers nothing to wait for. Meanwhile it does not find the run, or
/// lists it in another place.
async fn eventually<T, F: Future<Output = Option<T>>>(call: impl Fn() -> F) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = call().await {
            return value;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "never");
    }
}

async fn ended(tasks: &Tasks, task: &Id, run: &str) -> Run {
    let found = || async { tasks.run_of(task.clone(), run).await.ok() };
    eventually(|| async { found().await.filter(|run| run.finished_at.is_some()) }).await
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_labels_mappings_and_secrets_are_administered() {
    let (client, bucket) = in_bucket().await;
    let (labels, label) = (client.labels(), name("Label"));
    let made = labels
        .create(NewLabel::new(&label).property("color", "red"))
        .await
        .unwrap();
    assert_eq!(labels.find(&label).await.unwrap(), Some(made.clone()));
    assert_eq!(labels.find(&label.to_lowercase()).await.unwrap(), None);
    assert!(labels.list().collect().await.unwrap().contains(&made));
    labels.delete(label.as_str()).await.unwrap();

    let (dbrps, database) = (client.dbrps(), name("db"));
    let made = dbrps
        .create(NewDbrp::new(bucket.name.as_str(), &database, "rp"))
        .await
        .unwrap();
    assert_eq!(
        dbrps.find(&database, Some("rp")).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        dbrps.find(&database, None).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(dbrps.find(&database, Some("other")).await.unwrap(), None);
    let own = dbrps.find(&bucket.name, None).await.unwrap().unwrap();
    assert!(own.is_virtual, "{own:?}");
    client
        .write(&[Point::new("m").field("f", 1).at(1)])
        .await
        .unwrap();
    let query = Query::new("SELECT f FROM m")
        .language(Language::InfluxQl)
        .database(&database);
    assert_eq!(client.query(query).await.unwrap().rows(), 1);
    dbrps.delete(made.id).await.unwrap();

    let (secrets, key) = (client.secrets(), name("k"));
    secrets.set([(key.as_str(), "v")]).await.unwrap();
    assert!(secrets.list().await.unwrap().contains(&key));
    secrets.delete([key.as_str()]).await.unwrap();
    assert!(!secrets.list().await.unwrap().contains(&key));
    client.buckets().delete(bucket.name.as_str()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_the_server_is_healthy_and_set_up() {
    let client = client();
    assert_eq!(client.health().await.unwrap().status, "pass");
    assert_eq!(client.ready().await.unwrap().status, "ready");
    assert!(!client.can_set_up().await.unwrap());
}

/// Returns the values that are left, as `measurement tag time`.
async fn left(client: &Client) -> u64 {
    client.count_deleted(&Delete::all()).await.unwrap()
}

#[tokio::test]
#[ignore = "needs the 2.x server that the environment names (make test-server)"]
async fn administration_of_2x_the_count_is_what_a_deletion_deletes() {
    let (client, bucket) = in_bucket().await;
    let hostile = "a\" AND k\\ ${x} \n'é";
    let points = |tag: &str| {
        [
            Point::new("m")
                .tag("k", tag)
                .field("i", 1)
                .field("s", "x")
                .at(1),
            Point::new("m").tag("k", tag).field("i", 2).at(2),
            Point::new("m").field("i", 3).at(3),
            Point::new("n x").tag("k", "other").field("f", 1.5).at(4),
            Point::new("n x").tag("q", "z").field("f", 2.5).at(5),
        ]
    };
    let one = Predicate::new;
    let tag = |name: &str| name.replace('\n', "_");
    let hostile = tag(hostile);
    let cases = [
        (Delete::all(), 6),
        (Delete::all().start(2).stop(4), 3),
        (Delete::new(one().measurement("m")), 4),
        (Delete::new(one().measurement("m")).stop(1), 2),
        (Delete::new(one().measurement("n x").tag("k", "other")), 1),
        (Delete::new(one().tag("k", &hostile)), 3),
        (Delete::new(one().not_tag("k", "other")), 3),
        (Delete::new(one().not_tag("k", &hostile)), 1),
        (Delete::new(one().tag("nothing", "x")), 0),
        (Delete::new(one().not_tag("nothing", "x")), 0),
        (
            Delete::new(Predicate::parse("(_measurement=m AND k!=other) AND k!=x").unwrap()),
            3,
        ),
    ];
    for (delete, expected) in cases {
        client.write(&points(&hostile)).await.unwrap();
        assert_eq!(left(&client).await, 6);
        assert_eq!(
            client.count_deleted(&delete).await.unwrap(),
            expected,
            "{delete:?}"
        );
        client.delete(&delete).await.unwrap();
        assert_eq!(6 - left(&client).await, expected, "{delete:?}");
    }
    client.buckets().delete(bucket.name.as_str()).await.unwrap();
}
