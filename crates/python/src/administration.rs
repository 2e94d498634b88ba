//! Makes the typed calls of the engine that administer a 2.x server. A call is named by its noun and
//! its action. Its arguments are JSON, and its result is JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use aioinflux::admin::{
    AuthorizationUpdate, BucketUpdate, By, DbrpUpdate, Delete, Id, LabelUpdate, NewAuthorization,
    NewBucket, NewDbrp, NewLabel, NewOrganization, NewServer, NewTask, NewUser, OrganizationUpdate,
    Page, Permission, Predicate, Retention, TaskFilter, TaskUpdate, UserUpdate,
};
use aioinflux::{ApiRequest, ApiResponse, Client, Error, Method};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::argument;
use crate::errors;
use crate::exit;
use crate::out::json;

/// The arguments of all calls. The Python package checks the types of the user's arguments, and
/// passes only the arguments that an action has.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Arguments {
    name: Option<String>,
    id: Option<String>,
    organization: Option<String>,
    organization_id: Option<String>,
    mark: Option<String>,
    new_name: Option<String>,
    description: Option<String>,
    status: Option<String>,
    retention: Option<Length>,
    shard_duration: Option<Length>,
    user: Option<String>,
    user_id: Option<String>,
    password: String,
    token: Option<String>,
    permissions: Vec<Permission>,
    flux: Option<String>,
    every: Option<String>,
    cron: Option<String>,
    offset: Option<String>,
    scheduled_for: Option<String>,
    run: Option<String>,
    properties: BTreeMap<String, String>,
    bucket: Option<String>,
    bucket_id: Option<String>,
    database: String,
    retention_policy: Option<String>,
    default: Option<bool>,
    secrets: BTreeMap<String, String>,
    keys: Vec<String>,
    measurement: Option<String>,
    tags: BTreeMap<String, String>,
    predicate: Option<String>,
    start: Option<i64>,
    stop: Option<i64>,
    all: bool,
}

/// A duration in seconds and nanoseconds, or forever.
#[derive(Clone, Copy, Deserialize)]
pub(crate) enum Length {
    Forever,
    Finite(u64, u32),
}

impl From<Length> for Retention {
    fn from(length: Length) -> Self {
        match length {
            Length::Forever => Self::Forever,
            Length::Finite(..) => Self::For(length.span()),
        }
    }
}

impl Length {
    /// Returns a duration that cannot be forever, which the Python package checks.
    fn span(self) -> Duration {
        match self {
            Self::Forever => Duration::MAX,
            Self::Finite(seconds, nanoseconds) => Duration::new(seconds, nanoseconds),
        }
    }
}

/// Reads the arguments of a call.
pub(crate) fn arguments(text: &str) -> PyResult<Arguments> {
    serde_json::from_str(text).map_err(|error| {
        // The text may contain passwords, and the error may quote it.
        PyValueError::new_err(format!("arguments: column {}", error.column()))
    })
}

/// Returns a name or an ID. The Python package passes one of the two.
fn by(name: Option<String>, id: Option<String>) -> By {
    match (id, name) {
        (Some(id), _) => Id::new(id).into(),
        (None, name) => name.unwrap_or_default().into(),
    }
}

impl Arguments {
    fn which(&mut self) -> By {
        by(self.name.take(), self.id.take())
    }

    fn id(&mut self) -> Id {
        Id::new(self.id.take().unwrap_or_default())
    }

    fn name(&mut self) -> String {
        self.name.take().unwrap_or_default()
    }

    fn organization(&mut self) -> Option<By> {
        let (name, id) = (self.organization.take(), self.organization_id.take());
        (name.is_some() || id.is_some()).then(|| by(name, id))
    }
}

/// Returns the nouns of a client, with the organization that the caller names.
macro_rules! scoped {
    ($client:expr, $nouns:ident, $arguments:expr) => {
        match $arguments.organization() {
            Some(organization) => $client.$nouns().organization(organization),
            None => $client.$nouns(),
        }
    };
}

