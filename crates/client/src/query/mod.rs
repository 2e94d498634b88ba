//! Defines a query: its text, language and bind parameters, and the options for reading its answer.
//!
//! Pass values from outside as bind parameters, never as part of the query text:
//!
//! ```
//! use aioinflux::{Param, Query};
//!
//! let query = Query::new("SELECT value FROM $m WHERE host = $host")
//!     .bind("m", Param::Identifier("cpu".into()))
//!     .bind("host", "it's here");
//! ```

use std::fmt;

use serde_json::Value;

use crate::config::{Names, name_setters};
use crate::error::Error;

mod language;
mod options;
mod param;

pub(crate) use language::clearly_other;
pub use options::ReadOptions;
pub use param::Param;
pub(crate) use param::time_text;

/// A query: its text in one of the query languages, and the values that are bound to its
/// parameters.
#[derive(Clone)]
pub struct Query {
    text: String,
    params: Vec<(String, Param)>,
    language: Option<Language>,
    pub(crate) names: Names,
}

name_setters!(Query, ", in place of the configuration's.");

/// The language of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// InfluxQL, which all generations of the server support. InfluxQL is the only query language
    /// that 1.x supports.
    InfluxQl,
    /// Flux, the query language of 2.x.
    Flux,
    /// SQL, the query language of 3.x.
    Sql,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InfluxQl => "InfluxQL",
            Self::Flux => "Flux",
            Self::Sql => "SQL",
        })
    }
}

impl Query {
    /// Returns a query with the given text, which is one statement, or several statements separated
    /// by `;`.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            params: Vec::new(),
            language: None,
            names: Names::default(),
        }
    }

    /// Binds a value to the parameter `$name` of the query, which is `params.name` in Flux. If a value is already bound to this
    /// name, the new value replaces it.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Param>) -> Self {
        let name = name.into();
        self.params.retain(|(other, _)| *other != name);
        self.params.push((name, value.into()));
        self
    }

    /// Sets the language of the query. The default is the language of the server's generation,
    /// which is InfluxQL on 1.x.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the bound values with their names.
    pub(crate) fn params(&self) -> &[(String, Param)] {
        &self.params
    }

    pub(crate) fn language_named(&self) -> Option<Language> {
        self.language
    }

    /// Returns the text of the query, if the server would read all of it as text in `language`.
    pub(crate) fn checked_text(&self, language: Language) -> Result<&str, Error> {
        if self.text.contains('\0') {
            // The server's scanner treats a NUL as the end of the query, and the server runs the
            // text before the NUL.
            return Err(Error::config(
                "query: the text contains a NUL, at which the server would stop reading",
            ));
        }
        match clearly_other(&self.text, language) {
            None => Ok(&self.text),
            Some(other) => Err(Error::config(format!(
                "query: the text is {other}, but it would be sent as {language}; hint: {}",
                match other {
                    Language::Flux => {
                        "name the language with `Query::language(Language::Flux)`, which needs \
                         InfluxDB 2.x and a token"
                    }
                    _ => "name the language with `Query::language(Language::InfluxQl)`",
                }
            ))),
        }
    }

    /// Returns the bound values in the format that the server expects. Returns `None` if no values
    /// are bound.
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

impl fmt::Debug for Query {
    /// Leaves out the text after the word `PASSWORD`, and the bound values.
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
            .field("language", &self.language)
            .field("names", &self.names)
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
        let text = "query: parameter `a`: NaN and infinity cannot be bound";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn nul_in_the_text_is_refused() {
        assert!(
            Query::new("DROP MEASUREMENT a\0 WHERE")
                .checked_text(Language::InfluxQl)
                .is_err()
        );
    }

    #[test]
    fn text_in_the_other_language_is_refused_with_a_hint() {
        for (text, language, words) in [
            (
                "SELECT 1",
                Language::Flux,
                ["is InfluxQL", "sent as Flux", "Language::InfluxQl"],
            ),
            (
                "buckets()",
                Language::InfluxQl,
                ["is Flux", "sent as InfluxQL", "Language::Flux"],
            ),
            (
                "x = 1",
                Language::Sql,
                ["is Flux", "sent as SQL", "Language::Flux"],
            ),
        ] {
            let text = Query::new(text)
                .checked_text(language)
                .unwrap_err()
                .to_string();
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }

    #[test]
    fn debug_shows_neither_passwords_nor_bound_values() {
        let query = Query::new("CREATE USER a WITH PASSWORD 'hunter2'").bind("x", "hunter2");
        assert!(!format!("{query:?}").contains("hunter2"));
    }
}
