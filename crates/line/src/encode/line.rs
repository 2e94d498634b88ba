//! Writes one point to the batch of an encoder.

use alloc::borrow::Cow;

use crate::dialect::{Grammar, MAX_STRING};
use crate::encode::key::{Name, NameRef};
use crate::syntax::bytes::{kind, kinds_in};
use crate::syntax::escape::{append_escaped, misleads_splitter, without_newlines};
use crate::syntax::tags::Tag;
use crate::{Encoder, Error, FieldValue, Options, Outcome, Place, Rule};

/// How far the writing of a point has progressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Start,
    Tags,
    Fields,
}

/// Writes one point part by part: first the measurement, then the tags in any order, then the
/// fields.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder};
///
/// let mut encoder = Encoder::new(Dialect::V1);
/// let mut line = encoder.point(0);
/// line.measurement("cpu")?.tag("region", "eu west")?.tag("host", "a")?;
/// line.field("value", 0.64)?.field("up", true)?;
/// line.finish(Some(42))?;
/// assert_eq!(encoder.batch().bytes(), b"cpu,host=a,region=eu\\ west value=0.64,up=true 42\n");
/// # Ok::<(), aioinflux_line::Error>(())
/// ```
///
/// If the `PointEncoder` is dropped before [`finish`](Self::finish) is called, the batch does not
/// change. After a call has refused a part of the point, every further call returns the same error.
/// A point is therefore never written in part.
#[derive(Debug)]
pub struct PointEncoder<'e> {
    pub(crate) encoder: &'e mut Encoder,
    pub(crate) index: u64,
    pub(crate) start: usize,
    pub(crate) stage: Stage,
    pub(crate) sorted: bool,
    pub(crate) misleading: bool,
    pub(crate) removed_before: u64,
    pub(crate) failure: Option<Error>,
    pub(crate) written: bool,
}

impl Encoder {
    /// Starts a point. Errors and the batch use `index` to identify the point.
    ///
    /// The point is not written until [`PointEncoder::finish`] is called. Starting a point in this
    /// way does not change [`next_index`](Self::next_index).
    pub fn point(&mut self, index: u64) -> PointEncoder<'_> {
        PointEncoder::new(self, index)
    }

    /// Starts a point with the index [`next_index`](Self::next_index), which is then incremented
    /// even if the point is refused or dropped.
    pub fn next_point(&mut self) -> PointEncoder<'_> {
        let index = self.next_index;
        self.next_index += 1;
        self.point(index)
    }
}

impl<'e> PointEncoder<'e> {
    pub(crate) fn new(encoder: &'e mut Encoder, index: u64) -> Self {
        encoder.batch.drop_unfinished();
        encoder.tags.clear();
        encoder.fields.clear();
        Self {
            index,
            start: encoder.batch.bytes.len(),
            stage: Stage::Start,
            sorted: true,
            misleading: false,
            removed_before: encoder.removed.count,
            failure: None,
            written: false,
            encoder,
        }
    }

    /// Returns the options of the encoder.
    pub fn options(&self) -> Options {
        self.encoder.options
    }

    /// Returns the index of the point.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Writes the measurement of the point.
    ///
    /// # Errors
    ///
    /// Fails if the measurement violates a rule, which the error contains.
    pub fn measurement(&mut self, name: impl Name) -> Result<&mut Self, Error> {
        let name = name.name_ref();
        self.step(|line| line.write_measurement(name))
    }

    /// Writes a tag. If the value of the tag is empty, the tag is left out.
    ///
    /// # Errors
    ///
    /// Fails if the key or the value violates a rule, which the error contains.
    pub fn tag(&mut self, key: impl Name, value: &str) -> Result<&mut Self, Error> {
        let key = key.name_ref();
        self.step(|line| line.write_tag(key, value))
    }

