//! Decodes lines of text into their measurement, tags, fields and timestamp.
//!
//! The decoder knows the grammar of each dialect. The decoder applies the encoder's rules to
//! decoded names, so the encoder accepts everything that the decoder accepts.
//!
//! # Grammar
//!
//! The grammar is written in EBNF (ISO/IEC 14977). Comments in the grammar mark parts that only
//! some dialects have. In the grammar, `LF` is a line feed, and a `character` is any UTF-8
//! character. A separate scanner ([`line_ends`](crate::line_ends)) has already found the ends of
//! the lines. A line feed inside a string does not end a line.
//!
//! ```text
//! lines       = { [ line | comment ] , LF } , [ line | comment ] ;
//! line        = { indent } , measurement , { "," , tag } , " " , { blank } , field , { "," , field } ,
//!               [ blank , { blank } , [ timestamp , { " " } ] ] ;     (* 3.x: no blanks without a time *)
//! comment     = { indent } , "#" , { character - LF } ;
//!
//! measurement = part , { part } ;          (* a part is no "," and no " " *)
//! tag         = key , "=" , tag value ;
//! tag value   = part , { part } ;          (* no "," and no " "; 1.x, 2.x: no "=" *)
//! field       = key , "=" , value ;
//! key         = part , { part } ;          (* no "=" and no " "; 1.x, 2.x: no "," *)
//! part        = character | "\" , character ;
//!
//! value       = float | integer | unsigned | boolean | string ;
//! float       = [ "-" ] , mantissa , [ ( "e" | "E" ) , [ "+" | "-" ] , digits ] ;
//! mantissa    = digits , [ "." , digits ]
//!             | digits , "." | "." , digits ;                            (* 1.x, 2.x *)
//! integer     = [ "-" ] , digits , "i" ;
//! unsigned    = digits , "u" ;                                           (* 2.x, 3.x *)
//! boolean     = "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE" ;
//! string      = '"' , { character - ( '"' | "\" ) | "\" , character } , '"' ;
//! timestamp   = [ "-" ] , digits ;
//!
//! digits      = digit , { digit } ;
//! indent      = " " | TAB | NUL ;          (* 3.x: no NUL *)
//! blank       = " " | TAB | NUL ;          (* 3.x: " " alone *)
//! ```
//!
//! A backslash in a name consumes the next character. The backslash is part of the name, unless the
//! table in [`Dialect`] says that the next character is escaped in this part of a line. In
//! measurements and tags, the parser of 1.x and 2.x only checks whether the previous byte is a
//! backslash. On these servers, a comma after two backslashes therefore does not end a measurement
//! or tag. On 3.x, a trailing comma may follow the first field. The file `tests/corpus/lines.json`
//! lists example lines with their meaning.

mod cursor;
mod error;
mod line;
mod number;

use core::str;

use memchr::{memchr_iter, memrchr};

use self::cursor::{Cursor, Fault};
use crate::Dialect;
use crate::dialect::Grammar;
use crate::syntax::split::{Split, is_silent, line_length};

pub use self::error::DecodeError;
pub use self::line::Line;

