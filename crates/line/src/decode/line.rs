//! A decoded line.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::{Error, FieldValue, Point, PointEncoder, ToLine};

/// The tags or the fields of a line: a list of keys and values.
pub(super) type Pairs<'a, V> = Vec<(Cow<'a, str>, V)>;

/// One decoded line. Names and strings without escapes are borrowed from the decoded text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    pub(crate) measurement: Cow<'a, str>,
    pub(crate) tags: Pairs<'a, Cow<'a, str>>,
    pub(crate) fields: Pairs<'a, FieldValue<'a>>,
    pub(crate) timestamp: Option<i64>,
}

impl<'a> Line<'a> {
    /// Returns the measurement of the line.
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// Returns the tags in the order in which they appear in the text.
    pub fn tags(&self) -> &[(Cow<'a, str>, Cow<'a, str>)] {
        &self.tags
    }

    /// Returns the fields in the order in which they appear in the text.
    pub fn fields(&self) -> &[(Cow<'a, str>, FieldValue<'a>)] {
        &self.fields
    }

    /// Returns the timestamp of the line, in the unit that the text uses.
    pub fn timestamp(&self) -> Option<i64> {
        self.timestamp
    }

    /// Returns an owned point with the measurement, tags, fields and timestamp of this line.
    pub fn to_point(&self) -> Point {
        let mut point = Point::new(&*self.measurement);
        for (key, value) in &self.tags {
            point = point.tag(&**key, &**value);
        }
        for (key, value) in &self.fields {
            point = point.field(&**key, value);
        }
        match self.timestamp {
            Some(timestamp) => point.at(timestamp),
            None => point,
        }
    }
}

impl ToLine for Line<'_> {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        line.measurement(&self.measurement)?;
        for (key, value) in &self.tags {
            line.tag(key, value)?;
        }
        for (key, value) in &self.fields {
            line.field(key, value)?;
        }
        Ok(self.timestamp)
    }
}