/// Makes a call, and returns its result as JSON.
pub(crate) async fn call(
    client: Client,
    noun: &str,
    action: &str,
    given: Arguments,
) -> Result<Value, Error> {
    match noun {
        "buckets" => buckets(&client, action, given).await,
        "organizations" => organizations(&client, action, given).await,
        "users" => users(&client, action, given).await,
        "authorizations" => authorizations(&client, action, given).await,
        "tasks" => tasks(&client, action, given).await,
        "labels" => labels(&client, action, given).await,
        "dbrps" => dbrps(&client, action, given).await,
        "secrets" => secrets(&client, action, given).await,
        "points" => points(&client, action, given).await,
        _ => server(&client, action, given).await,
    }
}

/// Returns an object of the engine as JSON, which always succeeds, because its keys are texts.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the result of this function is the result of a call"
)]
fn written<T: Serialize>(value: T) -> Result<Value, Error> {
    Ok(serde_json::to_value(value).unwrap_or_default())
}

fn page<T: Serialize>(page: Page<T>) -> Result<Value, Error> {
    Ok(json!({"items": written(page.items)?, "next": page.next}))
}

async fn buckets(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let buckets = scoped!(client, buckets, given);
    match action {
        "list" => page(buckets.page(given.mark).await?),
        "find" => written(buckets.find(&given.name()).await?),
        "get" => written(buckets.get(given.id()).await?),
        "create" => {
            let mut new = NewBucket::new(given.name());
            new.retention = given.retention.map(Retention::from).unwrap_or_default();
            new.shard_duration = given.shard_duration.map(Length::span);
            new.description = given.description;
            written(buckets.create(new).await?)
        }
        "update" => {
            let which = given.which();
            let mut update = BucketUpdate::new();
            update.name = given.new_name;
            update.retention = given.retention.map(Retention::from);
            update.shard_duration = given.shard_duration.map(Length::span);
            update.description = given.description;
            written(buckets.update(which, update).await?)
        }
        _ => written(buckets.delete(given.which()).await?),
    }
}

async fn organizations(
    client: &Client,
    action: &str,
    mut given: Arguments,
) -> Result<Value, Error> {
    let organizations = client.organizations();
    match action {
        "list" => page(organizations.page(given.mark).await?),
        "find" => written(organizations.find(&given.name()).await?),
        "get" => written(organizations.get(given.id()).await?),
        "create" => {
            let mut new = NewOrganization::new(given.name());
            new.description = given.description;
            written(organizations.create(new).await?)
        }
        "update" => {
            let which = given.which();
            let mut update = OrganizationUpdate::new();
            update.name = given.new_name;
            update.description = given.description;
            written(organizations.update(which, update).await?)
        }
        _ => written(organizations.delete(given.which()).await?),
    }
}

async fn users(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let users = client.users();
    match action {
        "list" => page(users.page(given.mark).await?),
        "find" => written(users.find(&given.name()).await?),
        "get" => written(users.get(given.id()).await?),
        "create" => {
            let mut new = NewUser::new(given.name());
            new.status = given.status;
            written(users.create(new).await?)
        }
        "update" => {
            let which = given.which();
            let mut update = UserUpdate::new();
            update.name = given.new_name;
            update.status = given.status;
            written(users.update(which, update).await?)
        }
        "set_password" => {
            let which = given.which();
            written(users.set_password(which, &given.password).await?)
        }
        _ => written(users.delete(given.which()).await?),
    }
}

