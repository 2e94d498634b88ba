//! Administers buckets.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/buckets`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::by::{By, Id};
use super::pages::{PAGE, Page, Pages};
use super::resource::{Extra, Resource, changes, id, id_of, not_empty, object, text, text_setters};
use crate::api::Method;
use crate::error::{Error, ErrorKind};

/// The shortest retention that the server accepts.
const SHORTEST: Duration = Duration::from_secs(3600);

/// A bucket, as the server describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bucket {
    /// The ID.
    pub id: String,
    /// The name, which is unique within its organization.
    pub name: String,
    /// The ID of the organization.
    #[serde(rename = "orgID")]
    pub organization_id: Option<String>,
    /// `user`, or `system` for the server's own buckets.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// How long the bucket keeps points. See [`retention`](Self::retention).
    #[serde(rename = "retentionRules", default)]
    pub retention_rules: Vec<RetentionRule>,
    /// When the bucket was created, as RFC 3339.
    #[serde(rename = "createdAt")]
    pub created_at: Option<String>,
    /// When the bucket was last changed, as RFC 3339.
    #[serde(rename = "updatedAt")]
    pub updated_at: Option<String>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

/// A rule that says how long a bucket keeps points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetentionRule {
    /// How long points are kept, in seconds. Zero means forever.
    #[serde(rename = "everySeconds", default)]
    pub every_seconds: u64,
    /// The time span of a shard, in seconds.
    #[serde(rename = "shardGroupDurationSeconds")]
    pub shard_seconds: Option<u64>,
    /// The fields that this crate does not know.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

impl Bucket {
    /// Returns how long the bucket keeps points, or `None` if it keeps them forever.
    pub fn retention(&self) -> Option<Duration> {
        let rules = self.retention_rules.iter();
        let mut seconds = rules.map(|rule| rule.every_seconds);
        let seconds = seconds.find(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds))
    }
}

/// How long a bucket keeps points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// Points are kept forever.
    #[default]
    Forever,
    /// Points are kept for this duration: at least one hour, in whole seconds.
    For(Duration),
}

impl From<Duration> for Retention {
    fn from(duration: Duration) -> Self {
        Self::For(duration)
    }
}

impl From<Option<Duration>> for Retention {
    fn from(duration: Option<Duration>) -> Self {
        duration.map_or(Self::Forever, Self::For)
    }
}

impl Retention {
    /// Returns the retention in seconds. Zero means forever.
    pub(super) fn seconds(self) -> Result<u64, Error> {
        match self {
            Self::Forever => Ok(0),
            Self::For(duration) => seconds("retention", duration),
        }
    }
}

/// A bucket to create.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewBucket {
    /// The name.
    pub name: String,
    /// How long points are kept.
    pub retention: Retention,
    /// The time span of a shard. By default, the server derives it from the retention.
    pub shard_duration: Option<Duration>,
    /// The description.
    pub description: Option<String>,
}

impl NewBucket {
    /// A bucket with this name that keeps points forever.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            retention: Retention::Forever,
            shard_duration: None,
            description: None,
        }
    }

    /// Sets how long points are kept: at least one hour, in whole seconds. `None` means forever.
    #[must_use]
    pub fn retention(mut self, retention: impl Into<Retention>) -> Self {
        self.retention = retention.into();
        self
    }

    /// Sets the time span of a shard, in whole seconds.
    #[must_use]
    pub fn shard_duration(mut self, span: Duration) -> Self {
        self.shard_duration = Some(span);
        self
    }
}

text_setters!(NewBucket:
    /// Sets the description.
    description,
);

/// Changes to a bucket. What is not set stays unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BucketUpdate {
    /// The new name.
    pub name: Option<String>,
    /// How long points are kept.
    pub retention: Option<Retention>,
    /// The time span of future shards.
    pub shard_duration: Option<Duration>,
    /// The new description.
    pub description: Option<String>,
}

impl BucketUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long points are kept, like [`NewBucket::retention`].
    #[must_use]
    pub fn retention(mut self, retention: impl Into<Retention>) -> Self {
        self.retention = Some(retention.into());
        self
    }

    /// Sets the time span of future shards, in whole seconds.
    #[must_use]
    pub fn shard_duration(mut self, span: Duration) -> Self {
        self.shard_duration = Some(span);
        self
    }
}

text_setters!(BucketUpdate:
    /// Renames the bucket.
    name,
    /// Sets the description.
    description,
);

/// The calls that administer buckets. See [`Client::buckets`](crate::Client::buckets).
///
/// A call fails if an argument is invalid, if the server refuses it, or if the server cannot be
/// reached.
#[derive(Clone, Debug)]
pub struct Buckets(pub(super) Resource);

#[expect(
    clippy::missing_errors_doc,
    reason = "the type says when its calls fail"
)]
impl Buckets {
    /// Uses this organization instead of the client's.
    #[must_use]
    pub fn organization(self, organization: impl Into<By>) -> Self {
        Self(self.0.in_organization(organization.into()))
    }

    /// Lists the buckets of the organization, including the server's own. If neither the caller nor
    /// the client names an organization, the list has all buckets that the token can read.
    pub fn list(&self) -> Pages<Bucket> {
        let own = self.clone();
        Pages::new(move |mark| {
            let own = own.clone();
            async move { own.page(mark).await }
        })
    }

    /// Returns the page of the list that begins after this mark.
    pub async fn page(&self, mark: Option<String>) -> Result<Page<Bucket>, Error> {
        let mut request = Resource::to(Method::Get, &["buckets"]).query("limit", PAGE.to_string());
        if let Some(mark) = mark {
            request = request.query("after", mark);
        }
        let items = self.0.read_key(&self.0.scoped(request)?, "buckets").await?;
        Ok(Page::of(items, PAGE, |bucket: &Bucket| &bucket.id))
    }

