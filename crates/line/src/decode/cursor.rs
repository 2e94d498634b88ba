//! Reads one line part by part with a cursor, whose position is used in error messages.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::line::{Line, Pairs};
use super::number;
use crate::dialect::{Grammar, MAX_STRING, Pairing};
use crate::error::Quoted;
use crate::syntax::bytes::kinds_in;
use crate::syntax::escape::unescaped;
use crate::{FieldValue, Place};

/// The maximum number of keys that are compared pairwise to find duplicates. A longer list of keys
/// is sorted first.
const FEW_KEYS: usize = 12;

/// An error at an offset of the line, and what the decoder expected there.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) expected: String,
}

#[derive(Debug)]
pub(super) struct Cursor<'a> {
    grammar: &'static Grammar,
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(grammar: &'static Grammar, text: &'a str) -> Self {
        Self {
            grammar,
            text,
            at: 0,
        }
    }

    pub(super) fn line(mut self) -> Result<Line<'a>, Fault> {
        self.skip(self.grammar.blanks);
        let measurement = self.name(Place::Measurement)?;
        let tags = self.tags()?;
        let fields = self.fields()?;
        if !self.grammar.tag_and_field
            && let Some(key) = shared(&tags, &fields)
        {
            let key = Quoted::cut(key);
            return Err(self.fault_at(
                0,
                format!("tags and fields with different names, but {key} is both"),
            ));
        }
        let timestamp = self.timestamp()?;
        Ok(Line {
            measurement,
            tags,
            fields,
            timestamp,
        })
    }

    fn tags(&mut self) -> Result<Pairs<'a, Cow<'a, str>>, Fault> {
        let start = self.at;
        let mut tags = Vec::new();
        while self.take(b',') {
            let key = self.name(Place::TagKey)?;
            self.equals(Place::TagKey, &key)?;
            tags.push((key, self.name(Place::TagValue)?));
        }
        if self.peek() != Some(b' ') {
            return Err(self.fault("a space and a field"));
        }
        match repeated(&tags) {
            Some(key) => {
                let key = Quoted::cut(key);
                Err(self.fault_at(start, format!("each tag key once, but {key} appears twice")))
            }
            None => Ok(tags),
        }
    }

    fn fields(&mut self) -> Result<Pairs<'a, FieldValue<'a>>, Fault> {
        self.skip(self.blanks_between());
        let start = self.at;
        let mut fields = Vec::new();
        loop {
            let key = self.name(Place::FieldKey)?;
            self.equals(Place::FieldKey, &key)?;
            fields.push((key, self.value()?));
            if !self.take(b',') {
                break;
            }
            // The parser of 3.x accepts a trailing comma after the first field of a line.
            if self.grammar.loose_names
                && fields.len() == 1
                && matches!(self.peek(), None | Some(b' '))
            {
                break;
            }
        }
        match repeated(&fields) {
            Some(key) => {
                let key = Quoted::cut(key);
                Err(self.fault_at(
                    start,
                    format!("each field key once, but {key} appears twice"),
                ))
            }
            None => Ok(fields),
        }
    }

    fn value(&mut self) -> Result<FieldValue<'a>, Fault> {
        if self.take(b'"') {
            return self.string().map(FieldValue::String);
        }
        let start = self.at;
        let rest = &self.text[start..];
        let token = &rest[..rest.find([',', ' ']).unwrap_or(rest.len())];
        let Some(value) = number::value(self.grammar, token) else {
            return Err(self.fault("a number, boolean or quoted string"));
        };
        self.at += token.len();
        Ok(value)
    }

    /// Reads the rest of a string field after its opening quote.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        let mut out = String::new();
        let mut copied = start;
        loop {
            match bytes.get(self.at) {
                None => return Err(self.fault("a closing quote")),
                Some(b'"') => break,
                // In a string, a backslash before any character other than a quote or a backslash
                // is kept.
                Some(b'\\') if matches!(bytes.get(self.at + 1), Some(b'"' | b'\\')) => {
                    out.push_str(&self.text[copied..self.at]);
                    copied = self.at + 1;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
            }
        }
        let last = &self.text[copied..self.at];
        let text = if copied == start {
            Cow::Borrowed(last)
        } else {
            Cow::Owned(out + last)
        };
        if text.len() > MAX_STRING {
            return Err(self.fault_at(start, "a string of at most 1 MiB".into()));
        }
        self.at += 1;
        match self.peek() {
            None | Some(b',' | b' ') => Ok(text),
            Some(_) => Err(self.fault("a comma, a space or the end of the line after the string")),
        }
    }

    fn timestamp(&mut self) -> Result<Option<i64>, Fault> {
        let blanks = self.blanks_between();
        self.skip(blanks);
        if self.at == self.text.len() && (self.grammar.loose_blanks || !self.text.ends_with(' ')) {
            return Ok(None);
        }
        let digits = self.text[self.at..].trim_end_matches(' ');
        if !number::is_integer(digits) {
            return Err(self.fault("an integer timestamp"));
        }
        match digits.parse() {
            Ok(time) if self.grammar.times.contains(&time) => Ok(Some(time)),
            _ => Err(self.fault("a timestamp in the range that the server stores")),
        }
    }

    /// Reads a name or tag value, and checks it in the same way as the encoder does.
    fn name(&mut self, place: Place) -> Result<Cow<'a, str>, Fault> {
        let start = self.at;
        self.at += self.name_length(place);
        let name = unescaped(self.grammar, place, &self.text[start..self.at]);
        if name.is_empty() {
            return Err(self.fault(describe(place)));
        }
        match self.grammar.refusal(place, &name, kinds_in(&name)) {
            Some(rule) => {
                let text = format!("a different {}: {} {rule}", noun(place), Quoted::cut(&name));
                Err(self.fault_at(start, text))
            }
            None => Ok(name),
        }
    }

    fn name_length(&self, place: Place) -> usize {
        let bytes = &self.text.as_bytes()[self.at..];
        let stops = stops(place, self.grammar.loose_names);
        // In field keys, the Go parser always reads backslashes in pairs.
        let pairs = self.grammar.pairing == Pairing::Pairs || place == Place::FieldKey;
        let mut at = 0;
        while at < bytes.len() {
            if pairs && bytes[at] == b'\\' {
                at += 1;
            } else if stops.contains(&bytes[at]) && (pairs || at == 0 || bytes[at - 1] != b'\\') {
                break;
            }
            at += 1;
        }
        let mut at = at.min(bytes.len());
        // The byte after a backslash may be the first byte of a multi-byte character.
        while !self.text.is_char_boundary(self.at + at) {
            at += 1;
        }
        at
    }

    fn blanks_between(&self) -> &'static [u8] {
        if self.grammar.loose_blanks {
            self.grammar.blanks
        } else {
            b" "
        }
    }

    fn equals(&mut self, place: Place, key: &str) -> Result<(), Fault> {
        if self.take(b'=') {
            return Ok(());
        }
        Err(self.fault(format!("`=` after {} {}", noun(place), Quoted::cut(key))))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip(&mut self, blanks: &[u8]) {
        while self.peek().is_some_and(|byte| blanks.contains(&byte)) {
            self.at += 1;
        }
    }

    #[cold]
    fn fault(&self, expected: impl Into<String>) -> Fault {
        self.fault_at(self.at, expected.into())
    }

    #[cold]
    #[expect(clippy::unused_self, reason = "reads like its sibling")]
    fn fault_at(&self, at: usize, expected: String) -> Fault {
        Fault { at, expected }
    }
}

