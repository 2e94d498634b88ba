//! Defines the bucket and the organization that a call to a 2.x server uses.

use crate::config::Names;
use crate::error::{Error, excerpt};

/// The names of a bucket and an organization. If the bucket or the organization is missing, the
/// server's error says which one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(super) bucket: Option<String>,
    pub(super) organization: Option<String>,
}

impl Place {
    pub(in crate::dialect) fn new(names: Names) -> Result<Self, Error> {
        if names.retention_policy.is_some() {
            return Err(Error::config(
                "retention policy: only InfluxDB 1.x has retention policies, 2.x has buckets",
            ));
        }
        let bucket = match (names.bucket_id, names.database) {
            (Some(id), _) if !is_id(&id) => {
                let id = excerpt(&id);
                return Err(Error::config(format!(
                    "bucket ID: expected 16 digits from 0 to 9 and a to f, got `{id}`"
                )));
            }
            // The server looks for a bucket with this ID before it looks for the name.
            (None, Some(name)) if is_id(&name) => {
                return Err(Error::config(format!(
                    "bucket: `{name}` has the form of an ID; hint: if it is one, set it with \
                     `bucket_id`; if it is a name, set the bucket's ID"
                )));
            }
            (Some(id), _) => Some(id),
            (None, name) => name,
        };
        Ok(Self {
            bucket,
            organization: names.organization,
        })
    }
}

/// Whether the server can read the text as an ID.
fn is_id(text: &str) -> bool {
    text.len() == 16
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn bucket(name: Option<&str>, id: Option<&str>) -> Result<Option<String>, Error> {
        let names = Names {
            database: name.map(str::to_owned),
            bucket_id: id.map(str::to_owned),
            ..Names::default()
        };
        Place::new(names).map(|place| place.bucket)
    }

    #[test]
    fn an_id_is_sent_only_if_the_caller_says_that_it_is_one() {
        let id = "088a5462f1c00fd5";
        assert_eq!(bucket(Some("b"), None).unwrap().unwrap(), "b");
        assert_eq!(bucket(None, Some(id)).unwrap().unwrap(), id);
        assert_eq!(bucket(Some(id), Some(id)).unwrap().unwrap(), id);
        let error = bucket(Some(id), None).unwrap_err().to_string();
        assert!(error.contains("has the form of an ID"), "{error}");
        let error = bucket(None, Some("b")).unwrap_err().to_string();
        assert!(
            error.starts_with("bucket ID: expected 16 digits"),
            "{error}"
        );
        for name in ["088A5462F1C00FD5", "088a5462f1c00fd", "088a5462f1c00fdg"] {
            assert_eq!(bucket(Some(name), None).unwrap().unwrap(), name);
        }
    }

    #[test]
    fn a_call_that_names_another_bucket_does_not_use_the_default_id() {
        let id = "088a5462f1c00fd5";
        let defaults = Names {
            bucket_id: Some(id.to_owned()),
            ..Names::default()
        };
        let of = |name: Option<&str>| {
            let names = Names {
                database: name.map(str::to_owned),
                ..Names::default()
            };
            Place::new(names.or(&defaults)).unwrap().bucket.unwrap()
        };
        assert_eq!((of(None), of(Some(id))), (id.to_owned(), id.to_owned()));
        assert_eq!(of(Some("other")), "other");
    }
}
