//! Runs the checks for the complete parts of a point. The checks cover the order of the tags,
//! duplicate tags and fields, the timestamp, and the place where the server will end the line.

use alloc::string::String;
use core::ops::Range;

use crate::encode::line::Stage;
use crate::syntax::escape::unescaped;
use crate::syntax::split::line_length;
use crate::{Encoder, Error, Place, PointEncoder, Rule};

/// The maximum number of fields that are compared pairwise to find duplicates. A longer list of
/// fields is sorted first.
const FEW_FIELDS: usize = 12;

impl PointEncoder<'_> {
    /// Sorts the tags of the point and looks for duplicate keys.
    ///
    /// The escaped keys are compared, because the server uses the escaped keys to decide whether it
    /// must sort the tags itself.
    pub(crate) fn end_tags(&mut self) -> Result<(), Error> {
        self.stage = Stage::Fields;
        if self.sorted {
            return Ok(());
        }
        let Encoder {
            batch,
            tags,
            scratch,
            ..
        } = &mut *self.encoder;
        let bytes = &mut batch.bytes;
        let Some(first) = tags.first().map(|tag| tag.start) else {
            return Ok(());
        };
        tags.sort_unstable_by(|a, b| bytes[a.key()].cmp(&bytes[b.key()]));
        let twice = tags
            .windows(2)
            .find(|pair| bytes[pair[0].key()] == bytes[pair[1].key()]);
        if let Some(key) = twice.map(|pair| pair[1].key()) {
            return Err(self.refuse_key(Place::TagKey, key, Rule::DuplicateTag));
        }
        scratch.clear();
        for tag in tags.iter_mut() {
            let start = first + scratch.len();
            scratch.extend_from_slice(&bytes[tag.start..tag.end]);
            scratch.push(b',');
            *tag = tag.moved_to(start);
        }
        scratch.pop();
        bytes[first..].copy_from_slice(scratch);
        Ok(())
    }

    /// Completes the line of the point if it has fields.
    pub(crate) fn end(&mut self, timestamp: Option<i64>) -> Result<(), Error> {
        match self.stage {
            Stage::Start => return Err(self.refuse(Place::Point, None, "", Rule::NoMeasurement)),
            Stage::Tags => self.end_tags()?,
            Stage::Fields => {}
        }
        if self.encoder.fields.is_empty() {
            return Ok(());
        }
        self.check_fields()?;
        let timestamp = timestamp.or_else(|| self.encoder.clock.map(|clock| clock()));
        if let Some(timestamp) = timestamp {
            let mut digits = itoa::Buffer::new();
            let digits = digits.format(timestamp);
            if !self.grammar().times.contains(&timestamp) {
                return Err(self.refuse(Place::Timestamp, None, digits, Rule::TimeOutOfRange));
            }
            self.encoder.batch.bytes.push(b' ');
            self.encoder
                .batch
                .bytes
                .extend_from_slice(digits.as_bytes());
        }
        self.encoder.batch.bytes.push(b'\n');
        self.check_split()
    }

    /// Refuses duplicate field keys. If the dialect does not allow a tag and a field with the same
    /// key, field keys that are also tag keys are refused, too.
    fn check_fields(&mut self) -> Result<(), Error> {
        let grammar = self.grammar();
        let Encoder {
            batch,
            tags,
            fields,
            ..
        } = &mut *self.encoder;
        let bytes = &batch.bytes;
        let key = |field: &Range<usize>| &bytes[field.clone()];
        let twice = if fields.len() <= FEW_FIELDS {
            let repeated = |at: &usize| fields[..*at].iter().any(|f| key(f) == key(&fields[*at]));
            (1..fields.len())
                .find(repeated)
                .map(|at| fields[at].clone())
        } else {
            fields.sort_unstable_by(|a, b| key(a).cmp(key(b)));
            fields
                .windows(2)
                .find(|pair| key(&pair[0]) == key(&pair[1]))
                .map(|p| p[1].clone())
        };
        if let Some(field) = twice {
            return Err(self.refuse_key(Place::FieldKey, field, Rule::DuplicateField));
        }
        if grammar.tag_and_field {
            return Ok(());
        }
        // A binary search works, because the tags are sorted by their escaped keys.
        let is_tag = |field: &&Range<usize>| {
            tags.binary_search_by(|tag| bytes[tag.key()].cmp(key(field)))
                .is_ok()
        };
        match fields.iter().find(is_tag).cloned() {
            Some(field) => Err(self.refuse_key(Place::FieldKey, field, Rule::TagAndField)),
            None => Ok(()),
        }
    }

    /// Refuses the line if the server would find the end of the line at a different place.
    ///
    /// The Go server looks for the end of a line before it parses the line. When the server looks
    /// for the end of a line, it reads backslashes in pairs even in tags. If a backslash precedes
    /// an escaped space, the server therefore takes this space for the beginning of the fields.
    fn check_split(&self) -> Result<(), Error> {
        if !self.misleading {
            return Ok(());
        }
        let line = &self.encoder.batch.bytes[self.start..];
        let split = line_length(self.grammar(), line);
        if split.closed && split.length == line.len() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(line);
        Err(self.refuse(Place::Line, None, text.trim_end(), Rule::LineSplit))
    }

    #[cold]
    fn refuse_key(&self, place: Place, escaped: Range<usize>, rule: Rule) -> Error {
        let bytes = &self.encoder.batch.bytes[escaped];
        let text = String::from_utf8_lossy(bytes);
        self.refuse(place, None, &unescaped(self.grammar(), place, &text), rule)
    }
}

impl Drop for PointEncoder<'_> {
    /// Removes an unfinished point from the batch.
    fn drop(&mut self) {
        if self.written {
            return;
        }
        self.encoder.batch.bytes.truncate(self.start);
        self.encoder.removed.count = self.removed_before;
        if self.removed_before == 0 {
            self.encoder.removed.first.clear();
        }
    }
}
