//! The rules for names and tags, and the escapes in them.
//!
//! One pass over the bytes determines which kinds of bytes the text contains. Most names and tag
//! values have no special bytes and are simply copied. All other code in this module runs only for
//! text with special bytes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dialect::{Grammar, KEY_SEPARATOR, MAX_STRING};
use crate::syntax::bytes::{kind, kind_of};
use crate::{Place, Rule};

impl Grammar {
    /// Returns the kinds of bytes that are escaped in this place.
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

    /// Returns the rule that this name or tag value violates in this place.
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

/// Returns whether the Go parser would lose a backslash of this measurement or field key.
///
/// The Go parser unescapes both with `escape.Unescape`, which also removes the backslash of `\"`
/// and `\=`. Measurements are unescaped twice (the second time by the index). Before unescaping,
/// the Go parser reads field keys in pairs.
fn drops_backslash(place: Place, text: &str) -> bool {
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

/// Returns whether the storage engine would split its key inside this text, or at the end of this
/// text together with the separator that follows.
fn cuts_key(place: Place, text: &str) -> bool {
    let stem = &KEY_SEPARATOR[..KEY_SEPARATOR.len() - 1];
    place != Place::FieldKey
        && (text.contains(KEY_SEPARATOR) || (place != Place::TagKey && text.ends_with(stem)))
}

/// Returns whether a backslash precedes a character that will itself be escaped. The Go line
/// splitter, which reads backslashes in pairs, would then see that character as unescaped.
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

/// Appends the text with a backslash before every byte whose kind is in `escaped`.
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

/// Returns the text without its line feeds, and the number of removed line feeds.
pub(crate) fn without_newlines(text: &str) -> (Cow<'_, str>, u64) {
    let kept: String = text.split('\n').collect();
    let removed = text.len() - kept.len();
    if removed == 0 {
        (Cow::Borrowed(text), 0)
    } else {
        (Cow::Owned(kept), removed as u64)
    }
}

/// Removes the escaping backslashes from a text. This function is the inverse of
/// [`append_escaped`], except for text with unusual pairs of a backslash and another character. For
/// such text, this function does the same as the server.
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
