//! Reads lines of text as the server's parser does, after the server's splitter has separated them.
//!
//! The splitter and the parser are different scanners. If the splitter and the parser disagree,
//! text is stored in a value to which it does not belong. The check in this module finds lines on
//! which the splitter and the parser disagree. It allocates nothing. Lines that the server itself
//! refuses are left to the server.

use alloc::vec::Vec;

use memchr::{memchr, memchr2, memchr3};

use crate::Rule;
use crate::dialect::{Grammar, Pairing};
use crate::syntax::split::skip_blanks;

/// The offsets where the parts of a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The end of the measurement and tags, which is the offset of the space before the fields.
    pub(crate) series: usize,
    /// The end of the fields.
    pub(crate) fields: usize,
    /// Whether anything other than blanks follows the fields.
    pub(crate) timed: bool,
}

/// Finds the parts of a line, without its line feed. The line must not be blank, and it must not be
/// a comment.
///
/// # Errors
///
/// Fails if text follows the closing quote of a string, a string is not closed, a line feed is
/// outside a string, or a field key ends with a backslash.
pub(crate) fn parts(grammar: &Grammar, line: &[u8]) -> Result<Parts, Rule> {
    let series = series_length(grammar, line);
    let separators = |at: usize| line.len() - skip_separators(grammar, &line[at..]).len();
    let mut walk = Walk {
        line,
        holds_feeds: memchr(b'\n', line).is_some(),
        at: separators(series),
    };
    walk.check_feeds(0)?;
    while walk.field(grammar)? {}
    let fields = walk.at;
    walk.at = line.len();
    walk.check_feeds(fields)?;
    Ok(Parts {
        series,
        fields,
        timed: separators(fields) < line.len(),
    })
}

/// Returns the encoded keys of the fields of a line.
pub(crate) fn field_keys<'a>(grammar: &Grammar, line: &'a [u8]) -> Vec<&'a [u8]> {
    let series = series_length(grammar, line);
    let mut walk = Walk {
        line,
        holds_feeds: false,
        at: line.len() - skip_separators(grammar, &line[series..]).len(),
    };
    let mut keys = Vec::new();
    loop {
        let start = walk.at;
        let mut key = walk;
        if !key.key() {
            return keys;
        }
        keys.push(&line[start..key.at]);
        if !walk.field(grammar).unwrap_or(false) {
            return keys;
        }
    }
}

/// Returns the end of the measurement and tags, which is the first unescaped space.
pub(crate) fn series_length(grammar: &Grammar, line: &[u8]) -> usize {
    let mut at = line.len() - skip_blanks(grammar, line).len();
    let start = at;
    if grammar.pairing == Pairing::PreviousByte {
        let is_end = |space: &usize| *space > 0 && line[start + space - 1] != b'\\';
        let space = memchr::memchr_iter(b' ', &line[start..]).find(is_end);
        return space.map_or(line.len(), |space| start + space);
    }
    while let Some(found) = line.get(at..).and_then(|rest| memchr2(b' ', b'\\', rest)) {
        at += found;
        if line[at] == b' ' {
            return at;
        }
        at += 2;
    }
    line.len()
}

fn skip_separators<'a>(grammar: &Grammar, rest: &'a [u8]) -> &'a [u8] {
    if grammar.loose_blanks {
        return skip_blanks(grammar, rest);
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    &rest[spaces..]
}

/// A cursor over the fields of a line.
#[derive(Clone, Copy)]
struct Walk<'a> {
    line: &'a [u8],
    holds_feeds: bool,
    at: usize,
}

impl Walk<'_> {
    /// Skips a field and the comma after it, and returns whether another field follows. The cursor
    /// stops at anything that is not a field.
    fn field(&mut self, grammar: &Grammar) -> Result<bool, Rule> {
        let start = self.at;
        if !self.key() {
            self.check_feeds(start)?;
            return Ok(false);
        }
        // The Go parser determines the end of a field key twice: first by reading pairs, and then
        // at an equals sign without a backslash before it. If the two results disagree, the Go
        // parser stores a value under a name that contains half of the string.
        if grammar.pairing == Pairing::PreviousByte
            && self.at > start
            && self.line[self.at - 1] == b'\\'
        {
            return Err(Rule::FieldKeyBackslash);
        }
        self.at += 1;
        if self.line.get(self.at) == Some(&b'"') {
            self.check_feeds(start)?;
            self.string()?;
            if !matches!(self.line.get(self.at), None | Some(b',' | b' ')) {
                return Err(Rule::AfterString);
            }
        } else {
            let rest = &self.line[self.at..];
            self.at += memchr2(b',', b' ', rest).unwrap_or(rest.len());
            self.check_feeds(start)?;
        }
        let more = self.line.get(self.at) == Some(&b',');
        self.at += usize::from(more);
        Ok(more)
    }

    /// Moves to the equals sign after a field key. If there is none, moves to a space or to the end
    /// of the line.
    fn key(&mut self) -> bool {
        while let Some(found) = self
            .line
            .get(self.at..)
            .and_then(|rest| memchr3(b'=', b' ', b'\\', rest))
        {
            self.at += found;
            match self.line[self.at] {
                b'\\' => self.at += 2,
                byte => return byte == b'=',
            }
        }
        self.at = self.line.len();
        false
    }

    /// Moves from an opening quote to the byte after the closing quote.
    fn string(&mut self) -> Result<(), Rule> {
        self.at += 1;
        while let Some(found) = self
            .line
            .get(self.at..)
            .and_then(|rest| memchr2(b'"', b'\\', rest))
        {
            self.at += found;
            if self.line[self.at] == b'"' {
                self.at += 1;
                return Ok(());
            }
            self.at += 2;
        }
        Err(Rule::OpenLine)
    }

    /// Refuses line feeds between `start` and the cursor; this part of the line must be outside of
    /// strings.
    fn check_feeds(&self, start: usize) -> Result<(), Rule> {
        if self.holds_feeds && memchr(b'\n', &self.line[start..self.at]).is_some() {
            return Err(Rule::JoinedLines);
        }
        Ok(())
    }
}

/// Returns whether a line certainly ends with a timestamp, which consists of digits after an
/// unescaped space, with another unescaped space before it. (If the line ended with a string, its
/// last character would be a quote.)
pub(crate) fn ends_in_timestamp(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let Some(space) = memchr::memrchr(b' ', line) else {
        return false;
    };
    let (head, last) = (&line[..space], &line[space + 1..]);
    let digits = last.strip_prefix(b"-").unwrap_or(last);
    let separates = |at: usize| at > 0 && line[at - 1] != b'\\';
    !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
        && separates(space)
        && memchr::memchr_iter(b' ', head).any(separates)
}
