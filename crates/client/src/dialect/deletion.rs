//! Decides how the points that a caller selects are deleted and counted.

use super::{Target, v1, v2};
use crate::api::ApiRequest;
use crate::deletion::Delete;
use crate::error::Error;
use crate::query::Query;

/// Returns whether a column of an answer contains counts.
type IsCount = fn(&str) -> bool;

/// How a server is told to delete points.
pub(crate) enum Deletion {
    Request(ApiRequest),
    Statement(Query),
}

/// Returns the request or the statement that deletes points.
pub(crate) fn deletion(target: &Target, delete: &Delete) -> Result<Deletion, Error> {
    match target {
        Target::V1(_) => v1::deletion(delete).map(Deletion::Statement),
        Target::V2(place) => v2::deletion(place, delete).map(Deletion::Request),
    }
}

/// Returns the query that counts the values of these points, and a function that returns whether a
/// column of its answer contains counts.
pub(crate) fn counting(target: &Target, delete: &Delete) -> Result<(Query, IsCount), Error> {
    match target {
        Target::V1(_) => Ok((v1::counting(delete)?, v1::is_count)),
        Target::V2(place) => Ok((v2::counting(place, delete)?, v2::is_count)),
    }
}
