//! Defines the values that the parameters of a query can have.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::influxql::check_duration;

/// A value that is bound to a parameter of a query: `$name` in InfluxQL, and `params.name` in Flux.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Param {
    /// A floating-point number. InfluxQL has neither NaN nor infinity.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// An unsigned whole number. In InfluxQL the number is an integer, so it must fit into 63 bits.
    Unsigned(u64),
    /// A string literal.
    String(String),
    /// A boolean.
    Boolean(bool),
    /// A time, in nanoseconds since 1970 in UTC. In InfluxQL, times are text in RFC 3339.
    Time(i64),
    /// A name, for example of a measurement, field, tag or database. From 1.8 on. Flux has no such
    /// parameters; a string is a column in `r[params.name]`.
    Identifier(String),
    /// A regular expression, without its slashes. From 1.8 on.
    Regex(String),
    /// A duration such as `1h30m`. From 1.8 on. Only Flux has the units `y` and `mo`, and negative
    /// durations such as `-1h`.
    Duration(String),
    /// Values of one type. InfluxQL has no arrays.
    Array(Vec<Param>),
}

impl Param {
    /// Returns the value in the format that `/query` expects.
    pub(super) fn json(&self) -> Result<String, String> {
        Ok(match self {
            Self::Float(value) => return float_json(*value).map_err(str::to_owned),
            Self::Integer(value) => value.to_string(),
            Self::Unsigned(value) => match i64::try_from(*value) {
                Ok(value) => value.to_string(),
                Err(_) => {
                    return Err(format!(
                        "InfluxQL has no parameters for integers beyond {}, got {value}",
                        i64::MAX
                    ));
                }
            },
            Self::String(text) => Value::from(text.as_str()).to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Time(ns) => Value::from(time_text(*ns)).to_string(),
            Self::Identifier(text) => object("identifier", text),
            Self::Regex(text) => object("regex", text),
            Self::Duration(text) => {
                let text = check_duration(text).map_err(|error| error.to_string())?;
                object("duration", &text)
            }
            Self::Array(_) => {
                let hint = "InfluxQL has no arrays; hint: join comparisons with OR, or match a \
                            regular expression such as `^(a|b)$`";
                return Err(hint.to_owned());
            }
        })
    }

    /// Returns the name of the value's type, with its article, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "a float",
            Self::Integer(_) => "an integer",
            Self::Unsigned(_) => "an unsigned integer",
            Self::String(_) => "a string",
            Self::Boolean(_) => "a boolean",
            Self::Time(_) => "a time",
            Self::Identifier(_) => "an identifier",
            Self::Regex(_) => "a regular expression",
            Self::Duration(_) => "a duration",
            Self::Array(_) => "an array",
        }
    }
}

/// Returns a time in RFC 3339, in UTC and with nine digits after the point. Flux and InfluxQL read
/// this format.
///
/// *Units*: nanoseconds since 1970 in UTC. Every `i64` is a time of the years 1677 to 2262.
pub(crate) fn time_text(ns: i64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(ns));
    let time = time.expect("the range of jiff is larger than that of 64-bit nanoseconds");
    format!("{time:.9}")
}

fn object(key: &str, text: &str) -> String {
    let mut map = Map::new();
    map.insert(key.to_owned(), text.into());
    Value::Object(map).to_string()
}

/// A float in JSON always gets a decimal point. The server reads a number without a decimal point
/// as an integer, so it refuses `1e300`.
fn float_json(value: f64) -> Result<String, &'static str> {
    if !value.is_finite() {
        return Err("NaN and infinity cannot be bound");
    }
    let text = format!("{value:?}");
    Ok(match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    })
}

macro_rules! param_from {
    // A macro writes these implementations, because `From<u32>` and `From<i64>` cannot share one
    // generic implementation.
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
    u32 => Integer, u16 => Integer, u8 => Integer, u64 => Unsigned,
    &str => String, &String => String, String => String, bool => Boolean,
);

impl<T: Into<Self>> From<Vec<T>> for Param {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_bound_in_influxql_as_text_with_nanoseconds() {
        for (ns, text) in [
            (1, "1970-01-01T00:00:00.000000001Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            assert_eq!(Param::Time(ns).json(), Ok(format!("\"{text}\"")));
        }
    }

    #[test]
    fn values_that_influxql_does_not_have_are_refused() {
        for (value, why) in [
            (Param::from(1_u64 << 63), "beyond 9223372036854775807"),
            (Param::from(vec![1]), "no arrays"),
            (Param::Duration("-1h".into()), "expected whole numbers"),
            (Param::Duration("1mo".into()), "expected whole numbers"),
            (Param::Float(f64::INFINITY), "cannot be bound"),
        ] {
            let error = value.json().expect_err("InfluxQL does not have it");
            assert!(error.contains(why), "{error}");
        }
        let largest = Param::Unsigned(u64::MAX / 2);
        assert_eq!(largest.json(), Ok(i64::MAX.to_string()));
        let micros = Param::Duration("5µ".into());
        assert_eq!(micros.json(), Ok(r#"{"duration":"5u"}"#.into()));
    }
}
