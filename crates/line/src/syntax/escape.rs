//! Checks and escapes names and tags.
//!
//! One pass over the bytes of a text determines which kinds of bytes it contains. Most names and
//! tag values have no special bytes and are simply copied. The rest of the code in this module runs
//! only for text with special bytes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dialect::{Grammar, KEY_SEPARATOR, MAX_STRING};
use crate::syntax::bytes::{kind, kind_of};
use crate::{Place, Rule};

impl Grammar {
    /// Returns the kinds of bytes that are escaped in this place of a line.
    pub(crate) fn escaped(&self, place: Place) -> u8 {
        let equals = if matches!(place, Place::Measurement) {
            0
        } else {
            kind::EQUALS
        };
        let backslash = if self.doubles_backslash {
            kind::BACKSLASH
        } else {
            0
        };
        kind::BREAK | equals | backslash
    }

    /// Returns the rule that a name or tag value violates in this place of a line, or `None` if it
    /// is valid.
    pub(crate) fn refusal(&self, place: Place, text: &str, kinds: u8) -> Option<Rule> {
        if text.is_empty() {
            return Some(Rule::Empty);
        }
        if text.len() > MAX_STRING {
            return Some(Rule::TooLong);
        }
        if kinds & kind::CHECKED != 0
            && let Some(rule) = self.byte_refusal(place, text, kinds)
        {
            return Some(rule);
        }
        match place {
            Place::TagKey | Place::FieldKey if text == "time" => Some(Rule::Time),
            Place::TagKey if self.reserved_tags.contains(&text) => Some(Rule::ReservedTag),
            _ => None,
        }
    }

    #[cold]
    fn byte_refusal(&self, place: Place, text: &str, kinds: u8) -> Option<Rule> {
        let named = matches!(place, Place::Measurement | Place::FieldKey);
        if kinds & kind::NEWLINE != 0 {
            Some(Rule::Newline)
        } else if kinds & kind::NUL != 0 {
            Some(Rule::Nul)
        } else if kinds & kind::CONTROL != 0 && !self.keeps_controls {
            Some(Rule::Control)
        } else if text.ends_with('\\') {
            Some(Rule::TrailingBackslash)
        } else if place == Place::Measurement && text.starts_with('#') {
            Some(Rule::LeadingHash)
        } else if named && text.starts_with('\t') {
            Some(Rule::LeadingTab)
        } else if !self.doubles_backslash && named && drops_backslash(place, text) {
            Some(Rule::BackslashBeforeSpecial)
        } else if !self.doubles_backslash && kinds & kind::HASH != 0 && cuts_key(place, text) {
            Some(Rule::KeySeparator)
        } else {
            None
        }
    }
}

/// Returns whether the Go parser would remove a backslash from this measurement or field key.
///
/// The Go parser unescapes measurements and field keys with `escape.Unescape`, which also removes
/// the backslash of `\"` and `\=`. Measurements are unescaped twice: first by the Go parser, and
/// then by the index. Before it unescapes a field key, the Go parser reads the backslashes of the
/// key in pairs.
pub(crate) fn drops_backslash(place: Place, text: &str) -> bool {
    let mut run = 0_usize;
    for byte in text.bytes() {
        let special = match byte {
            b'\\' => {
                run += 1;
                continue;
            }
            b'"' => true,
            b',' | b' ' | b'=' => place == Place::Measurement || run % 2 == 1,
            _ => false,
        };
        if special && run > 0 {
            return true;
        }
        run = 0;
    }
    false
}

/// Returns whether the storage engine would misread its separator `#!~#`. The engine misreads the
/// separator if the text contains `#!~#`, or if the end of the text and the separator after it look
/// like an earlier separator.
fn cuts_key(place: Place, text: &str) -> bool {
    let stem = &KEY_SEPARATOR[..KEY_SEPARATOR.len() - 1];
    place != Place::FieldKey
        && (text.contains(KEY_SEPARATOR) || (place != Place::TagKey && text.ends_with(stem)))
}

/// Returns whether an odd number of backslashes precedes a character that will itself be escaped.
/// The Go line splitter reads backslashes in pairs, so it would take this character for an
/// unescaped one.
pub(crate) fn misleads_splitter(text: &str) -> bool {
    let mut run = 0_usize;
    for byte in text.bytes() {
        if byte == b'\\' {
            run += 1;
            continue;
        }
        if run % 2 == 1 && matches!(byte, b',' | b' ' | b'=') {
            return true;
        }
        run = 0;
    }
    false
}

/// Appends `text` to `out`, with a backslash before every byte whose kind is in `escaped`.
pub(crate) fn append_escaped(out: &mut Vec<u8>, text: &str, escaped: u8) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if kind_of(byte) & escaped != 0 {
            out.extend_from_slice(&bytes[copied..at]);
            out.push(b'\\');
            copied = at;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// Removes all line feeds from a text. Returns the remaining text and the number of removed line
/// feeds.
pub(crate) fn without_newlines(text: &str) -> (Cow<'_, str>, u64) {
    let kept: String = text.split('\n').collect();
    let removed = text.len() - kept.len();
    if removed == 0 {
        (Cow::Borrowed(text), 0)
    } else {
        (Cow::Owned(kept), removed as u64)
    }
}

/// Removes the escaping backslashes from an encoded name or tag value. This function is the inverse
/// of [`append_escaped`], except for text with unusual pairs of a backslash and another character.
/// Unusual pairs are unescaped as the server unescapes them.
pub(crate) fn unescaped<'a>(grammar: &Grammar, place: Place, text: &'a str) -> Cow<'a, str> {
    let mut escaped = grammar.escaped(place);
    if grammar.loose_escapes && matches!(place, Place::Measurement | Place::FieldKey) {
        escaped |= kind::EQUALS | kind::QUOTE;
    }
    let bytes = text.as_bytes();
    let Some(first) = memchr::memchr(b'\\', bytes) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, first);
    while at + 1 < bytes.len() {
        if bytes[at] == b'\\' && kind_of(bytes[at + 1]) & escaped != 0 {
            out.push_str(&text[copied..at]);
            copied = at + 1;
            at += 1;
        }
        at += 1;
    }
    if copied == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}
