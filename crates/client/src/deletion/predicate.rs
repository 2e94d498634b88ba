//! Defines the condition that selects which points are deleted.
//!
//! Pure. A predicate consists of terms that all must hold: a tag (or the measurement) has a value,
//! or does not have it. This is what a 2.x server can delete by. A predicate is built from parts,
//! or parsed from text. It is always sent as built from parts, with every name and value in quotes.
//!
//! The server's own parser is not strict (observed on 2.9.1). It reads `a="1" AND b="2" c="3"`
//! without `b`, and so deletes more than the caller named. It accepts conditions on which it
//! deletes nothing: `_measurement != "m"`, `_field != "f"` and `k = ""`. Therefore a predicate that
//! is parsed or built contains only terms that have an effect.
//!
//! Source: InfluxDB 2.x API reference, "delete predicate syntax"; `predicate/parser.go` of 2.9.

mod parse;

use std::fmt::{self, Write as _};

use crate::error::{Error, excerpt};
use crate::flux;
use crate::influxql::{quote_identifier, quote_string};

const MEASUREMENT: &str = "_measurement";

/// A condition on the measurement and the tags of points. Points to which all terms apply are
/// selected; an empty predicate selects all points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Predicate {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Term {
    key: String,
    is_equal: bool,
    value: String,
}

impl Predicate {
    /// Selects all points.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects points of this measurement.
    #[must_use]
    pub fn measurement(self, name: impl Into<String>) -> Self {
        self.tag(MEASUREMENT, name)
    }

    /// Selects points whose tag `key` has this value.
    #[must_use]
    pub fn tag(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(key.into(), true, value.into())
    }

    /// Selects points whose tag `key` has a different value. Points without this tag are not
    /// selected.
    #[must_use]
    pub fn not_tag(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(key.into(), false, value.into())
    }

    fn with(mut self, key: String, is_equal: bool, value: String) -> Self {
        self.terms.push(Term {
            key,
            is_equal,
            value,
        });
        self
    }

    /// Adds all terms of another predicate.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }

    /// Whether the predicate has no terms.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns the predicate as the delete endpoint of 2.x reads it.
    ///
    /// # Errors
    ///
    /// Fails if a name or a value is empty or contains a NUL or a carriage return, which the server
    /// cannot read. Also fails if a key is `_field`, `time` or `_time`, by which the server cannot
    /// delete.
    pub(crate) fn to_delete(&self) -> Result<String, Error> {
        self.join(" AND ", |term, out| {
            let key = quote_identifier(&term.key)?;
            let value = quote_identifier(&term.value)?;
            let _ = write!(out, "{key} {} {value}", term.operator());
            Ok(())
        })
    }

    /// Returns the measurement and the condition in `InfluxQL`.
    ///
    /// # Errors
    ///
    /// Fails if a name or a value is empty or cannot be quoted, if a key is not a tag, or if the
    /// predicate names two measurements, because `InfluxQL` selects points of one measurement.
    pub fn to_influxql(&self) -> Result<(Option<String>, String), Error> {
        let (places, tags): (Vec<_>, Vec<_>) = self
            .terms
            .iter()
            .cloned()
            .partition(|term| term.key == MEASUREMENT);
        let measurement = match &places[..] {
            [] => None,
            [one] => {
                one.check()?;
                Some(quote_identifier(&one.value)?)
            }
            _ => {
                return Err(Error::config(
                    "predicate: `_measurement` is named twice; InfluxDB 1.x deletes points of one \
                     measurement or of all",
                ));
            }
        };
        let condition = Self { terms: tags }.join(" AND ", |term, out| {
            let key = quote_identifier(&term.key)?;
            let value = quote_string(&term.value)?;
            let _ = write!(out, "{key} {} {value}", term.operator());
            if !term.is_equal {
                // Unlike a 2.x server, InfluxQL also selects points without the tag.
                let _ = write!(out, " AND {key} != ''");
            }
            Ok(())
        })?;
        Ok((measurement, condition))
    }

    /// Returns the predicate as a condition in Flux on the record `r`.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`to_delete`](Self::to_delete).
    pub(crate) fn to_flux(&self) -> Result<String, Error> {
        if self.is_empty() {
            return Ok("true".to_owned());
        }
        self.join(" and ", |term, out| {
            let (key, value) = (flux::string(&term.key), flux::string(&term.value));
            let _ = if term.is_equal {
                write!(out, "r[{key}] == {value}")
            } else {
                write!(out, "exists r[{key}] and r[{key}] != {value}")
            };
            Ok(())
        })
    }

    fn join(
        &self,
        joint: &str,
        mut write: impl FnMut(&Term, &mut String) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let mut out = String::new();
        for term in &self.terms {
            term.check()?;
            if !out.is_empty() {
                out.push_str(joint);
            }
            write(term, &mut out)?;
        }
        Ok(out)
    }
}

impl Term {
    fn operator(&self) -> &'static str {
        if self.is_equal { "=" } else { "!=" }
    }

    fn check(&self) -> Result<(), Error> {
        let key = excerpt(&self.key);
        let refuse = |why: &str| Err(Error::config(format!("predicate: {why}")));
        if self.key.is_empty() {
            return refuse("the name of a tag is empty");
        }
        if self.key == "_field" {
            return refuse("`_field` cannot be used, because servers delete whole points");
        }
        if self.key == MEASUREMENT && !self.is_equal {
            return refuse("servers cannot exclude a measurement: use `_measurement` with `=`");
        }
        if matches!(&*self.key, "time" | "_time") {
            return refuse(&format!(
                "`{key}` is not a tag; hint: pass `start` and `stop`"
            ));
        }
        if self.value.is_empty() {
            return refuse(&format!(
                "the value of `{key}` is empty, but no tag has an empty value"
            ));
        }
        if [&self.key, &self.value]
            .iter()
            .any(|text| text.contains(['\0', '\r']))
        {
            return refuse(&format!(
                "`{key}` or its value contains a NUL or a carriage return, which the server cannot read"
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let joint = if index == 0 { "" } else { " AND " };
            let (key, value) = (&term.key, &term.value);
            write!(f, "{joint}{key:?} {} {value:?}", term.operator())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