/// Returns the bytes that end a name or tag value if no backslash escapes them.
fn stops(place: Place, loose: bool) -> &'static [u8] {
    match (place, loose) {
        (Place::Measurement, _) | (Place::TagValue, true) => b", ",
        (Place::TagValue, false) => b",= ",
        (_, true) => b"= ",
        (_, false) => b"=, ",
    }
}

fn noun(place: Place) -> &'static str {
    match place {
        Place::Measurement => "measurement",
        Place::TagKey => "tag key",
        Place::TagValue => "tag value",
        _ => "field key",
    }
}

fn describe(place: Place) -> &'static str {
    match place {
        Place::Measurement => "a measurement",
        Place::TagKey => "a tag key",
        Place::TagValue => "a tag value",
        _ => "a field key",
    }
}

/// Returns a key that occurs twice in a list of keys and values.
fn repeated<'k, V>(pairs: &'k [(Cow<'_, str>, V)]) -> Option<&'k str> {
    if pairs.len() <= FEW_KEYS {
        let seen = |at: usize| pairs[..at].iter().any(|pair| pair.0 == pairs[at].0);
        return (1..pairs.len())
            .find(|at| seen(*at))
            .map(|at| &*pairs[at].0);
    }
    sorted_keys(pairs)
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

/// Returns the first field key that is also a tag key.
fn shared<'k, V>(
    tags: &[(Cow<'_, str>, V)],
    fields: &'k [(Cow<'_, str>, FieldValue<'_>)],
) -> Option<&'k str> {
    let mut keys = fields.iter().map(|field| &*field.0);
    if tags.len() <= FEW_KEYS {
        return keys.find(|key| tags.iter().any(|tag| tag.0 == *key));
    }
    let sorted = sorted_keys(tags);
    keys.find(|key| sorted.binary_search(key).is_ok())
}

fn sorted_keys<'k, V>(pairs: &'k [(Cow<'_, str>, V)]) -> Vec<&'k str> {
    let mut keys: Vec<&str> = pairs.iter().map(|pair| &*pair.0).collect();
    keys.sort_unstable();
    keys
}
