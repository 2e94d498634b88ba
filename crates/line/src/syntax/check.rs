//! Reads the parts of encoded lines in the same way as the server's parser, which runs after the
//! server's splitter has separated the lines.
//!
//! The server's splitter and parser are different scanners. If the splitter and the parser disagree
//! about a line, the server stores text in a value to which the text does not belong. The check in
//! this module finds lines on which the splitter and the parser disagree. The check allocates
//! nothing. If the server itself refuses a line, this check need not refuse it.

use alloc::vec::Vec;

use memchr::{memchr, memchr2, memchr3};

use crate::Rule;
use crate::dialect::{Grammar, Pairing};
use crate::syntax::split::skip_blanks;

/// The offsets at which the parts of a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The end of the measurement and tags of the line, which is the offset of the space before the
    /// fields.
    pub(crate) series: usize,
    /// The end of the fields of the line.
    pub(crate) fields: usize,
    /// Whether anything other than blanks follows the fields of the line.
    pub(crate) timed: bool,
}

/// Finds the parts of a line that is passed without its line feed. The line must be neither blank
/// nor a comment.
///
/// # Errors
///
/// Fails if a string is not closed or if text follows its closing quote. Also fails if a line feed
/// is outside a string, or if a field key ends with a backslash.
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

/// Returns the encoded keys of all fields of a line.
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

/// Returns the end of the measurement and tags of a line, which is the offset of the first
/// unescaped space.
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

/// A cursor that moves over the fields of a line.
#[derive(Clone, Copy)]
struct Walk<'a> {
    line: &'a [u8],
    holds_feeds: bool,
    at: usize,
}

impl Walk<'_> {
    /// Moves the cursor past a field and the comma after it, and returns whether another field
    /// follows. If the text at the cursor is not a field, the cursor stops there.
    fn field(&mut self, grammar: &Grammar) -> Result<bool, Rule> {
        let start = self.at;
        if !self.key() {
            self.check_feeds(start)?;
            return Ok(false);
        }
        // The Go parser determines the end of a field key twice. First, it reads backslashes in
        // pairs; then it searches for an equals sign without a backslash before it. If the two ends
        // of the key differ, the Go parser stores the value under a name that contains half of the
        // string.
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

    /// Moves the cursor to the equals sign after a field key. If the key has no equals sign, moves
    /// to the next space or to the end of the line.
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

    /// Moves the cursor from the opening quote of a string to the byte after the closing quote.
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

    /// Refuses line feeds between `start` and the cursor. The caller ensures that this part of the
    /// line is outside strings.
    fn check_feeds(&self, start: usize) -> Result<(), Rule> {
        if self.holds_feeds && memchr(b'\n', &self.line[start..self.at]).is_some() {
            return Err(Rule::JoinedLines);
        }
        Ok(())
    }
}

/// Returns whether a line certainly ends with a timestamp. A line certainly ends with a timestamp
/// if it ends with digits after an unescaped space, and if another unescaped space precedes this
/// one. (A line that ends with a string ends with a quote instead of digits.)
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