async fn authorizations(
    client: &Client,
    action: &str,
    mut given: Arguments,
) -> Result<Value, Error> {
    let authorizations = scoped!(client, authorizations, given);
    match action {
        "list" => page(authorizations.page(given.mark).await?),
        "get" => written(authorizations.get(given.id()).await?),
        "create" => {
            let mut new = NewAuthorization::new(given.permissions);
            new.description = given.description;
            new.status = given.status;
            let is_named = given.user.is_some() || given.user_id.is_some();
            new.user = is_named.then(|| by(given.user, given.user_id));
            written(authorizations.create(new).await?)
        }
        "update" => {
            let id = given.id();
            let mut update = AuthorizationUpdate::new();
            update.status = given.status;
            update.description = given.description;
            written(authorizations.update(id, update).await?)
        }
        _ => written(authorizations.delete(given.id()).await?),
    }
}

async fn tasks(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let tasks = scoped!(client, tasks, given);
    let run = Id::new(given.run.take().unwrap_or_default());
    match action {
        "list" => {
            let mut filter = TaskFilter::new();
            filter.name = given.name;
            filter.status = given.status;
            page(tasks.page(&filter, given.mark).await?)
        }
        "find" => written(tasks.find(&given.name()).await?),
        "get" => written(tasks.get(given.id()).await?),
        "create" => {
            let mut new = NewTask::new(given.flux.unwrap_or_default());
            new.description = given.description;
            new.status = given.status;
            written(tasks.create(new).await?)
        }
        "update" => {
            let which = given.which();
            let mut update = TaskUpdate::new();
            update.flux = given.flux;
            update.status = given.status;
            update.description = given.description;
            update.name = given.new_name;
            update.every = given.every;
            update.cron = given.cron;
            update.offset = given.offset;
            written(tasks.update(which, update).await?)
        }
        "run" => {
            let which = given.which();
            written(tasks.run(which, given.scheduled_for.as_deref()).await?)
        }
        "runs" => {
            let which = given.which();
            page(tasks.runs_page(which, given.mark).await?)
        }
        "run_of" => written(tasks.run_of(given.which(), run).await?),
        "retry" => written(tasks.retry(given.which(), run).await?),
        "cancel" => written(tasks.cancel(given.which(), run).await?),
        "logs" => written(tasks.logs(given.which(), None).await?),
        "logs_of" => written(tasks.logs(given.which(), Some(run)).await?),
        _ => written(tasks.delete(given.which()).await?),
    }
}

async fn labels(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let labels = scoped!(client, labels, given);
    match action {
        "list" => page(labels.page(given.mark).await?),
        "find" => written(labels.find(&given.name()).await?),
        "get" => written(labels.get(given.id()).await?),
        "create" => {
            let mut new = NewLabel::new(given.name());
            new.properties = given.properties;
            written(labels.create(new).await?)
        }
        "update" => {
            let which = given.which();
            let mut update = LabelUpdate::new();
            update.name = given.new_name;
            update.properties = given.properties;
            written(labels.update(which, update).await?)
        }
        _ => written(labels.delete(given.which()).await?),
    }
}

async fn dbrps(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let dbrps = scoped!(client, dbrps, given);
    let policy = given.retention_policy.take();
    match action {
        "list" => page(dbrps.page(given.mark).await?),
        "find" => written(dbrps.find(&given.database, policy.as_deref()).await?),
        "get" => written(dbrps.get(given.id()).await?),
        "create" => {
            let bucket = by(given.bucket, given.bucket_id);
            let mut new = NewDbrp::new(bucket, given.database, policy.unwrap_or_default());
            new.is_default = given.default;
            written(dbrps.create(new).await?)
        }
        "update" => {
            let id = given.id();
            let mut update = DbrpUpdate::new();
            update.retention_policy = policy;
            update.is_default = given.default;
            written(dbrps.update(id, update).await?)
        }
        _ => written(dbrps.delete(given.id()).await?),
    }
}

async fn secrets(client: &Client, action: &str, mut given: Arguments) -> Result<Value, Error> {
    let secrets = scoped!(client, secrets, given);
    match action {
        "list" => written(secrets.list().await?),
        "set" => written(secrets.set(given.secrets).await?),
        _ => written(secrets.delete(given.keys).await?),
    }
}

