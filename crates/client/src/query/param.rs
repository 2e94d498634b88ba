//! Defines the values that the parameters of a query can have.

use serde_json::{Map, Value};

/// A value that is bound to `$name` in a query.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Param {
    /// A floating-point number.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// A string literal.
    String(String),
    /// A boolean.
    Boolean(bool),
    /// A name, for example of a measurement, field, tag or database. From 1.8 on.
    Identifier(String),
    /// A regular expression, without its slashes. From 1.8 on.
    Regex(String),
    /// A duration such as `1h30m`. From 1.8 on.
    Duration(String),
}

impl Param {
    pub(super) fn json(&self) -> Result<String, &'static str> {
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
    u32 => Integer, u16 => Integer, u8 => Integer,
    &str => String, &String => String, String => String, bool => Boolean,
);
