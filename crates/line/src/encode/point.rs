//! Defines the trait for all types that can be written as a line, and the owned type `Point`.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Encoder, Error, FieldValue, Outcome, PointEncoder};

/// A type whose values can be written as lines.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Error, PointEncoder, ToLine};
///
/// struct Reading<'a> {
///     host: &'a str,
///     load: f64,
///     at: i64,
/// }
///
/// impl ToLine for Reading<'_> {
///     fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
///         line.measurement("load")?.tag("host", self.host)?.field("value", self.load)?;
///         Ok(Some(self.at))
///     }
/// }
///
/// let mut encoder = Encoder::new(Dialect::V1);
/// encoder.push(&Reading { host: "a", load: 0.5, at: 7 })?;
/// assert_eq!(encoder.batch().bytes(), b"load,host=a value=0.5 7\n");
/// # Ok::<(), Error>(())
/// ```
pub trait ToLine {
    /// Writes the measurement, then the tags, and then the fields of this value to `line`. Returns
    /// the timestamp of the point in nanoseconds since 1970 (UTC), or `None` if the server should
    /// set it.
    ///
    /// # Errors
    ///
    /// Fails with the first error that a call of `line` returns. If writing a point fails, the
    /// point is left out of the batch.
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error>;
}

impl Encoder {
    /// Writes a point. The point gets the index [`next_index`](Self::next_index), which is then
    /// incremented.
    ///
    /// # Errors
    ///
    /// Fails if the point violates a rule, which the error contains. After an error, the batch is
    /// unchanged, but the index is used up. The indexes therefore count all points that were
    /// passed, including refused points.
    pub fn push<T: ToLine + ?Sized>(&mut self, point: &T) -> Result<Outcome, Error> {
        let mut line = self.next_point();
        let timestamp = point.to_line(&mut line)?;
        line.finish(timestamp)
    }
}

impl<T: ToLine + ?Sized> ToLine for &T {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        (**self).to_line(line)
    }
}

impl<T: ToLine + ?Sized> ToLine for Box<T> {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        (**self).to_line(line)
    }
}

impl<T: ToLine + ?Sized> ToLine for Rc<T> {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        (**self).to_line(line)
    }
}

impl<T: ToLine + ?Sized> ToLine for Arc<T> {
    fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
        (**self).to_line(line)
    }
}

/// An owned point that is built with chained methods.
///
/// ```
/// use aioinflux_line::Point;
///
/// let point = Point::new("cpu").tag("host", "a").field("value", 0.64).at(1_257_894_000_000_000_000);
/// assert_eq!(point.measurement(), "cpu");
/// assert_eq!(point.tags(), [("host".into(), "a".into())]);
/// ```
///
/// A `Point` does not check its data, because only the encoder knows what the dialect's server
/// stores. Two points are equal if they have the same parts in the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, FieldValue<'static>)>,
    timestamp: Option<i64>,
}

impl Point {
    /// Returns a point without tags, fields or a timestamp.
    pub fn new(measurement: impl Into<String>) -> Self {
        Self {
            measurement: measurement.into(),
            tags: Vec::new(),
            fields: Vec::new(),
            timestamp: None,
        }
    }

    /// Adds a tag. If the value of a tag is empty, the tag is left out of the line.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field<'v>(mut self, key: impl Into<String>, value: impl Into<FieldValue<'v>>) -> Self {
        self.fields.push((key.into(), value.into().into_owned()));
        self
    }

    /// Sets the timestamp of the point in nanoseconds since 1970 (UTC).
    #[must_use]
    pub fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Returns the measurement of the point.
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// Returns the tags in the order in which they were added.
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    /// Returns the fields in the order in which they were added.
    pub fn fields(&self) -> &[(String, FieldValue<'static>)] {
        &self.fields
    }

    /// Returns the timestamp of the point in nanoseconds since 1970 (UTC), or `None` if the server
    /// should set it.
    pub fn timestamp(&self) -> Option<i64> {
        self.timestamp
    }
}

impl ToLine for Point {
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
