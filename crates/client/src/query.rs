//! A query: text, bind parameters and options.
//!
//! Values that come from outside belong into bind parameters, never into the text:
//!
//! ```
//! use aioinflux::{Param, Query};
//!
//! let query = Query::new("SELECT value FROM $m WHERE host = $host")
//!     .bind("m", Param::Identifier("cpu".into()))
//!     .bind("host", "it's here");
//! ```

use std::fmt;

use serde_json::{Map, Value};

use crate::config::Precision;
use crate::error::Error;

/// An InfluxQL query.
#[derive(Clone)]
pub struct Query {
    text: String,
    params: Vec<(String, Param)>,
    epoch: Option<Precision>,
    chunk_size: Option<u32>,
    text_views: bool,
    database: Option<String>,
    retention_policy: Option<String>,
}

/// A value that is bound to `$name` in a query.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Param {
    /// A number with a fraction.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// A string literal.
    String(String),
    /// A boolean.
    Boolean(bool),
    /// A name: of a measurement, field, tag, database and so on. From 1.8 on.
    Identifier(String),
    /// A regular expression, without its slashes. From 1.8 on.
    Regex(String),
    /// A duration such as `1h30m`. From 1.8 on.
    Duration(String),
}

impl Query {
    /// A query of this text: one statement, or several with `;` between them.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            params: Vec::new(),
            epoch: Some(Precision::Nanoseconds),
            chunk_size: None,
            text_views: false,
            database: None,
            retention_policy: None,
        }
    }

    /// Binds a value to `$name`. A second value of the same name replaces the first.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Param>) -> Self {
        let name = name.into();
        self.params.retain(|(other, _)| *other != name);
        self.params.push((name, value.into()));
        self
    }

    /// Sets the unit of the times in a raw answer; `None` asks for text (RFC 3339). Default:
    /// nanoseconds, which all but raw answers need.
    #[must_use]
    pub fn epoch(mut self, unit: impl Into<Option<Precision>>) -> Self {
        self.epoch = unit.into();
        self
    }

    /// Sets how many rows the server puts in one chunk. Server default: 10,000.
    #[must_use]
    pub fn chunk_size(mut self, rows: u32) -> Self {
        self.chunk_size = Some(rows);
        self
    }

    /// Makes columns of text `Utf8View`: see [`Decoder::text_views`](crate::decode::Decoder::text_views).
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.text_views = true;
        self
    }

    /// Sets the database, in place of the configuration's.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Sets the retention policy, in place of the configuration's.
    #[must_use]
    pub fn retention_policy(mut self, name: impl Into<String>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn epoch_unit(&self) -> Option<Precision> {
        self.epoch
    }

    pub(crate) fn rows_per_chunk(&self) -> Option<u32> {
        self.chunk_size
    }

    pub(crate) fn has_text_views(&self) -> bool {
        self.text_views
    }

    pub(crate) fn database_name(&self) -> Option<&str> {
        self.database.as_deref()
    }

    pub(crate) fn retention_policy_name(&self) -> Option<&str> {
        self.retention_policy.as_deref()
    }

    /// The text, if the server reads all of it.
    pub(crate) fn checked_text(&self) -> Result<&str, Error> {
        if self.text.contains('\0') {
            // The server's scanner takes NUL for the end and runs what stands before it.
            return Err(Error::config(
                "query: NUL in the text, where the server would stop reading",
            ));
        }
        Ok(&self.text)
    }

    /// The bound values as the server wants them, or nothing without any.
    pub(crate) fn params_json(&self) -> Result<Option<String>, Error> {
        if self.params.is_empty() {
            return Ok(None);
        }
        let mut members = Vec::with_capacity(self.params.len());
        for (name, value) in &self.params {
            let value = value.json().map_err(|why| {
                Error::config(format!(
                    "query: parameter `{}`: {why}",
                    crate::error::excerpt(name)
                ))
            })?;
            members.push(format!("{}:{value}", Value::from(name.as_str())));
        }
        Ok(Some(format!("{{{}}}", members.join(","))))
    }
}

