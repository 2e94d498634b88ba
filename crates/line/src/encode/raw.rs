//! Adds lines that are already encoded to the batch of an encoder.

use alloc::string::String;
use core::str;

use memchr::{memchr, memchr_iter, memmem};

use crate::syntax::check::{Parts, ends_in_timestamp, parts, series_length};
use crate::syntax::escape::{drops_backslash, unescaped};
use crate::syntax::split::{Split, is_silent, line_length, skip_blanks};
use crate::syntax::tags::repeated_tag;
use crate::{Encoder, Error, Place, Rule};

/// The byte order mark that some editors write at the start of a file.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Encoder {
    /// Appends lines that are already encoded to the batch. The content of a line does not change,
    /// except at its end.
    ///
    /// The encoder finds the ends of lines in the same way as a server that uses this dialect,
    /// because a quoted string can contain line feeds. Every appended line gets the next index. If
    /// the last line of the text has no line feed, a line feed is added. Blank lines and comments
    /// are left out and get no index. The caller is responsible for the content of encoded lines.
    /// [`Batch::is_stamped`](crate::Batch::is_stamped) is true only if every line is known to end
    /// with a timestamp. If the encoder has a [clock](Self::set_clock), a line without a timestamp
    /// gets a timestamp from the clock.
    ///
    /// In the encoded text, lines may end with CR LF, as in text files from Windows. A single CR
    /// directly before the end of a line is dropped, because 1.x would store `f="x"` followed by CR
    /// as `x"`. A CR at any other place, for example in a quoted string, is data. A byte order mark
    /// at the start of the text is dropped. At any other place, a byte order mark is data. At the
    /// start of a later line, it is part of the measurement, as it is for the server.
    ///
    /// # Errors
    ///
    /// Fails if the server would not separate a line from the next line, or would not separate the
    /// parts of a line correctly. [`Error::line`] returns the number of the refused line.
    /// [`Error::rule`] returns the reason, which is one of these rules:
    ///
    /// | rule | line |
    /// |---|---|
    /// | [`OpenLine`](Rule::OpenLine) | ends inside a quoted string or in a backslash |
    /// | [`JoinedLines`](Rule::JoinedLines) | a line feed in it is in no string |
    /// | [`AfterString`](Rule::AfterString) | a string goes on after its closing quote |
    /// | [`FieldKeyBackslash`](Rule::FieldKeyBackslash) | a field key ends in a backslash (1.x, 2.x) |
    /// | [`BackslashBeforeSpecial`](Rule::BackslashBeforeSpecial) | has a measurement that 2.x does not find again |
    /// | [`ReservedTag`](Rule::ReservedTag) | has a tag with the name of a column of 2.x |
    /// | [`DuplicateTag`](Rule::DuplicateTag) | has a tag key twice (3.x; 1.x and 2.x refuse it) |
    /// | [`NotUtf8`](Rule::NotUtf8) | is not UTF-8 (3.x) |
    ///
    /// Keys `time` are left to the server. A 2.x server refuses a line with a tag `time`, and its error
    /// names the line. It removes a field `time` from its point, and its error names the measurement.
    ///
    /// If one line is refused, none of the lines are appended, and no index is used up.
    ///
    /// ```
    /// use aioinflux_line::{Dialect, Encoder};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// encoder.push_text(b"# comment\ncpu value=1 10\ncpu value=2 20")?;
    /// assert_eq!(encoder.batch().bytes(), b"cpu value=1 10\ncpu value=2 20\n");
    /// assert_eq!(encoder.batch().indexes(), [0, 1]);
    /// assert!(encoder.batch().is_stamped());
    ///
    /// let error = encoder.push_text(b"m s=\"a\"b\" 1\nm v=2 2\nm s=\"c\"d\" 3").unwrap_err();
    /// assert_eq!(error.line(), Some(1));
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    pub fn push_text(&mut self, text: &[u8]) -> Result<(), Error> {
        let grammar = self.options.dialect.grammar();
        self.batch.drop_unfinished();
        let (bytes, lines) = (self.batch.bytes.len(), self.batch.ends.len());
        let (unstamped, index) = (self.batch.unstamped, self.next_index);
        let mut rest = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        // Almost no text has a tag whose key begins with `_`, so most lines need no further look.
        let may_be_reserved =
            !grammar.reserved_tags.is_empty() && memmem::find(text, b",_").is_some();
        let mut number = 1;
        while !rest.is_empty() {
            let split = line_length(grammar, rest);
            let (whole, after) = rest.split_at(split.length);
            let line = whole.strip_suffix(b"\n").unwrap_or(whole);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !is_silent(grammar, line)
                && let Err(error) = self
                    .check_reserved(line, may_be_reserved)
                    .and_then(|()| self.push_line(line, split))
            {
                self.batch.bytes.truncate(bytes);
                self.batch.truncate(lines);
                (self.batch.unstamped, self.next_index) = (unstamped, index);
                return Err(error.at_line(number));
            }
            number += if split.plain {
                1
            } else {
                memchr_iter(b'\n', whole).count()
            };
            rest = after;
        }
        Ok(())
    }

    fn push_line(&mut self, line: &[u8], split: Split) -> Result<(), Error> {
        let grammar = self.options.dialect.grammar();
        let untimed = if split.plain && self.clock.is_none() && !grammar.takes_tags_twice {
            None
        } else {
            let parts = self.check_line(line, split)?;
            self.clock
                .filter(|_| !parts.timed)
                .map(|clock| (parts.fields, clock))
        };
        let batch = &mut self.batch;
        let stamped = if let Some((fields, clock)) = untimed {
            batch.bytes.extend_from_slice(&line[..fields]);
            batch.bytes.push(b' ');
            let mut digits = itoa::Buffer::new();
            batch
                .bytes
                .extend_from_slice(digits.format(clock()).as_bytes());
            true
        } else {
            batch.bytes.extend_from_slice(line);
            ends_in_timestamp(skip_blanks(grammar, line))
        };
        batch.bytes.push(b'\n');
        batch.push_end(self.next_index, stamped);
        batch.mark_text();
        self.next_index += 1;
        Ok(())
    }

    fn check_line(&mut self, line: &[u8], split: Split) -> Result<Parts, Error> {
        let grammar = self.options.dialect.grammar();
        let parts = match parts(grammar, line) {
            // `AfterString` takes precedence over `OpenLine`, because the quote that leaves the
            // line open may itself be misplaced.
            Err(Rule::AfterString) => Err(Rule::AfterString),
            _ if !split.closed || ends_open(line) => Err(Rule::OpenLine),
            parts => parts,
        };
        let parts = parts.map_err(|rule| self.refuse_text(line, rule))?;
        if grammar.utf8_only && str::from_utf8(line).is_err() {
            return Err(self.refuse_text(line, Rule::NotUtf8));
        }
        if grammar.loses_measurements {
            self.check_measurement(&line[..parts.series])?;
        }
        if grammar.takes_tags_twice
            && let Some(key) = repeated_tag(grammar, &line[..parts.series], &mut self.tags)
        {
            let index = Some(self.next_index);
            return Err(Error::new(
                index,
                Place::TagKey,
                None,
                &key,
                Rule::DuplicateTag,
            ));
        }
        Ok(parts)
    }

    /// Refuses a line with a tag key that the server reserves.
    fn check_reserved(&self, line: &[u8], may_be_reserved: bool) -> Result<(), Error> {
        if !may_be_reserved {
            return Ok(());
        }
        let grammar = self.options.dialect.grammar();
        let series = &line[..series_length(grammar, line)];
        let keys = memmem::find_iter(series, b",_").filter_map(|comma| {
            let (before, key) = (&series[..comma], &series[comma + 1..]);
            let key = &key[..memchr(b'=', key)?];
            (!before.ends_with(b"\\")).then_some(key)
        });
        let is_reserved = |key: &&str| grammar.reserved_tags.contains(key);
        let found = keys
            .filter_map(|key| str::from_utf8(key).ok())
            .find(is_reserved);
        found.map_or(Ok(()), |key| {
            let (index, rule) = (Some(self.next_index), Rule::ReservedTag);
            Err(Error::new(index, Place::TagKey, None, key, rule))
        })
    }

    /// Refuses a measurement that the server stores and then cannot find. `series` is the encoded
    /// measurement and tags of a line.
    fn check_measurement(&self, series: &[u8]) -> Result<(), Error> {
        let grammar = self.options.dialect.grammar();
        let series = skip_blanks(grammar, series);
        let ends = |at: &usize| *at == 0 || series[at - 1] != b'\\';
        let end = memchr_iter(b',', series).find(ends);
        let name = &series[..end.unwrap_or(series.len())];
        if memchr(b'\\', name).is_none() {
            return Ok(());
        }
        let name = String::from_utf8_lossy(name);
        let name = unescaped(grammar, Place::Measurement, &name);
        if !drops_backslash(Place::Measurement, &name) {
            return Ok(());
        }
        let (index, rule) = (Some(self.next_index), Rule::BackslashBeforeSpecial);
        Err(Error::new(index, Place::Measurement, None, &name, rule))
    }

    #[cold]
    fn refuse_text(&self, text: &[u8], rule: Rule) -> Error {
        let text = String::from_utf8_lossy(text);
        Error::new(Some(self.next_index), Place::Text, None, &text, rule)
    }
}

/// Returns whether a line ends with a backslash that would escape the line feed after it. A line
/// can end with such a backslash when the CR between the backslash and the line feed is dropped.
fn ends_open(line: &[u8]) -> bool {
    let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}
