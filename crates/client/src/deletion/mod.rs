//! Defines which points are deleted.
//!
//! Pure. The module [`admin`](crate::admin) sends a deletion, and `dialect` knows how a server is
//! told to delete points.

mod predicate;

pub use predicate::Predicate;

use crate::config::{Names, name_setters};
use crate::error::Error;

/// The points to delete.
///
/// ```
/// use aioinflux::admin::{Delete, Predicate};
///
/// let delete = Delete::new(Predicate::new().measurement("cpu").tag("host", "a"))
///     .start(1_700_000_000_000_000_000)
///     .bucket("demo");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Delete {
    /// The names of the database or bucket, the retention policy and the organization.
    pub names: Names,
    /// The points to delete.
    pub predicate: Predicate,
    /// The first time whose points are deleted, in nanoseconds since 1970.
    pub start: Option<i64>,
    /// The last time, in nanoseconds since 1970. See [`stop`](Self::stop).
    pub stop: Option<i64>,
    /// Whether an empty predicate deletes all points of the time range.
    pub all: bool,
}

name_setters!(Delete, " that contains the points.");

impl Delete {
    /// Deletes the points that this predicate selects. An empty predicate is an error; use
    /// [`all`](Self::all) instead.
    pub fn new(predicate: Predicate) -> Self {
        Self {
            predicate,
            ..Self::default()
        }
    }

    /// Deletes all points, or all points of the time range.
    pub fn all() -> Self {
        Self {
            all: true,
            ..Self::default()
        }
    }

    /// Sets the first time whose points are deleted, in nanoseconds since 1970. By default, there
    /// is no limit.
    #[must_use]
    pub fn start(mut self, time: i64) -> Self {
        self.start = Some(time);
        self
    }

    /// Sets the end of the time range, in nanoseconds since 1970. A 2.x server also deletes the
    /// points at this time, and a 1.x server keeps them. By default, there is no limit.
    #[must_use]
    pub fn stop(mut self, time: i64) -> Self {
        self.stop = Some(time);
        self
    }

    /// Refuses a deletion that selects everything by mistake, or that selects nothing.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.predicate.is_empty() && !self.all {
            return Err(Error::config(
                "delete: an empty predicate deletes all points of the time range; name a \
                 measurement or tags, or pass `all` to delete everything",
            ));
        }
        if !self.predicate.is_empty() && self.all {
            return Err(Error::config(
                "delete: `all` deletes everything, so it cannot be combined with a predicate",
            ));
        }
        match (self.start, self.stop) {
            (Some(start), Some(stop)) if start > stop => Err(Error::config(format!(
                "delete: `start` ({start}) is after `stop` ({stop})"
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn everything_is_deleted_only_on_request() {
        let error = Delete::new(Predicate::new()).check().unwrap_err();
        assert!(error.to_string().contains("pass `all`"), "{error}");
        assert!(
            Delete::new(Predicate::new())
                .start(0)
                .stop(1)
                .check()
                .is_err()
        );
        assert!(Delete::all().check().is_ok());
        let mut both = Delete::new(Predicate::new().measurement("m"));
        assert!(both.check().is_ok());
        both.all = true;
        assert!(both.check().is_err());
    }

    #[test]
    fn a_time_range_that_ends_before_it_starts_is_refused() {
        let all = Delete::all().start(2).stop(1);
        let error = all.check().unwrap_err().to_string();
        assert_eq!(error, "delete: `start` (2) is after `stop` (1)");
        assert!(Delete::all().start(1).stop(1).check().is_ok());
    }
}