    /// Writes a field. A field whose value is NaN is left out, unless the options refuse NaN.
    ///
    /// # Errors
    ///
    /// Fails if the key or the value violates a rule, which the error contains. Also fails if two
    /// tags of the point have the same key.
    pub fn field<'v>(
        &mut self,
        key: impl Name,
        value: impl Into<FieldValue<'v>>,
    ) -> Result<&mut Self, Error> {
        let (key, value) = (key.name_ref(), value.into());
        self.step(|line| line.write_field(key, &value))
    }

    /// Ends the line of the point with a timestamp in nanoseconds since 1970 (UTC), or without a
    /// timestamp.
    ///
    /// If the point has no fields, it is left out and counted as skipped.
    ///
    /// # Errors
    ///
    /// Fails if the point violates a rule, which the error contains.
    pub fn finish(mut self, timestamp: Option<i64>) -> Result<Outcome, Error> {
        self.step(|line| line.end(timestamp))?;
        if self.encoder.fields.is_empty() {
            // When `self` is dropped, its destructor removes the unfinished line.
            self.encoder.batch.skip();
            return Ok(Outcome::Skipped);
        }
        let stamped = timestamp.is_some() || self.encoder.clock.is_some();
        self.encoder.batch.push_end(self.index, stamped);
        self.written = true;
        Ok(Outcome::Written)
    }

    fn step(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<&mut Self, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match write(self) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    pub(crate) fn grammar(&self) -> &'static Grammar {
        self.encoder.options.dialect.grammar()
    }

    #[cold]
    pub(crate) fn refuse(&self, place: Place, key: Option<&str>, value: &str, rule: Rule) -> Error {
        Error::new(Some(self.index), place, key, value, rule)
    }

    fn write_measurement(&mut self, name: NameRef<'_>) -> Result<(), Error> {
        if self.stage != Stage::Start {
            return Err(self.refuse(
                Place::Measurement,
                None,
                name.text(),
                Rule::MeasurementTwice,
            ));
        }
        self.stage = Stage::Tags;
        self.write_name(Place::Measurement, name)
    }

    fn write_tag(&mut self, key: NameRef<'_>, value: &str) -> Result<(), Error> {
        match self.stage {
            Stage::Tags => {}
            Stage::Start => return Err(self.refuse(Place::Point, None, "", Rule::NoMeasurement)),
            Stage::Fields => {
                return Err(self.refuse(Place::TagKey, None, key.text(), Rule::TagAfterField));
            }
        }
        let newlines_only = || value.bytes().all(|byte| byte == b'\n');
        if value.is_empty() || (self.encoder.options.remove_newlines && newlines_only()) {
            if !value.is_empty() {
                self.count_removed(Place::TagValue, value.len() as u64, key.text());
            }
            return Ok(());
        }
        self.encoder.batch.bytes.push(b',');
        let start = self.encoder.batch.bytes.len();
        self.write_name(Place::TagKey, key)?;
        let key_end = self.encoder.batch.bytes.len();
        self.encoder.batch.bytes.push(b'=');
        self.write_text(Place::TagValue, value, key.text())?;
        let tag = Tag {
            start,
            key_end,
            end: self.encoder.batch.bytes.len(),
        };
        let bytes = &self.encoder.batch.bytes;
        if let Some(last) = self.encoder.tags.last() {
            self.sorted &= bytes[last.start..last.key_end] < bytes[start..key_end];
        }
        self.encoder.tags.push(tag);
        Ok(())
    }

    fn write_field(&mut self, key: NameRef<'_>, value: &FieldValue<'_>) -> Result<(), Error> {
        match self.stage {
            Stage::Start => return Err(self.refuse(Place::Point, None, "", Rule::NoMeasurement)),
            Stage::Tags => self.end_tags()?,
            Stage::Fields => {}
        }
        if self.skips(key, value)? {
            return Ok(());
        }
        let separator = if self.encoder.fields.is_empty() {
            b' '
        } else {
            b','
        };
        let series = self.encoder.batch.bytes.len() - self.start;
        self.encoder.batch.bytes.push(separator);
        let start = self.encoder.batch.bytes.len();
        self.write_name(Place::FieldKey, key)?;
        let end = self.encoder.batch.bytes.len();
        let series = self
            .encoder
            .fields
            .first()
            .map_or(series, |first| first.start - 1 - self.start);
        if (end - start).saturating_add(series + 4) > self.grammar().max_key {
            return Err(self.refuse(Place::FieldKey, None, key.text(), Rule::KeyTooLong));
        }
        self.encoder.fields.push(start..end);
        self.encoder.batch.bytes.push(b'=');
        self.write_value(key, value)
    }

    /// Returns whether the options of the encoder require that a field with this value is left out.
    fn skips(&self, key: NameRef<'_>, value: &FieldValue<'_>) -> Result<bool, Error> {
        let FieldValue::Float(float) = *value else {
            return Ok(false);
        };
        let options = self.encoder.options;
        let (skip, rule) = if float.is_nan() {
            (!options.refuse_nan, Rule::NotANumber)
        } else if float.is_infinite() {
            (options.skip_infinities, Rule::Infinite)
        } else {
            return Ok(false);
        };
        if skip {
            Ok(true)
        } else {
            Err(self.refuse_value(key, value, rule))
        }
    }

    #[cold]
    fn refuse_value(&self, key: NameRef<'_>, value: &FieldValue<'_>, rule: Rule) -> Error {
        let text = match value {
            FieldValue::String(text) => Cow::Borrowed(&**text),
            number => Cow::Owned(alloc::format!("{number}")),
        };
        self.refuse(Place::FieldValue, Some(key.text()), &text, rule)
    }

    fn write_value(&mut self, key: NameRef<'_>, value: &FieldValue<'_>) -> Result<(), Error> {
        let out = &mut self.encoder.batch.bytes;
        match value {
            FieldValue::Float(value) => {
                out.extend_from_slice(zmij::Buffer::new().format_finite(*value).as_bytes());
            }
            FieldValue::Integer(value) => {
                out.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes());
                out.push(b'i');
            }
            FieldValue::Unsigned(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
                if self.grammar().unsigned {
                    self.encoder.batch.bytes.push(b'u');
                } else if i64::try_from(*number).is_ok() {
                    self.encoder.batch.bytes.push(b'i');
                } else {
                    return Err(self.refuse_value(key, value, Rule::UnsignedTooLarge));
                }
            }
            FieldValue::Boolean(true) => out.extend_from_slice(b"true"),
            FieldValue::Boolean(false) => out.extend_from_slice(b"false"),
            FieldValue::String(text) => {
                if text.len() > MAX_STRING {
                    return Err(self.refuse_value(key, value, Rule::TooLong));
                }
                out.push(b'"');
                append_escaped(out, text, kind::BACKSLASH | kind::QUOTE);
                out.push(b'"');
            }
        }
        Ok(())
    }

    fn write_name(&mut self, place: Place, name: NameRef<'_>) -> Result<(), Error> {
        let NameRef::Key(key) = name else {
            return self.write_text(place, name.text(), "");
        };
        match key.encoded(place, self.encoder.options) {
            Some(Ok(bytes)) => self.encoder.batch.bytes.extend_from_slice(bytes),
            Some(Err(rule)) => return Err(self.refuse(place, None, key.name(), rule)),
            None => return self.write_text(place, key.name(), ""),
        }
        if key.removed() > 0 {
            self.count_removed(place, key.removed(), key.name());
        }
        self.misleading |= place == Place::TagKey && key.misleads_splitter();
        Ok(())
    }

    /// Writes a measurement, key or tag value. If `text` is a tag value, `key` is the key of its
    /// tag.
    fn write_text(&mut self, place: Place, text: &str, key: &str) -> Result<(), Error> {
        let mut kinds = kinds_in(text);
        let mut kept = Cow::Borrowed(text);
        if kinds & kind::NEWLINE != 0 && self.encoder.options.remove_newlines {
            let (without, removed) = without_newlines(text);
            self.count_removed(
                place,
                removed,
                if place == Place::TagValue { key } else { text },
            );
            kept = without;
            kinds &= !kind::NEWLINE;
        }
        let grammar = self.grammar();
        if let Some(rule) = grammar.refusal(place, &kept, kinds) {
            let key = (place == Place::TagValue).then_some(key);
            return Err(self.refuse(place, key, text, rule));
        }
        let escaped = grammar.escaped(place);
        if kinds & escaped == 0 {
            self.encoder.batch.bytes.extend_from_slice(kept.as_bytes());
        } else {
            append_escaped(&mut self.encoder.batch.bytes, &kept, escaped);
        }
        // Measurements and field keys in which a backslash precedes a special character were
        // refused above.
        if kinds & kind::BACKSLASH != 0 && !grammar.doubles_backslash {
            self.misleading |= misleads_splitter(&kept);
        }
        Ok(())
    }

    #[cold]
    fn count_removed(&mut self, place: Place, removed: u64, name: &str) {
        let part = match place {
            Place::Measurement => "measurement",
            Place::TagKey => "tag key",
            Place::FieldKey => "field key",
            _ => "tag",
        };
        self.encoder.count_removed(removed, self.index, part, name);
    }
}
