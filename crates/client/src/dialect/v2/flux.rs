//! Builds the body of a Flux query.
//!
//! The open-source server does not support query parameters. Beside the query text, the server
//! accepts a syntax tree (`extern`), whose statements run before those of the query text. A syntax
//! tree with the single statement `option params = {...}` binds values outside the query text, so
//! no value can become code.

use serde_json::{Value, json};

use crate::error::{Error, excerpt};
use crate::flux::{Duration, check_array, no_identifiers};
use crate::query::{Language, Param, Query, time_text};

/// Returns the JSON body for a query. The body requests all annotations.
pub(super) fn body(query: &Query) -> Result<String, Error> {
    let mut body = json!({
        "query": query.checked_text(Language::Flux)?,
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
        let value = node(value)
            .map_err(|why| Error::config(format!("query: parameter `{}`: {why}", excerpt(name))))?;
        Ok(property(name, &value))
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
fn node(value: &Param) -> Result<Value, Error> {
    Ok(match value {
        Param::String(text) => json!({"type": "StringLiteral", "value": text}),
        Param::Integer(n) => json!({"type": "IntegerLiteral", "value": n.to_string()}),
        Param::Unsigned(n) => json!({"type": "UnsignedIntegerLiteral", "value": n.to_string()}),
        Param::Boolean(flag) => json!({"type": "BooleanLiteral", "value": flag}),
        Param::Float(n) => float(*n),
        Param::Time(ns) => json!({"type": "DateTimeLiteral", "value": time_text(*ns)}),
        // The server would answer with an internal error.
        Param::Regex(pattern) if pattern.is_empty() => {
            return Err(Error::config("the regular expression is empty"));
        }
        Param::Regex(pattern) => json!({"type": "RegexpLiteral", "value": pattern}),
        Param::Duration(text) => duration(&Duration::parse(text)?),
        Param::Array(values) => {
            check_array(values)?;
            let elements: Result<Vec<Value>, Error> = values.iter().map(node).collect();
            json!({"type": "ArrayExpression", "elements": elements?})
        }
        Param::Identifier(_) => return Err(no_identifiers()),
    })
}

/// The server reads literals without full precision (2.9 reads `1.2345678901234568e-300` as
/// `1.234567890123457e-300`, and `-0.0` as zero), and has none for NaN and infinity. It reads text
/// exactly.
fn float(value: f64) -> Value {
    let text = match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => format!("{value:?}"),
    };
    json!({
        "type": "CallExpression",
        "callee": {"type": "Identifier", "name": "float"},
        "arguments": [{
            "type": "ObjectExpression",
            "properties": [property("v", &json!({"type": "StringLiteral", "value": text}))],
        }],
    })
}

fn duration(value: &Duration) -> Value {
    let values = value.parts.iter();
    let values: Vec<Value> = values
        .map(|(magnitude, unit)| json!({"magnitude": magnitude, "unit": unit}))
        .collect();
    let literal = json!({"type": "DurationLiteral", "values": values});
    if value.negative {
        json!({"type": "UnaryExpression", "operator": "-", "argument": literal})
    } else {
        literal
    }
}

fn property(name: &str, value: &Value) -> Value {
    json!({
        "type": "Property",
        "key": {"type": "Identifier", "name": name},
        "value": value,
    })
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
        let values = json!([{"magnitude": 1, "unit": "mo"}, {"magnitude": 30, "unit": "ms"}]);
        let expected = json!({"type": "DurationLiteral", "values": values});
        assert_eq!(bound(Param::Duration("1mo30ms".into())), expected);
    }

    #[test]
    fn values_that_flux_cannot_bind_are_named() {
        for value in [
            Param::Identifier("a".into()),
            Param::Regex(String::new()),
            Param::Duration("1".into()),
            Param::Array(vec![1.into(), 1.5.into()]),
            Param::Array(vec![Param::Array(vec![1.into(), "a".into()])]),
        ] {
            let error = body(&Query::new("q").bind("n", value)).unwrap_err();
            assert!(
                error.to_string().starts_with("query: parameter `n`: "),
                "{error}"
            );
        }
    }
}