impl Param {
    fn json(&self) -> Result<String, &'static str> {
        Ok(match self {
            Self::Float(value) => return float_json(*value),
            Self::Integer(value) => value.to_string(),
            Self::String(text) => Value::from(text.as_str()).to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Identifier(text) => object("identifier", text),
            Self::Regex(text) => object("regex", text),
            Self::Duration(text) => object("duration", text),
        })
    }
}

fn object(key: &str, text: &str) -> String {
    let mut map = Map::new();
    map.insert(key.to_owned(), text.into());
    Value::Object(map).to_string()
}

/// A float always with a point: the server reads a number without one as an integer, and refuses
/// `1e300` for that reason.
fn float_json(value: f64) -> Result<String, &'static str> {
    if !value.is_finite() {
        return Err("neither NaN nor infinity can be bound");
    }
    let text = format!("{value:?}");
    Ok(match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    })
}

impl fmt::Debug for Query {
    /// Leaves out what follows the word `PASSWORD`, and the bound values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WORD: &str = "password";
        let secret = self.text.to_ascii_lowercase().find(WORD);
        let text = match secret {
            Some(at) => format!("{}***", &self.text[..at + WORD.len()]),
            None => self.text.clone(),
        };
        let names: Vec<&str> = self.params.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Query")
            .field("text", &text)
            .field("params", &names)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl From<&str> for Query {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Query {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Query {
    fn from(text: &String) -> Self {
        Self::new(text.as_str())
    }
}

impl From<&Query> for Query {
    fn from(query: &Query) -> Self {
        query.clone()
    }
}

macro_rules! param_from {
    // A macro, because `From<u32>` and `From<i64>` cannot share one generic implementation.
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Param {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

param_from!(
    f64 => Float, f32 => Float,
    i64 => Integer, i32 => Integer, i16 => Integer, i8 => Integer,
    u32 => Integer, u16 => Integer, u8 => Integer,
    &str => String, &String => String, String => String, bool => Boolean,
);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn params(query: &Query) -> String {
        query.params_json().unwrap().unwrap()
    }

    #[test]
    fn floats_are_bound_with_a_point_and_integers_without() {
        let query = Query::new("q")
            .bind("a", 1.0)
            .bind("b", 1e300)
            .bind("c", -0.0)
            .bind("d", 1.5e-7)
            .bind("e", i64::MIN)
            .bind("f", true);
        let text = r#"{"a":1.0,"b":1.0e300,"c":-0.0,"d":1.5e-7,"e":-9223372036854775808,"f":true}"#;
        assert_eq!(params(&query), text);
    }

    #[test]
    fn strings_and_typed_parameters_are_escaped_as_json() {
        let query = Query::new("q")
            .bind("a\"b", "x'\"\\\n")
            .bind("i", Param::Identifier("m".into()))
            .bind("r", Param::Regex("a/b".into()))
            .bind("d", Param::Duration("1h".into()));
        let text = concat!(
            r#"{"a\"b":"x'\"\\\n","i":{"identifier":"m"},"#,
            r#""r":{"regex":"a/b"},"d":{"duration":"1h"}}"#
        );
        assert_eq!(params(&query), text);
    }

    #[test]
    fn a_second_value_of_a_name_replaces_the_first() {
        assert_eq!(
            params(&Query::new("q").bind("a", 1).bind("a", 2)),
            r#"{"a":2}"#
        );
    }

    #[test]
    fn nan_cannot_be_bound() {
        let error = Query::new("q")
            .bind("a", f64::NAN)
            .params_json()
            .unwrap_err();
        let text = "query: parameter `a`: neither NaN nor infinity can be bound";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn nul_in_the_text_is_refused() {
        assert!(
            Query::new("DROP MEASUREMENT a\0 WHERE")
                .checked_text()
                .is_err()
        );
    }

    #[test]
    fn debug_shows_neither_passwords_nor_bound_values() {
        let query = Query::new("CREATE USER a WITH PASSWORD 'hunter2'").bind("x", "hunter2");
        assert!(!format!("{query:?}").contains("hunter2"));
    }
}
