//! Builds the request that deletes points of a 2.x server, and the query that counts them.

use jiff::Timestamp;
use serde_json::json;

use super::Place;
use crate::api::{ApiRequest, Method};
use crate::deletion::Delete;
use crate::error::Error;
use crate::query::{Language, Query};

/// The first and the last time that the server can store. The server refuses to delete from an
/// earlier or until a later time.
const TIMES: (i64, i64) = (i64::MIN + 2, i64::MAX - 1);

/// Returns the request that deletes points.
pub(in crate::dialect) fn deletion(place: &Place, delete: &Delete) -> Result<ApiRequest, Error> {
    let (start, stop) = range(delete);
    let mut body = json!({"start": rfc3339(start)?, "stop": rfc3339(stop)?});
    if !delete.predicate.is_empty() {
        body["predicate"] = delete.predicate.to_delete()?.into();
    }
    let mut request = ApiRequest::at(Method::Post, &["api", "v2", "delete"]);
    if let Some(organization) = &place.organization {
        request = request.query("org", organization);
    }
    Ok(request.query("bucket", bucket(place)?).json(body))
}

/// Returns the query that counts the values of the points.
pub(in crate::dialect) fn counting(place: &Place, delete: &Delete) -> Result<Query, Error> {
    let (start, stop) = range(delete);
    // Unlike a deletion, `range` excludes the points at the time `stop`.
    let text = format!(
        "from(bucket: params.bucket)\n\
         |> range(start: time(v: params.start), stop: time(v: params.stop))\n\
         |> filter(fn: (r) => {})\n\
         |> count() |> group() |> sum()",
        delete.predicate.to_flux()?
    );
    let mut query = Query::new(text)
        .language(Language::Flux)
        .bind("bucket", bucket(place)?)
        .bind("start", start)
        .bind("stop", stop.saturating_add(1));
    query.names = delete.names.clone();
    Ok(query)
}

/// Whether a column of the answer to [`counting`] contains counts.
pub(in crate::dialect) fn is_count(column: &str) -> bool {
    column == "_value"
}

fn range(delete: &Delete) -> (i64, i64) {
    let (first, last) = TIMES;
    let start = delete.start.unwrap_or(first).clamp(first, last);
    (start, delete.stop.unwrap_or(last).clamp(first, last))
}

fn rfc3339(time: i64) -> Result<String, Error> {
    let time = Timestamp::from_nanosecond(time.into());
    let time = time.map_err(|error| Error::config(format!("delete: {error}")))?;
    Ok(time.to_string())
}

fn bucket(place: &Place) -> Result<&str, Error> {
    let bucket = place.bucket.as_deref().filter(|name| !name.is_empty());
    bucket.ok_or_else(|| {
        Error::config("delete: the bucket is missing: set it in the call or in the config")
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::config::{Config, Names};
    use crate::deletion::Predicate;

    fn place() -> Place {
        Place::new(
            Config::default()
                .organization("o")
                .bucket("b")
                .names()
                .clone(),
        )
        .unwrap()
    }

    #[test]
    fn a_deletion_states_its_whole_range() {
        let predicate = Predicate::new().measurement("m").not_tag("k", "v");
        let delete = Delete::new(predicate).start(1_700_000_000_123_456_789);
        let request = deletion(&place(), &delete).unwrap();
        assert_eq!(request.path(), "api/v2/delete");
        let body = request.encoded_body().unwrap().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = json!({
            "start": "2023-11-14T22:13:20.123456789Z",
            "stop": "2262-04-11T23:47:16.854775806Z",
            "predicate": r#""_measurement" = "m" AND "k" != "v""#,
        });
        assert_eq!(body, expected);
        let far = Delete::all().start(i64::MIN).stop(i64::MAX);
        let body = deletion(&place(), &far)
            .unwrap()
            .encoded_body()
            .unwrap()
            .unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["start"], "1677-09-21T00:12:43.145224194Z");
        assert_eq!(body["stop"], "2262-04-11T23:47:16.854775806Z");
        assert_eq!(body.get("predicate"), None);
    }

    #[test]
    fn the_bucket_is_needed() {
        let nowhere = Place::new(Names::default()).unwrap();
        let error = deletion(&nowhere, &Delete::all()).unwrap_err().to_string();
        assert!(error.contains("the bucket is missing"), "{error}");
        assert!(counting(&nowhere, &Delete::all()).is_err());
    }
}
