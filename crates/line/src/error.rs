//! Defines the error for a refused point. The error contains the index of the point, the refused
//! part, its value and the violated rule.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::Rule;

/// The part of a point that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The whole point.
    Point,
    /// The measurement.
    Measurement,
    /// A tag key.
    TagKey,
    /// A tag value.
    TagValue,
    /// A field key.
    FieldKey,
    /// A field value.
    FieldValue,
    /// The timestamp.
    Timestamp,
    /// The whole line of the point, as it would have been written.
    Line,
    /// A name that is invalid in every place of a line. [`Key::new`](crate::Key::new) refuses this
    /// name.
    Name,
    /// A line of encoded text, which was passed to
    /// [`Encoder::push_text`](crate::Encoder::push_text).
    Text,
}

/// The error for a point that cannot be written. The error contains the refused part of the point,
/// the key and value of this part, and the violated rule.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Point, Rule};
///
/// let mut encoder = Encoder::new(Dialect::V1);
/// let error = encoder.push(&Point::new("cpu").tag("host", "a\nb").field("v", 1)).unwrap_err();
/// assert_eq!(error.rule(), Rule::Newline);
/// assert_eq!(error.to_string(), r"point 0: tag `host`: value `a\nb` contains a newline");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Refusal>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    index: Option<u64>,
    /// The number of the refused line in the encoded text, counted from 1.
    line: Option<usize>,
    place: Place,
    key: Option<String>,
    value: String,
    cut: bool,
    rule: Rule,
}

/// The maximum number of characters of a value that an error message shows.
const SHOWN: usize = 40;

impl Error {
    #[cold]
    pub(crate) fn new(
        index: Option<u64>,
        place: Place,
        key: Option<&str>,
        value: &str,
        rule: Rule,
    ) -> Self {
        let (shown, cut) = shorten(value);
        Self(Box::new(Refusal {
            index,
            line: None,
            place,
            key: key.map(String::from),
            value: shown.into(),
            cut,
            rule,
        }))
    }

    /// Returns the user's index of the refused point. Returns `None` if the error is about a
    /// [`Key`](crate::Key) that was created independently of a point.
    pub fn index(&self) -> Option<u64> {
        self.0.index
    }

    /// Sets the number of the refused line in the encoded text.
    pub(crate) fn at_line(mut self, line: usize) -> Self {
        self.0.line = Some(line);
        self
    }

    /// Returns the number of the refused line in the encoded text. Line numbers start at 1, and
    /// every line feed of the text is counted. Returns `None` if the point was not passed as
    /// encoded text.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// Returns which part of the point was refused.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// Returns the complete key of the refused tag or field. Returns `None` if the refused part has
    /// no key.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Returns the first 40 characters of the refused text.
    pub fn value(&self) -> &str {
        &self.0.value
    }

    /// Returns the rule that was violated.
    pub fn rule(&self) -> Rule {
        self.0.rule
    }
}

fn shorten(text: &str) -> (&str, bool) {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// Shows text in backticks, and escapes characters so that the text stays on one line.
pub(crate) struct Quoted<'a>(&'a str, bool);

impl<'a> Quoted<'a> {
    pub(crate) fn cut(text: &'a str) -> Self {
        let (shown, cut) = shorten(text);
        Self(shown, cut)
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dots = if self.1 { "..." } else { "" };
        f.write_str("`")?;
        for character in self.0.chars() {
            // Quotes and backslashes in the text are not escaped, because it is not a Rust literal.
            if matches!(character, '"' | '\'' | '\\') {
                write!(f, "{character}")?;
            } else {
                write!(f, "{}", character.escape_debug())?;
            }
        }
        write!(f, "{dots}`")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal {
            index,
            line,
            place,
            ref key,
            ref value,
            cut,
            rule,
        } = *self.0;
        match (index, line) {
            (Some(index), Some(line)) => write!(f, "point {index} (line {line} of the text): ")?,
            (Some(index), None) => write!(f, "point {index}: ")?,
            (None, _) => {}
        }
        let value = Quoted(value, cut);
        let key = Quoted::cut(key.as_deref().unwrap_or_default());
        match place {
            Place::Point => write!(f, "the point {rule}"),
            Place::Measurement => write!(f, "measurement {value} {rule}"),
            Place::TagKey => write!(f, "tag key {value} {rule}"),
            Place::TagValue => write!(f, "tag {key}: value {value} {rule}"),
            Place::FieldKey => write!(f, "field key {value} {rule}"),
            Place::FieldValue => write!(f, "field {key}: value {value} {rule}"),
            Place::Timestamp => write!(f, "timestamp {value} {rule}"),
            Place::Line => write!(f, "line {value} {rule}"),
            Place::Name => write!(f, "name {value} {rule}"),
            Place::Text => write!(f, "{value} {rule}"),
        }
    }
}

impl core::error::Error for Error {}

/// The error for a row that [`Row`](crate::Row) cannot write. [`PointEncoder`](crate::PointEncoder)
/// then writes or refuses this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the row needs `PointEncoder`")
    }
}

impl core::error::Error for Unusual {}
