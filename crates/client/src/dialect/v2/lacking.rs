//! Lists the InfluxQL statements that 2.x does not implement, with what 2.x has instead.
//!
//! The names of the replacements are those of the client, in Rust and in Python.

use crate::error::Error;
use crate::statements;

/// The first two words of a statement, and its replacement.
type Row = (&'static str, &'static str, &'static str);

const BUCKETS: &str =
    "a bucket takes the place of a database and its retention policy: use `buckets`";
const TASKS: &str = "use `tasks`";
const USERS: &str = "use `users`";
const AUTHORIZATIONS: &str = "use `authorizations`";
const REPLICATIONS: &str =
    "replications take their place: use `request` with `/api/v2/replications`";
const METRICS: &str = "use `request` with `/metrics`";
const NOTHING: &str = "there is no replacement";

const ROWS: &[Row] = &[
    ("CREATE", "DATABASE", BUCKETS),
    ("DROP", "DATABASE", BUCKETS),
    ("CREATE", "RETENTION", BUCKETS),
    ("ALTER", "RETENTION", BUCKETS),
    ("DROP", "RETENTION", BUCKETS),
    ("CREATE", "CONTINUOUS", TASKS),
    ("DROP", "CONTINUOUS", TASKS),
    ("SHOW", "CONTINUOUS", TASKS),
    ("CREATE", "SUBSCRIPTION", REPLICATIONS),
    ("DROP", "SUBSCRIPTION", REPLICATIONS),
    ("SHOW", "SUBSCRIPTIONS", REPLICATIONS),
    ("CREATE", "USER", USERS),
    ("DROP", "USER", USERS),
    ("SET", "PASSWORD", USERS),
    ("SHOW", "USERS", USERS),
    ("GRANT", "", AUTHORIZATIONS),
    ("REVOKE", "", AUTHORIZATIONS),
    ("SHOW", "GRANTS", AUTHORIZATIONS),
    ("DROP", "SERIES", "use `delete`"),
    ("SHOW", "STATS", METRICS),
    ("SHOW", "DIAGNOSTICS", METRICS),
    ("SHOW", "QUERIES", NOTHING),
    ("KILL", "QUERY", NOTHING),
    ("SHOW", "SHARDS", NOTHING),
    ("SHOW", "SHARD", NOTHING),
    ("DROP", "SHARD", NOTHING),
];

/// Refuses a query with a statement that 2.x does not implement.
pub(super) fn check(text: &str) -> Result<(), Error> {
    for [first, second] in statements::first_words(text) {
        let row = ROWS.iter().find(|(one, other, _)| {
            one.eq_ignore_ascii_case(first)
                && (other.is_empty() || other.eq_ignore_ascii_case(second))
        });
        if let Some((one, other, replacement)) = row {
            let statement = format!("{one} {other}");
            return Err(Error::config(format!(
                "query: InfluxDB 2.x does not implement {}; {replacement}",
                statement.trim_end()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_2x_lacks_names_its_replacement() {
        let error = check("SHOW MEASUREMENTS; create database x").unwrap_err();
        let expected = "query: InfluxDB 2.x does not implement CREATE DATABASE; a bucket takes the \
            place of a database and its retention policy: use `buckets`";
        assert_eq!(error.to_string(), expected);
        let error = check("GRANT ALL TO u").unwrap_err();
        assert!(
            error.to_string().ends_with("GRANT; use `authorizations`"),
            "{error}"
        );
    }

    #[test]
    fn statements_of_2x_are_accepted() {
        for text in [
            "SELECT * FROM m",
            "SHOW SERIES EXACT CARDINALITY",
            "DROP MEASUREMENT m",
            "SELECT * FROM m WHERE a = 'x; DROP DATABASE b'",
            "SHOW TAG VALUES WITH KEY = \"drop\"",
        ] {
            check(text).unwrap();
        }
    }
}
