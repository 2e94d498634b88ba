//! Builds the body of a Flux query.
//!
//! The open-source server does not support query parameters. Beside the query text, the server
//! accepts a syntax tree (`extern`), whose statements run before those of the query text. A syntax
//! tree with the single statement `option params = {...}` binds values outside the query text, so
//! no value can become code.

use serde_json::{Value, json};

use crate::error::{Error, excerpt};
use crate::query::{Param, Query};

/// Returns the JSON body for a query. The body requests all annotations.
pub(super) fn body(query: &Query) -> Result<String, Error> {
    let mut body = json!({
        "query": query.checked_text()?,
        "type": "flux",
        "dialect": {
            "header": true,
            "delimiter": ",",
            "commentPrefix": "#",
            "dateTimeFormat": "RFC3339Nano",
            "annotations": ["datatype", "group", "default"],
        },
    });
    let properties = query.params().iter().map(|(name, value)| {
        let value = literal(value)
            .map_err(|why| Error::config(format!("query: parameter `{}`: {why}", excerpt(name))))?;
        Ok(json!({
            "type": "Property",
            "key": {"type": "Identifier", "name": name},
            "value": value,
        }))
    });
    let properties: Vec<Value> = properties.collect::<Result<_, Error>>()?;
    if !properties.is_empty() {
        body["extern"] = json!({
            "type": "File",
            "package": null,
            "imports": null,
            "body": [{
                "type": "OptionStatement",
                "assignment": {
                    "type": "VariableAssignment",
                    "id": {"type": "Identifier", "name": "params"},
                    "init": {"type": "ObjectExpression", "properties": properties},
                },
            }],
        });
    }
    Ok(body.to_string())
}

/// Converts the value of a parameter to a node of the syntax tree.
fn literal(value: &Param) -> Result<Value, &'static str> {
    Ok(match value {
        Param::String(text) => json!({"type": "StringLiteral", "value": text}),
        Param::Integer(n) => json!({"type": "IntegerLiteral", "value": n.to_string()}),
        Param::Boolean(flag) => json!({"type": "BooleanLiteral", "value": flag}),
        Param::Float(n) if n.is_finite() => json!({"type": "FloatLiteral", "value": n}),
        Param::Float(_) => return Err("NaN and infinity cannot be bound"),
        Param::Duration(text) => duration(text).ok_or("expected a duration such as `1h30m`")?,
        Param::Identifier(_) => return Err("Flux has no parameters for identifiers"),
        Param::Regex(_) => return Err("Flux has no parameters for regular expressions"),
    })
}

/// The units of a Flux duration. Longer names come first, because `ms` and `mo` begin like `m`.
const UNITS: [&str; 10] = ["ns", "us", "ms", "mo", "y", "w", "d", "h", "m", "s"];

fn duration(text: &str) -> Option<Value> {
    let (mut rest, mut values) = (text, Vec::new());
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let magnitude: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = UNITS.into_iter().find(|unit| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        values.push(json!({"magnitude": magnitude, "unit": unit}));
    }
    (!values.is_empty()).then(|| json!({"type": "DurationLiteral", "values": values}))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn bound(value: impl Into<Param>) -> Value {
        let body = body(&Query::new("q").bind("a", value)).unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        body["extern"]["body"][0]["assignment"]["init"]["properties"][0]["value"].clone()
    }

    #[test]
    fn a_query_without_values_has_no_extern() {
        let body: Value = serde_json::from_str(&body(&Query::new("q")).unwrap()).unwrap();
        assert_eq!(body.get("extern"), None);
        assert_eq!(body["query"], "q");
    }

    #[test]
    fn values_become_literals() {
        let literal = |kind: &str, value: Value| json!({"type": kind, "value": value});
        assert_eq!(
            bound("a\"\n${x}"),
            literal("StringLiteral", json!("a\"\n${x}"))
        );
        assert_eq!(
            bound(i64::MIN),
            literal("IntegerLiteral", json!("-9223372036854775808"))
        );
        assert_eq!(bound(true), literal("BooleanLiteral", json!(true)));
        assert_eq!(bound(1.5), literal("FloatLiteral", json!(1.5)));
        let values = json!([{"magnitude": 1, "unit": "mo"}, {"magnitude": 30, "unit": "ms"}]);
        let expected = json!({"type": "DurationLiteral", "values": values});
        assert_eq!(bound(Param::Duration("1mo30ms".into())), expected);
    }

    #[test]
    fn values_that_flux_cannot_bind_are_named() {
        for value in [
            Param::Float(f64::NAN),
            Param::Identifier("a".into()),
            Param::Regex("a".into()),
            Param::Duration(String::new()),
            Param::Duration("1".into()),
            Param::Duration("h".into()),
            Param::Duration("-1h".into()),
        ] {
            let error = body(&Query::new("q").bind("n", value)).unwrap_err();
            assert!(
                error.to_string().starts_with("query: parameter `n`: "),
                "{error}"
            );
        }
    }
}
