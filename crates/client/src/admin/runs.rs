//! Administers the runs of tasks, and reads their logs.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/tasks/{taskID}/runs`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{Page, Pages};
use super::resource::{Resource, id};
use super::tasks::Tasks;
use crate::api::Method;
use crate::error::{Error, ErrorKind};

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

/// The number of runs on a page, which is the most that the server allows.
const PAGE: usize = 500;

/// The runs of a task.
#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Tasks {
    /// Lists the runs of a task: first those that have not ended, and then the others from the
    /// latest to the earliest time for which they were scheduled. The server keeps runs for three
    /// days. A run that ends while the list is read can appear twice.
    pub fn runs(&self, task: impl Into<By>) -> Pages<Run> {
        let (own, task) = (self.clone(), task.into());
        Pages::new(move |mark| {
            let (own, task) = (own.clone(), task.clone());
            async move { own.runs_page(task, mark).await }
        })
    }

    /// Returns the page of the runs of a task that begins after this mark.
    ///
    /// The mark is a time. Beside times, the server can continue a list after the ID of a run, but
    /// then leaves out all runs that have ended (observed on 2.9.1).
    pub async fn runs_page(
        &self,
        task: impl Into<By>,
        mark: Option<String>,
    ) -> Result<Page<Run>, Error> {
        let task = self.id_of(task.into()).await?;
        let request = Resource::to(Method::Get, &["tasks", &task, "runs"]);
        let mut request = request.query("limit", PAGE.to_string());
        let is_first = mark.is_none();
        if let Some(mark) = mark {
            request = request.query("beforeTime", mark);
        }
        let mut runs: Vec<Run> = self.0.read_key(&request, "runs").await?;
        let is_full = runs.len() >= PAGE;
        if !is_first {
            runs.retain(|run| run.finished_at.is_some());
        }
        let next = if is_full { Some(cut(&mut runs)?) } else { None };
        Ok(Page { items: runs, next })
    }

    /// Returns a run of a task. When a run ends, the server does not find it for a moment (observed
    /// on 2.9.1).
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

/// Removes the runs of the last time from a full page, because there may be more of them, and
/// returns a time that is later than this time by one second. The server returns the runs that were
/// scheduled before a time, which has no fractions of a second.
fn cut(runs: &mut Vec<Run>) -> Result<String, Error> {
    let refuse = |why: &str| {
        let text = format!("tasks: the runs cannot be listed: {why}");
        Err(Error::new(ErrorKind::Decode, false, text))
    };
    let last = runs.last().filter(|run| run.finished_at.is_some());
    let Some(last) = last.and_then(|run| run.scheduled_for.clone()) else {
        return refuse("too many runs have not ended");
    };
    let count = runs.len();
    runs.retain(|run| run.finished_at.is_none() || run.scheduled_for.as_ref() != Some(&last));
    let has_ended = runs.iter().any(|run| run.finished_at.is_some());
    if !has_ended {
        return refuse(&format!("{count} runs were scheduled for `{last}`"));
    }
    match last.parse::<Timestamp>() {
        Ok(time) => Ok((time + SignedDuration::from_secs(1)).to_string()),
        Err(_) => refuse("the server sent an invalid time"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn run(id: &str, scheduled_for: &str, has_ended: bool) -> Run {
        let mut run = json!({"id": id, "scheduledFor": scheduled_for});
        if has_ended {
            run["finishedAt"] = "2026-12-01T00:00:00Z".into();
        }
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn a_full_page_is_cut_before_its_last_time() {
        let (later, last) = ("2026-12-01T00:01:00Z", "2026-12-01T00:00:00Z");
        let mut runs = vec![
            run("a", last, false),
            run("b", later, true),
            run("c", last, true),
            run("d", last, true),
        ];
        assert_eq!(cut(&mut runs).unwrap(), "2026-12-01T00:00:01Z");
        let ids: Vec<_> = runs.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn a_list_that_cannot_continue_is_an_error() {
        let time = "2026-12-01T00:00:00Z";
        let mut pending = vec![run("a", time, false)];
        assert!(cut(&mut pending).is_err());
        let mut equal = vec![run("a", time, true), run("b", time, true)];
        let error = cut(&mut equal).unwrap_err().to_string();
        assert!(error.contains("2 runs were scheduled for"), "{error}");
        let mut odd = vec![run("a", time, true), run("b", "never", true)];
        assert!(cut(&mut odd).is_err());
    }
}
