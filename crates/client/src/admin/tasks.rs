//! Administers tasks.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/tasks`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::by::{By, Id};
use super::pages::{PAGE, Page, Pages};
use super::resource::{Resource, changes, id, id_of, not_empty, object, text, text_setters};
use crate::api::Method;
use crate::error::Error;

/// A task, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Task {
    /// The ID.
    pub id: String,
    /// The name, which the script states. Several tasks can have the same name.
    pub name: String,
    /// The Flux script.
    pub flux: Option<String>,
    /// `active` or `inactive`.
    pub status: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The interval at which the task runs, such as `1h`.
    pub every: Option<String>,
    /// The times at which the task runs, in the form of cron.
    pub cron: Option<String>,
    /// The delay of each run.
    pub offset: Option<String>,
    /// The ID of the organization.
    #[serde(rename = "orgID")]
    pub organization_id: Option<String>,
    /// The name of the organization.
    #[serde(rename = "org")]
    pub organization: Option<String>,
    /// The ID of the user who created the task.
    #[serde(rename = "ownerID")]
    pub owner_id: Option<String>,
    /// When the last completed run was scheduled, as RFC 3339.
    #[serde(rename = "latestCompleted")]
    pub latest_completed: Option<String>,
    /// The status of the last run.
    #[serde(rename = "lastRunStatus")]
    pub last_run_status: Option<String>,
    /// The error of the last run.
    #[serde(rename = "lastRunError")]
    pub last_run_error: Option<String>,
    /// When the task was created, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
    /// When the task was last changed, as RFC 3339.
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A task to create.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewTask {
    /// The Flux script, which must set `option task`.
    pub flux: String,
    /// The description.
    pub description: Option<String>,
    /// `active` (the default) or `inactive`.
    pub status: Option<String>,
}

impl NewTask {
    /// A task that runs this script, for example
    /// `option task = {name: "mean", every: 1h} from(bucket: "b") |> ...`.
    pub fn new(flux: impl Into<String>) -> Self {
        Self {
            flux: flux.into(),
            description: None,
            status: None,
        }
    }
}

text_setters!(NewTask:
    /// Sets the description.
    description,
    /// Sets the status, `active` or `inactive`.
    status,
);

/// Changes to a task. What is not set stays unchanged. `name`, `every`, `cron` and `offset` change
/// `option task` in the script.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TaskUpdate {
    /// The new script.
    pub flux: Option<String>,
    /// `active` or `inactive`.
    pub status: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new name.
    pub name: Option<String>,
    /// The new interval.
    pub every: Option<String>,
    /// The new times.
    pub cron: Option<String>,
    /// The new delay.
    pub offset: Option<String>,
}

impl TaskUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

text_setters!(TaskUpdate:
    /// Replaces the script.
    flux,
    /// Sets the status, `active` or `inactive`.
    status,
    /// Sets the description.
    description,
    /// Renames the task.
    name,
    /// Sets the interval, such as `1h`.
    every,
    /// Sets the times, in the form of cron.
    cron,
    /// Sets the delay of each run, such as `5m`.
    offset,
);

/// The tasks that a list contains.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TaskFilter {
    /// Only tasks with this name.
    pub name: Option<String>,
    /// Only tasks with this status, `active` or `inactive`.
    pub status: Option<String>,
}

impl TaskFilter {
    /// All tasks.
    pub fn new() -> Self {
        Self::default()
    }
}

text_setters!(TaskFilter:
    /// Selects the tasks with this name.
    name,
    /// Selects the tasks with this status, `active` or `inactive`.
    status,
);

/// The calls that administer tasks and their runs. See [`Client::tasks`](crate::Client::tasks).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached. A call that names a task by a name that several tasks have also fails.
#[derive(Clone, Debug)]
pub struct Tasks(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Tasks {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Lists the tasks of the organization.
    pub fn list(&self, filter: TaskFilter) -> Pages<Task> {
        let own = self.clone();
        Pages::new(move |mark| {
            let (own, filter) = (own.clone(), filter.clone());
            async move { own.page(&filter, mark).await }
        })
    }

    /// Returns the page of the list that begins after this mark.
    pub async fn page(
        &self,
        filter: &TaskFilter,
        mark: Option<String>,
    ) -> Result<Page<Task>, Error> {
        let mut request = Resource::to(Method::Get, &["tasks"]).query("limit", PAGE.to_string());
        let keys = [
            ("name", &filter.name),
            ("status", &filter.status),
            ("after", &mark),
        ];
        for (key, value) in keys {
            if let Some(value) = value {
                request = request.query(key, value);
            }
        }
        let items = self.0.read_key(&self.0.scoped(request)?, "tasks").await?;
        Ok(Page::of(items, PAGE, |task: &Task| &task.id))
    }

    /// Returns the task with this name, or `None` if there is none.
    pub async fn find(&self, name: &str) -> Result<Option<Task>, Error> {
        not_empty("task", name)?;
        let found = self.page(&TaskFilter::new().name(name), None).await?;
        self.0.only("task", name, found.items)
    }

    /// Returns the task with this ID.
    pub async fn get(&self, task: impl Into<Id>) -> Result<Task, Error> {
        let task = task.into();
        let request = Resource::to(Method::Get, &["tasks", id(&task)?]);
        self.0.read(&request).await
    }

    /// Creates a task.
    pub async fn create(&self, task: NewTask) -> Result<Task, Error> {
        not_empty("flux", &task.flux)?;
        let body = object([
            ("orgID", Some(self.0.organization_id().await?.into())),
            ("flux", Some(task.flux.into())),
            ("description", task.description.map(Value::String)),
            ("status", task.status.map(Value::String)),
        ]);
        let request = Resource::to(Method::Post, &["tasks"]).json(body);
        self.0.read(&request).await
    }

    /// Changes a task.
    pub async fn update(&self, task: impl Into<By>, update: TaskUpdate) -> Result<Task, Error> {
        let body = changes([
            ("flux", text(update.flux.as_deref())),
            ("status", text(update.status.as_deref())),
            ("description", text(update.description.as_deref())),
            ("name", text(update.name.as_deref())),
            ("every", text(update.every.as_deref())),
            ("cron", text(update.cron.as_deref())),
            ("offset", text(update.offset.as_deref())),
        ])?;
        let task = self.id_of(task.into()).await?;
        let request = Resource::to(Method::Patch, &["tasks", &task]).json(body);
        self.0.read(&request).await
    }

    /// Deletes a task with its runs and logs.
    pub async fn delete(&self, task: impl Into<By>) -> Result<(), Error> {
        let task = self.id_of(task.into()).await?;
        let request = Resource::to(Method::Delete, &["tasks", &task]);
        self.0.run(&request).await
    }

    pub(super) async fn id_of(&self, task: By) -> Result<String, Error> {
        Ok(id_of!(self, "task", task, |found| found.id))
    }
}
