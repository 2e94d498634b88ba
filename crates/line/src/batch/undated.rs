//! Finds the lines of a batch that have no timestamp. The server gives the same time to all lines
//! of one request that have no timestamp.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use memchr::memchr_iter;

use crate::Batch;
use crate::dialect::Grammar;
use crate::syntax::check::ends_in_timestamp;
use crate::syntax::check::{field_keys, series_length};
use crate::syntax::split::skip_blanks;

/// The parts of a line that has no timestamp.
#[derive(Debug, Clone)]
pub struct Undated<'b> {
    grammar: &'static Grammar,
    line: &'b [u8],
    /// The encoded measurement and tags of the line, with the tags in sorted order.
    pub series: Cow<'b, [u8]>,
}

impl<'b> Undated<'b> {
    /// Returns the encoded keys of the line's fields.
    pub fn field_keys(&self) -> Vec<&'b [u8]> {
        field_keys(self.grammar, self.line)
    }
}

impl Batch {
    /// Returns the number of lines that certainly or possibly have no timestamp.
    #[inline]
    pub fn unstamped(&self) -> usize {
        self.unstamped
    }

    /// Returns the lines that certainly or possibly have no timestamp. A server gives the same time
    /// to all lines of a request that have no timestamp. If two lines without a timestamp have the
    /// same series and field key, the server therefore keeps only one value of this field.
    ///
    /// ```
    /// use aioinflux_line::{Dialect, Encoder};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// encoder.push_text(b"m,b=1,a=2 f=1\nm f=2 10\nm,a=2,b=1 f=3,g=4")?;
    /// let undated: Vec<_> = encoder.batch().undated().collect();
    /// assert_eq!(undated.len(), 2);
    /// assert_eq!(undated[0].series, undated[1].series);
    /// assert_eq!(undated[1].field_keys(), [b"f", b"g"]);
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    pub fn undated(&self) -> impl Iterator<Item = Undated<'_>> {
        let grammar = self.dialect.grammar();
        let mut texts = self.texts.iter().peekable();
        let all = self.unstamped == self.len();
        self.lines().enumerate().filter_map(move |(number, line)| {
            while texts.next_if(|lines| lines.end <= number).is_some() {}
            let is_text = texts.peek().is_some_and(|lines| lines.start <= number);
            let line = if is_text {
                skip_blanks(grammar, line)
            } else {
                line
            };
            if self.unstamped == 0 || !all && ends_in_timestamp(line) {
                return None;
            }
            let series = &line[..series_length(grammar, line)];
            // The encoder has already sorted the tags of a line that it wrote.
            let series = if is_text {
                ordered(series)
            } else {
                Cow::Borrowed(series)
            };
            Some(Undated {
                grammar,
                line,
                series,
            })
        })
    }
}

/// Returns an encoded series with its tags in sorted order.
fn ordered(series: &[u8]) -> Cow<'_, [u8]> {
    let escapes = |comma: &usize| *comma > 0 && series[comma - 1] == b'\\';
    let commas = memchr_iter(b',', series).filter(|comma| !escapes(comma));
    let mut ends: Vec<usize> = commas.collect();
    if ends.len() < 2 {
        return Cow::Borrowed(series);
    }
    ends.push(series.len());
    let mut tags: Vec<_> = ends
        .windows(2)
        .map(|pair| &series[pair[0]..pair[1]])
        .collect();
    if tags.is_sorted() {
        return Cow::Borrowed(series);
    }
    tags.sort_unstable();
    Cow::Owned([&series[..ends[0]], &tags.concat()].concat())
}