    /// Returns the bucket with this name, or `None` if there is none.
    pub async fn find(&self, name: &str) -> Result<Option<Bucket>, Error> {
        not_empty("bucket", name)?;
        let request = Resource::to(Method::Get, &["buckets"]).query("name", name);
        match self.0.read_key(&self.0.scoped(request)?, "buckets").await {
            Ok(found) => self.0.only("bucket", name, found),
            // If the request names an organization, the server has an error for a missing bucket,
            // and another one for a missing organization.
            Err(error) if is_missing_bucket(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the bucket with this ID.
    pub async fn get(&self, bucket: impl Into<Id>) -> Result<Bucket, Error> {
        let bucket = bucket.into();
        let request = Resource::to(Method::Get, &["buckets", id(&bucket)?]);
        self.0.read(&request).await
    }

    /// Creates a bucket.
    pub async fn create(&self, bucket: NewBucket) -> Result<Bucket, Error> {
        not_empty("bucket", &bucket.name)?;
        let rule = rule(Some(bucket.retention), bucket.shard_duration)?;
        let body = object([
            ("orgID", Some(self.0.organization_id().await?.into())),
            ("name", Some(bucket.name.into())),
            ("description", bucket.description.map(Value::String)),
            ("retentionRules", Some(json!(Vec::from_iter(rule)))),
        ]);
        let request = Resource::to(Method::Post, &["buckets"]).json(body);
        self.0.read(&request).await
    }

    /// Changes a bucket.
    pub async fn update(
        &self,
        bucket: impl Into<By>,
        update: BucketUpdate,
    ) -> Result<Bucket, Error> {
        if let Some(name) = &update.name {
            not_empty("bucket", name)?;
        }
        let rule = rule(update.retention, update.shard_duration)?;
        let body = changes([
            ("name", text(update.name.as_deref())),
            ("description", text(update.description.as_deref())),
            ("retentionRules", rule.map(|rule| json!([rule]))),
        ])?;
        let bucket = self.id_of(bucket.into()).await?;
        let request = Resource::to(Method::Patch, &["buckets", &bucket]).json(body);
        self.0.read(&request).await
    }

    /// Deletes a bucket with all its points.
    pub async fn delete(&self, bucket: impl Into<By>) -> Result<(), Error> {
        let bucket = self.id_of(bucket.into()).await?;
        let request = Resource::to(Method::Delete, &["buckets", &bucket]);
        self.0.run(&request).await
    }

    pub(super) async fn id_of(&self, bucket: By) -> Result<String, Error> {
        Ok(id_of!(self, "bucket", bucket, |found| found.id))
    }
}

fn is_missing_bucket(error: &Error) -> bool {
    let message = error.server_message().unwrap_or_default();
    error.kind() == ErrorKind::NotFound && message.starts_with("bucket ")
}

/// Returns the retention rule with these settings, or `None` if nothing is set.
fn rule(
    retention: Option<Retention>,
    shard_duration: Option<Duration>,
) -> Result<Option<Value>, Error> {
    let mut rule = Extra::new();
    if let Some(retention) = retention {
        rule.insert("everySeconds".into(), retention.seconds()?.into());
    }
    if let Some(span) = shard_duration {
        let span = seconds("shard_duration", span)?;
        rule.insert("shardGroupDurationSeconds".into(), span.into());
    }
    if rule.is_empty() {
        return Ok(None);
    }
    rule.insert("type".into(), "expire".into());
    Ok(Some(rule.into()))
}

/// Returns a duration in seconds. The server counts in whole seconds.
fn seconds(what: &str, length: Duration) -> Result<u64, Error> {
    if length < SHORTEST {
        return Err(Error::config(format!(
            "{what}: expected at least one hour, got {length:?}"
        )));
    }
    if length.subsec_nanos() > 0 || i64::try_from(length.as_nanos()).is_err() {
        return Err(Error::config(format!(
            "{what}: expected whole seconds, and less than 292 years, got {length:?}"
        )));
    }
    Ok(length.as_secs())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_in_whole_seconds() {
        let hour = Duration::from_secs(3600);
        let expected = json!({"type": "expire", "everySeconds": 3600});
        assert_eq!(rule(Some(hour.into()), None).unwrap(), Some(expected));
        let forever = json!({"type": "expire", "everySeconds": 0});
        assert_eq!(rule(Some(Retention::Forever), None).unwrap(), Some(forever));
        assert_eq!(rule(None, None).unwrap(), None);
        for length in [
            Duration::ZERO,
            Duration::from_secs(3599),
            Duration::from_millis(3_600_001),
            Duration::from_secs(300 * 366 * 24 * 3600),
        ] {
            let error = rule(Some(length.into()), None).unwrap_err().to_string();
            assert!(error.starts_with("retention: expected "), "{error}");
        }
    }

    #[test]
    fn unknown_fields_are_kept() {
        let text = r#"{"id":"1","name":"b","new":{"a":[1]},"retentionRules":[
            {"type":"expire","everySeconds":60,"shardGroupDurationSeconds":5}]}"#;
        let bucket: Bucket = serde_json::from_str(text).unwrap();
        assert_eq!(bucket.extra["new"], json!({"a": [1]}));
        assert_eq!(bucket.retention(), Some(Duration::from_secs(60)));
        assert_eq!(bucket.retention_rules[0].extra["type"], "expire");
        let written = serde_json::to_value(&bucket).unwrap();
        assert_eq!(written["new"], json!({"a": [1]}));
        assert_eq!(written["retentionRules"][0]["everySeconds"], 60);
    }
}
