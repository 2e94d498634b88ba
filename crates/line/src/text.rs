//! Lines that come encoded.

use alloc::string::String;
use core::str;

use crate::split::{Split, is_silent, line_length, skip_blanks};
use crate::{Encoder, Error, Place, Rule};

impl Encoder {
    /// Appends lines that are encoded already, unchanged but for their ends.
    ///
    /// Lines end where the dialect's server ends them: a quoted string may hold a line feed. Every
    /// line takes the next index; a line feed missing after the last is added. Blank lines and
    /// comments are left out and take no index. What the lines hold is the caller's business; the
    /// batch counts as stamped only while each of them is seen to end in a timestamp.
    ///
    /// Lines may end in CR LF, as in text files of Windows: one CR directly before the end of a
    /// line is dropped, since 1.x would store `f="x"` and CR as `x"`. Every other CR is data, as
    /// in a quoted string.
    ///
    /// # Errors
    ///
    /// The text ends inside a quoted string, or a line ends in a backslash: either would swallow
    /// the line after it. Or it is no UTF-8 and the dialect is 3.x. Nothing of it is appended
    /// then, and no index is used up.
    ///
    /// ```
    /// use aioinflux_line::{Dialect, Encoder};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// encoder.push_text(b"# comment\ncpu value=1 10\ncpu value=2 20")?;
    /// assert_eq!(encoder.batch().bytes(), b"cpu value=1 10\ncpu value=2 20\n");
    /// assert_eq!(encoder.batch().indexes(), [0, 1]);
    /// assert!(encoder.batch().is_stamped());
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    pub fn push_text(&mut self, text: &[u8]) -> Result<(), Error> {
        let grammar = self.options.dialect.grammar();
        if grammar.utf8_only && str::from_utf8(text).is_err() {
            return Err(self.refuse_text(text, Rule::NotUtf8));
        }
        self.batch.drop_unfinished();
        let (bytes, lines) = (self.batch.bytes.len(), self.batch.ends.len());
        let (unstamped, index) = (self.batch.unstamped, self.next_index);
        let mut rest = text;
        while !rest.is_empty() {
            let Split { length, closed } = line_length(grammar, rest);
            let (line, after) = rest.split_at(length);
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !closed || (ends_open(line) && !is_silent(grammar, line)) {
                let error = self.refuse_text(line, Rule::OpenLine);
                self.batch.bytes.truncate(bytes);
                self.batch.truncate(lines);
                (self.batch.unstamped, self.next_index) = (unstamped, index);
                return Err(error);
            }
            self.push_line(line);
            rest = after;
        }
        Ok(())
    }

    fn push_line(&mut self, line: &[u8]) {
        let grammar = self.options.dialect.grammar();
        if is_silent(grammar, line) {
            return;
        }
        self.batch.bytes.extend_from_slice(line);
        self.batch.bytes.push(b'\n');
        let stamped = ends_in_timestamp(skip_blanks(grammar, line));
        self.batch.push_end(self.next_index, stamped);
        self.batch.mark_text();
        self.next_index += 1;
    }

    #[cold]
    fn refuse_text(&self, text: &[u8], rule: Rule) -> Error {
        let text = String::from_utf8_lossy(text);
        Error::new(Some(self.next_index), Place::Text, None, &text, rule)
    }
}

/// Returns whether a line ends in a backslash that would take its line feed away, now that no CR
/// stands between the two.
fn ends_open(line: &[u8]) -> bool {
    let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Returns whether a line surely ends in a timestamp: digits after a space that no backslash
/// escapes, with another such space before it. (A string would end in a quote.)
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