/// Reads lines of text one after the other. The decoder borrows names and strings without escapes
/// from the text.
///
/// If a line is invalid, the decoder returns an error for it and continues with the next line. The
/// decoder skips blank lines and comments.
///
/// ```
/// use aioinflux_line::{Decoder, Dialect, FieldValue};
///
/// let text = b"cpu,host=a load=0.5 10\ncpu,host load=1\ncpu,host=b load=2\n";
/// let mut lines = Decoder::new(Dialect::V1, text);
///
/// let first = lines.next().unwrap()?;
/// assert_eq!(first.measurement(), "cpu");
/// assert_eq!(first.tags(), [("host".into(), "a".into())]);
/// assert_eq!(first.fields(), [("load".into(), FieldValue::Float(0.5))]);
/// assert_eq!(first.timestamp(), Some(10));
///
/// let error = lines.next().unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "line 2:9: expected `=` after tag key `host`");
/// assert!(lines.next().unwrap().is_ok());
/// # Ok::<(), aioinflux_line::DecodeError>(())
/// ```
///
/// The decoder reads everything that the encoder writes, and every other spelling that a server of
/// this dialect accepts without changing the point: tags in any order, repeated spaces, the ten
/// spellings of booleans, comments, blank lines, and (on 1.x and 2.x) the floats `1.` and `.5`. For
/// some lines, a server would store something else than the line says, drop a part of it, or fail
/// to read the point back. In these cases, the decoder returns an error:
///
/// | line | server | here |
/// |---|---|---|
/// | `m\=x`, `m\"x` as a measurement, `f\"` as a field key (1.x) | takes it for an escape | the same |
/// | the same (2.x) | drops the backslash, does not find the measurement | error |
/// | `m\\,x`, `m\\=x`, `m\\ x` as a measurement (1.x) | drops a backslash | error |
/// | a tab before a later field key than the first (1.x, 2.x) | kept there, skipped before the first | error |
/// | `#!~#` in a measurement or tag (1.x, 2.x) | cuts its key there | error |
/// | `f="a"b`, `f="a"` and CR (1.x, 2.x) | stores something made of both | error |
/// | a field `time` | drops it (1.x), refuses the line (others) | error |
/// | a tag `time` | drops the point | error |
/// | a field key twice | the last one wins (1.x, 2.x) | error |
/// | a tag key twice, a tag and a field of one name | accepted, then unreadable (3.x) | error |
/// | control characters in names and tags (3.x) | some refused, some kept | error |
/// | `1e400` (3.x) | infinite, shown as null | error |
/// | LF or NUL in a name or tag | LF kept after a backslash, NUL kept or skipped | error |
/// | text that is no UTF-8 (1.x, 2.x) | kept, shown as U+FFFD | error |
/// | a comment with `="` | swallows the lines after it | ends with its line |
/// | a quote that opens before the fields and stays open (1.x, 2.x) | swallows the lines after it | error |
/// | a string over 1 MiB | kept by 1.6, refused by the others | error |
/// | a time outside the dialect's range | refused after scaling to ns | error if read as ns |
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    grammar: &'static Grammar,
    text: &'a [u8],
    at: usize,
    /// The number of the line that begins at `at`. Every line feed before `at` is counted.
    line: usize,
}

impl<'a> Decoder<'a> {
    /// Returns a decoder for `text`, whose lines are written in `dialect` with times in
    /// nanoseconds.
    pub fn new(dialect: Dialect, text: &'a [u8]) -> Self {
        Self {
            grammar: dialect.grammar(),
            text,
            at: 0,
            line: 1,
        }
    }

    /// Converts a `Fault` in the current line into an error with a line number and a column.
    #[cold]
    fn error(&self, fault: Fault) -> DecodeError {
        let before = &self.text[..self.at + fault.at];
        let line_feeds = memchr_iter(b'\n', &before[self.at..]).count();
        let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
        let characters = before[start..]
            .iter()
            .filter(|byte| **byte & 0xc0 != 0x80)
            .count();
        DecodeError {
            line: self.line + line_feeds,
            column: characters + 1,
            expected: fault.expected,
        }
    }

    fn decode(&self, line: &'a [u8]) -> Result<Line<'a>, DecodeError> {
        let text = str::from_utf8(line).map_err(|error| {
            self.error(Fault {
                at: error.valid_up_to(),
                expected: "UTF-8 text".into(),
            })
        })?;
        Cursor::new(self.grammar, text)
            .line()
            .map_err(|fault| self.error(fault))
    }
}

impl<'a> Iterator for Decoder<'a> {
    type Item = Result<Line<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let Split { length, closed, .. } = line_length(self.grammar, rest);
            let whole = &rest[..length];
            // A line feed that does not end the line belongs to the line. For example, the last
            // line feed of the text belongs to the line if it is in a string that is not closed.
            let line = match whole.strip_suffix(b"\n") {
                Some(line) if closed => line,
                _ => whole,
            };
            let item = (!is_silent(self.grammar, line)).then(|| self.decode(line));
            self.at += whole.len();
            self.line += memchr_iter(b'\n', whole).count();
            if item.is_some() {
                return item;
            }
        }
        None
    }
}
