//! Builds the statements that delete points of a 1.x server, and that count them.

use crate::deletion::Delete;
use crate::error::Error;
use crate::query::{Language, Query};

/// Returns the statement that deletes points.
pub(in crate::dialect) fn deletion(delete: &Delete) -> Result<Query, Error> {
    statement("DELETE", delete)
}

/// Returns the query that counts the values of the points.
pub(in crate::dialect) fn counting(delete: &Delete) -> Result<Query, Error> {
    statement("SELECT count(*)", delete)
}

/// Whether a column of the answer to [`counting`] contains counts.
pub(in crate::dialect) fn is_count(column: &str) -> bool {
    column != "time"
}

fn statement(verb: &str, delete: &Delete) -> Result<Query, Error> {
    let (measurement, tags) = delete.predicate.to_influxql()?;
    let measurement = measurement.as_deref().unwrap_or("/.*/");
    let mut conditions = Vec::new();
    if !tags.is_empty() {
        conditions.push(tags);
    }
    if let Some(start) = delete.start {
        conditions.push(format!("time >= {start}"));
    }
    if let Some(stop) = delete.stop {
        conditions.push(format!("time < {stop}"));
    }
    let mut text = format!("{verb} FROM {measurement}");
    if !conditions.is_empty() {
        text.push_str(" WHERE ");
        text.push_str(&conditions.join(" AND "));
    }
    let mut query = Query::new(text).language(Language::InfluxQl);
    query.names = delete.names.clone();
    Ok(query)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::deletion::Predicate;

    #[test]
    fn a_deletion_is_a_statement() {
        let predicate = Predicate::new().measurement("m").not_tag("k", "it's");
        let delete = Delete::new(predicate).start(-5).stop(7).database("d");
        let query = deletion(&delete).unwrap();
        assert_eq!(
            query.text(),
            r#"DELETE FROM "m" WHERE "k" != 'it\'s' AND "k" != '' AND time >= -5 AND time < 7"#
        );
        assert_eq!(query.names.database.as_deref(), Some("d"));
        assert_eq!(deletion(&Delete::all()).unwrap().text(), "DELETE FROM /.*/");
        let text = "SELECT count(*) FROM /.*/ WHERE time >= 1";
        assert_eq!(counting(&Delete::all().start(1)).unwrap().text(), text);
    }
}
