//! Administers the runs of tasks, and reads their logs.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/tasks/{taskID}/runs`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{PAGE, Page, Pages};
use super::resource::{Resource, id};
use super::tasks::Tasks;
use crate::api::Method;
use crate::error::Error;

/// A run of a task, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// The ID.
    pub id: String,
    /// The ID of the task.
    #[serde(rename = "taskID")]
    pub task_id: Option<String>,
    /// `scheduled`, `started`, `success`, `failed` or `canceled`.
    pub status: Option<String>,
    /// The time `now()` of the script in this run, as RFC 3339.
    #[serde(rename = "scheduledFor")]
    pub scheduled_for: Option<String>,
    /// When the run began, as RFC 3339.
    #[serde(rename = "startedAt")]
    pub started_at: Option<String>,
    /// When the run ended, as RFC 3339.
    #[serde(rename = "finishedAt")]
    pub finished_at: Option<String>,
    /// When a caller requested the run, as RFC 3339.
    #[serde(rename = "requestedAt")]
    pub requested_at: Option<String>,
    /// What the run reported.
    #[serde(default)]
    pub log: Vec<LogEvent>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A message in the log of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogEvent {
    /// The ID of the run.
    #[serde(rename = "runID")]
    pub run_id: Option<String>,
    /// When the message was written, as RFC 3339.
    pub time: Option<String>,
    /// The message.
    pub message: String,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// The runs of a task.
#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Tasks {
    /// Lists the runs of a task.
    pub fn runs(&self, task: impl Into<By>) -> Pages<Run> {
        let (own, task) = (self.clone(), task.into());
        Pages::new(move |mark| {
            let (own, task) = (own.clone(), task.clone());
            async move { own.runs_page(task, mark).await }
        })
    }

    /// Returns the page of the runs of a task that begins after this mark.
    pub async fn runs_page(
        &self,
        task: impl Into<By>,
        mark: Option<String>,
    ) -> Result<Page<Run>, Error> {
        let task = self.id_of(task.into()).await?;
        let request = Resource::to(Method::Get, &["tasks", &task, "runs"]);
        let mut request = request.query("limit", PAGE.to_string());
        if let Some(mark) = mark {
            request = request.query("after", mark);
        }
        let items = self.0.read_key(&request, "runs").await?;
        Ok(Page::of(items, PAGE, |run: &Run| &run.id))
    }

    /// Returns a run of a task.
    pub async fn run_of(&self, task: impl Into<By>, run: impl Into<Id>) -> Result<Run, Error> {
        let (task, run) = (self.id_of(task.into()).await?, run.into());
        let request = Resource::to(Method::Get, &["tasks", &task, "runs", id(&run)?]);
        self.0.read(&request).await
    }

    /// Runs a task now. The result describes a run that may not have begun. `scheduled_for` is the
    /// time `now()` of the script, as RFC 3339; by default, this is the present time.
    pub async fn run(
        &self,
        task: impl Into<By>,
        scheduled_for: Option<&str>,
    ) -> Result<Run, Error> {
        let task = self.id_of(task.into()).await?;
        let body = scheduled_for.map_or_else(|| json!({}), |time| json!({"scheduledFor": time}));
        let request = Resource::to(Method::Post, &["tasks", &task, "runs"]).json(body);
        self.0.read(&request).await
    }

    /// Runs a task again, with the time of an earlier run.
    pub async fn retry(&self, task: impl Into<By>, run: impl Into<Id>) -> Result<Run, Error> {
        let (task, run) = (self.id_of(task.into()).await?, run.into());
        let request = Resource::to(Method::Post, &["tasks", &task, "runs", id(&run)?, "retry"]);
        self.0.read(&request.json(json!({}))).await
    }

    /// Cancels a run that has not ended.
    pub async fn cancel(&self, task: impl Into<By>, run: impl Into<Id>) -> Result<(), Error> {
        let (task, run) = (self.id_of(task.into()).await?, run.into());
        let request = Resource::to(Method::Delete, &["tasks", &task, "runs", id(&run)?]);
        self.0.run(&request).await
    }

    /// Returns the log of one run of a task, or of all its runs.
    pub async fn logs(&self, task: impl Into<By>, run: Option<Id>) -> Result<Vec<LogEvent>, Error> {
        let task = self.id_of(task.into()).await?;
        let request = match &run {
            Some(run) => Resource::to(Method::Get, &["tasks", &task, "runs", id(run)?, "logs"]),
            None => Resource::to(Method::Get, &["tasks", &task, "logs"]),
        };
        self.0.read_key(&request, "events").await
    }
}
