//! Finds the ends of lines in the same way as a server that uses this dialect. A server splits a
//! request into lines before it parses them.

use memchr::{memchr, memchr2};

use crate::Dialect;
use crate::dialect::Grammar;

/// The result of finding the end of a line: the length of the line including its line feed, and
/// whether the line is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) length: usize,
    /// Whether the line is complete. A line is not complete if the text ends inside a quoted string
    /// or directly after a backslash.
    pub(crate) closed: bool,
    /// Whether every scanner of a server reads the line in the same way, because it has neither
    /// quotes nor backslashes.
    pub(crate) plain: bool,
}

/// Finds the end of the first line of `text`.
///
/// This function is a port of the Go function `scanLine` (`models/points.go`). 3.x uses the same
/// algorithm unchanged. A backslash always consumes the next byte. The fields begin at the first
/// space of the line. A quote begins or ends a string only if more `=` than `,` have occurred since
/// the first space. Comments are the only case in which this function differs from the server. The
/// server also looks for quoted strings in a comment, and a quoted string in a comment can include
/// the lines after the comment. No user would want a comment to include the lines after it.
pub(crate) fn line_length(grammar: &Grammar, text: &[u8]) -> Split {
    let newline = memchr(b'\n', text);
    let first = &text[..newline.unwrap_or(text.len())];
    if memchr2(b'"', b'\\', first).is_none() || is_comment(grammar, first) {
        return Split {
            length: newline.map_or(text.len(), |at| at + 1),
            closed: true,
            plain: true,
        };
    }
    let (mut fields, mut quoted) = (false, false);
    let (mut equals, mut commas) = (0_usize, 0_usize);
    let (mut at, mut escaped_end) = (0, false);
    while at < text.len() {
        match text[at] {
            b'\\' => {
                at += 1;
                // The line is not complete if an unescaped backslash is the last byte of the text
                // or precedes the final line feed.
                escaped_end = matches!(text[at..], [] | [b'\n']);
            }
            b' ' => fields = true,
            b'=' if fields && !quoted => equals += 1,
            b',' if fields && !quoted => commas += 1,
            b'"' if fields && equals > commas => quoted = !quoted,
            b'\n' if !quoted => {
                return Split {
                    length: at + 1,
                    closed: true,
                    plain: false,
                };
            }
            _ => {}
        }
        at += 1;
    }
    Split {
        length: text.len(),
        closed: !quoted && !escaped_end,
        plain: false,
    }
}

/// Returns a line without the blanks at its start that the server skips.
pub(crate) fn skip_blanks<'a>(grammar: &Grammar, line: &'a [u8]) -> &'a [u8] {
    let blanks = line
        .iter()
        .take_while(|byte| grammar.blanks.contains(byte))
        .count();
    &line[blanks..]
}

fn is_comment(grammar: &Grammar, line: &[u8]) -> bool {
    skip_blanks(grammar, line).first() == Some(&b'#')
}

/// Returns whether the server ignores a line because it is blank or a comment.
pub(crate) fn is_silent(grammar: &Grammar, line: &[u8]) -> bool {
    matches!(skip_blanks(grammar, line).first(), None | Some(b'#'))
}

/// Returns the end of each line in `text`. Finds the ends in the same way as a server that uses
/// this dialect.
///
/// A quoted string can contain line feeds that do not end a line. The ends of blank lines and
/// comments are also returned. A comment always ends at its first line feed, although a server
/// would continue it beyond the line feed if the comment contains `="`.
///
/// ```
/// use aioinflux_line::{Dialect, line_ends};
///
/// let text = b"m v=\"one\ntwo\"\nm v=1\n";
/// assert_eq!(line_ends(Dialect::V1, text).collect::<Vec<_>>(), [14, 20]);
/// ```
pub fn line_ends(dialect: Dialect, text: &[u8]) -> LineEnds<'_> {
    LineEnds {
        grammar: dialect.grammar(),
        text,
        at: 0,
    }
}

/// An iterator over the ends of lines, which [`line_ends`] returns. Each end is the offset of the
/// byte after a line.
///
/// The end of the last line is the length of the text, whether or not the text ends with a line
/// feed.
#[derive(Debug, Clone)]
pub struct LineEnds<'a> {
    grammar: &'static Grammar,
    text: &'a [u8],
    at: usize,
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        self.at += line_length(self.grammar, rest).length;
        Some(self.at)
    }
}
