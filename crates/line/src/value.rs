//! Defines field values, which have the five types that every server stores, and converts Rust
//! types to them.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// The value of a field.
///
/// Two field values are equal if they have the same type and the same value. Floats are compared as
/// with `f64`: NaN is not equal to NaN, and `-0.0` equals `0.0`.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// A 64-bit float. If the value is NaN, the field is left out of the point, unless the options
    /// refuse NaN.
    Float(f64),
    /// A signed integer, written with the suffix `i`.
    Integer(i64),
    /// An unsigned integer, written with the suffix `u` on 2.x and 3.x. On 1.x, an unsigned integer
    /// is written with the suffix `i` if it fits into a signed integer.
    Unsigned(u64),
    /// A boolean, written `true` or `false`.
    Boolean(bool),
    /// A string of at most 1 MiB, which can contain any characters, including newlines and NUL.
    String(Cow<'a, str>),
}

impl FieldValue<'_> {
    /// Returns the same value. If it is a string, the result owns its text.
    pub fn into_owned(self) -> FieldValue<'static> {
        match self {
            Self::Float(value) => FieldValue::Float(value),
            Self::Integer(value) => FieldValue::Integer(value),
            Self::Unsigned(value) => FieldValue::Unsigned(value),
            Self::Boolean(value) => FieldValue::Boolean(value),
            Self::String(value) => FieldValue::String(Cow::Owned(value.into_owned())),
        }
    }

    /// Returns the same value. If it is a string, the result borrows its text.
    pub fn borrowed(&self) -> FieldValue<'_> {
        match self {
            Self::Float(value) => FieldValue::Float(*value),
            Self::Integer(value) => FieldValue::Integer(*value),
            Self::Unsigned(value) => FieldValue::Unsigned(*value),
            Self::Boolean(value) => FieldValue::Boolean(*value),
            Self::String(value) => FieldValue::String(Cow::Borrowed(value)),
        }
    }
}

/// Formats the value for display to users, with strings without quotes and numbers without a
/// suffix.
impl fmt::Display for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(value) => fmt::Debug::fmt(value, f),
            Self::Integer(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Boolean(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
        }
    }
}

// A macro generates the `impl` blocks, with one call for each type of field value. If all eleven
// blocks were written out, nobody would notice the two that differ.
macro_rules! number {
    ($variant:ident: $($number:ty),+) => {$(
        impl From<$number> for FieldValue<'_> {
            fn from(value: $number) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}

number!(Float: f64, f32);
number!(Integer: i64, i32, i16, i8);
number!(Unsigned: u64, u32, u16, u8);
number!(Boolean: bool);

// A pointer has at most 64 bits on every Rust target, so converting `usize` or `isize` is exact.
impl From<isize> for FieldValue<'_> {
    fn from(value: isize) -> Self {
        Self::Integer(value as i64)
    }
}

impl From<usize> for FieldValue<'_> {
    fn from(value: usize) -> Self {
        Self::Unsigned(value as u64)
    }
}

impl<'a> From<&'a str> for FieldValue<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a String> for FieldValue<'a> {
    fn from(value: &'a String) -> Self {
        Self::String(Cow::Borrowed(value))
    }
}

impl From<String> for FieldValue<'_> {
    fn from(value: String) -> Self {
        Self::String(Cow::Owned(value))
    }
}

impl From<Box<str>> for FieldValue<'_> {
    fn from(value: Box<str>) -> Self {
        Self::String(Cow::Owned(value.into()))
    }
}

impl<'a> From<Cow<'a, str>> for FieldValue<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Self::String(value)
    }
}

impl<'a> From<&'a FieldValue<'_>> for FieldValue<'a> {
    fn from(value: &'a FieldValue<'_>) -> Self {
        value.borrowed()
    }
}