async fn points(client: &Client, action: &str, given: Arguments) -> Result<Value, Error> {
    let mut predicate = Predicate::new();
    if let Some(measurement) = given.measurement {
        predicate = predicate.measurement(measurement);
    }
    for (key, value) in given.tags {
        predicate = predicate.tag(key, value);
    }
    if let Some(text) = given.predicate {
        predicate = predicate.and(Predicate::parse(&text)?);
    }
    let mut delete = Delete::new(predicate);
    delete.all = given.all;
    delete.start = given.start;
    delete.stop = given.stop;
    delete.names.database = given.bucket;
    match action {
        "count" => written(client.count_deleted(&delete).await?),
        _ => written(client.delete(&delete).await?),
    }
}

async fn server(client: &Client, action: &str, given: Arguments) -> Result<Value, Error> {
    match action {
        "setup" => {
            let (user, organization) = (given.user, given.organization);
            let mut new = NewServer::new(
                user.unwrap_or_default(),
                given.password,
                organization.unwrap_or_default(),
                given.bucket.unwrap_or_default(),
            );
            new.retention = given.retention.map(Retention::from).unwrap_or_default();
            new.token = given.token;
            written(client.setup(new).await?)
        }
        "can_set_up" => written(client.can_set_up().await?),
        "health" => written(client.health().await?),
        _ => written(client.ready().await?),
    }
}

/// Returns the Python object for the result of a call.
pub(crate) fn result(py: Python<'_>, outcome: Result<Value, Error>) -> PyResult<Py<PyAny>> {
    let value = outcome.map_err(|error| errors::to_python(&error))?;
    json::value(py, value.to_string().as_bytes())
}

/// Returns a request to an endpoint that the caller names.
pub(crate) fn request(
    method: &str,
    path: &str,
    query: Vec<(String, String)>,
    body: Option<&str>,
) -> PyResult<ApiRequest> {
    let known = Method::from_name(method);
    let known =
        known.ok_or_else(|| argument("method", "GET, POST, PUT, PATCH or DELETE", method))?;
    let mut request = ApiRequest::new(known, path).map_err(|error| errors::to_python(&error))?;
    for (key, value) in query {
        request = request.query(key, value);
    }
    let Some(body) = body else {
        return Ok(request);
    };
    if known == Method::Get {
        let text = "argument `json`: a GET request has no body; hint: pass `query`";
        return Err(PyValueError::new_err(text));
    }
    let body: Value = serde_json::from_str(body)
        .map_err(|error| PyValueError::new_err(format!("argument `json`: {error}")))?;
    Ok(request.json(body))
}

/// Returns the status, the headers and the body of an answer. A body that is JSON becomes Python
/// objects. Any other body becomes bytes, and no body becomes `None`.
pub(crate) fn response(py: Python<'_>, outcome: Result<ApiResponse, Error>) -> PyResult<Py<PyAny>> {
    let response = outcome.map_err(|error| errors::to_python(&error))?;
    let headers = PyDict::new(py);
    for (name, value) in &response.headers {
        headers.set_item(errors::header_name(name), value)?;
    }
    let body = match (response.body.is_empty(), response.is_json()) {
        (true, _) => py.None(),
        (false, true) => json::value(py, &response.body)?,
        (false, false) => PyBytes::new(py, &response.body).into_py_any(py)?,
    };
    (response.status, headers, body).into_py_any(py)
}

/// Returns the measurement and the condition in `InfluxQL` for a predicate.
#[pyfunction]
pub(crate) fn predicate_of_influxql(text: &str) -> PyResult<(Option<String>, String)> {
    exit::protect_thread();
    let predicate = Predicate::parse(text).and_then(|predicate| predicate.to_influxql());
    predicate.map_err(|error| errors::to_python(&error))
}
