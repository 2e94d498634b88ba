//! Names in InfluxQL, quoted so that they cannot be anything else.
//!
//! Values belong into bind parameters ([`Query::bind`](crate::Query::bind)); names of databases,
//! measurements and so on cannot be bound on every server, and are quoted here.

use crate::error::Error;

/// Quotes a name: `my "db"` becomes `"my \"db\""`.
///
/// # Errors
/// A NUL or a carriage return: InfluxQL has no way to write them, and a server silently ends the
/// statement at a NUL. An empty name.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    if name.is_empty() {
        return Err(Error::config("a name in a query is empty"));
    }
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for character in name.chars() {
        match character {
            '\0' | '\r' => {
                let shown: String = name.chars().take(40).collect();
                return Err(Error::config(format!(
                    "name `{}` holds a NUL or a carriage return, which InfluxQL cannot write",
                    shown.escape_debug()
                )));
            }
            '\n' => quoted.push_str("\\n"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

#[cfg(test)]
mod tests {
    use super::quote_identifier;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let quoted = quote_identifier("a\"; DROP DATABASE \"b\\\n").expect("can be quoted");
        assert_eq!(quoted, "\"a\\\"; DROP DATABASE \\\"b\\\\\\n\"");
    }

    #[test]
    fn what_influxql_cannot_write_is_refused() {
        for name in ["", "a\0b", "a\rb"] {
            assert!(quote_identifier(name).is_err(), "{name:?}");
        }
    }
}
