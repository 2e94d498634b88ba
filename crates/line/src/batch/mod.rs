//! Encoded lines, ready to be sent: the bytes and what a client must know to split them, to name
//! a refused point and to decide about a retry.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::Dialect;

mod cut;
mod undated;

pub use undated::Undated;

/// Encoded lines: the bytes, the end and the user's index of every line, and what was left out.
///
/// Every line ends in a line feed. A string field may hold line feeds too, so lines are told apart
/// by the recorded ends, never by searching the bytes.
#[derive(Clone)]
pub struct Batch {
    /// The lines; behind the last of them, bytes that mean nothing.
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    pub(crate) indexes: Vec<u64>,
    /// For each point that was left out, how many lines stand before it.
    pub(crate) skips: Vec<usize>,
    pub(crate) unstamped: usize,
    /// The lines that came as text, neighbours together.
    pub(crate) texts: Vec<Range<usize>>,
    pub(crate) dialect: Dialect,
    /// How many bytes the texts of a row have taken at most (see [`Rows`](crate::Rows)).
    pub(crate) text_room: usize,
}

impl Batch {
    /// Returns a batch without lines.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            indexes: Vec::new(),
            skips: Vec::new(),
            unstamped: 0,
            texts: Vec::new(),
            dialect,
            text_room: 0,
        }
    }

    /// Returns all lines, as they go into the body of a request.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end()]
    }

    /// Returns the bytes and drops the rest.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.drop_unfinished();
        self.bytes
    }

    /// Returns the number of lines.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns line `line` without its line feed.
    ///
    /// # Panics
    ///
    /// When there is no such line.
    pub fn line(&self, line: usize) -> &[u8] {
        let bytes = self.range(line..line + 1);
        &bytes[..bytes.len() - 1]
    }

    /// Returns the lines one after the other, each without its line feed.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|line| self.line(line))
    }

    /// Returns the bytes of some lines, line feeds included: a body of its own.
    ///
    /// # Panics
    ///
    /// When the range ends beyond the last line or before its own start.
    pub fn range(&self, lines: Range<usize>) -> &[u8] {
        let end = if lines.end == 0 {
            0
        } else {
            self.ends[lines.end - 1]
        };
        &self.bytes[self.start(lines.start)..end]
    }

    pub(crate) fn start(&self, line: usize) -> usize {
        if line == 0 { 0 } else { self.ends[line - 1] }
    }

    /// Returns for every line the offset just after its line feed.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Returns the user's index of the point that became line `line`.
    ///
    /// # Panics
    ///
    /// When there is no such line.
    pub fn index(&self, line: usize) -> u64 {
        self.indexes[line]
    }

    /// Returns the user's index of every line.
    pub fn indexes(&self) -> &[u64] {
        &self.indexes
    }

    /// Returns how many points were left out because they had no field left.
    pub fn skipped(&self) -> u64 {
        self.skips.len() as u64
    }

    /// Returns for each point that was left out how many lines stand before it, in order.
    pub fn skips(&self) -> &[usize] {
        &self.skips
    }

    /// Returns whether every line carries a timestamp, so that sending it twice changes nothing.
    pub fn is_stamped(&self) -> bool {
        self.unstamped == 0
    }

    /// Returns the dialect that the lines are written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns how many lines came encoded, as text; only these can hold timestamps of another unit
    /// than nanoseconds.
    pub fn text_lines(&self) -> usize {
        self.texts.iter().map(Range::len).sum()
    }

    /// Returns the end of the last line.
    pub(crate) fn end(&self) -> usize {
        self.start(self.len())
    }

    /// Drops what stands behind the last line: a part of a point whose encoder was leaked
    /// (`mem::forget`), and so could not take it back.
    pub(crate) fn drop_unfinished(&mut self) {
        self.bytes.truncate(self.end());
    }

    /// Empties it and keeps the memory; that the bytes stay spares [`Rows`](crate::Rows) to make
    /// them zero again.
    pub(crate) fn clear(&mut self, dialect: Dialect) {
        self.ends.clear();
        self.indexes.clear();
        self.skips.clear();
        self.unstamped = 0;
        self.texts.clear();
        self.dialect = dialect;
    }

    pub(crate) fn push_end(&mut self, index: u64, stamped: bool) {
        self.ends.push(self.bytes.len());
        self.indexes.push(index);
        self.unstamped += usize::from(!stamped);
    }

    /// Notes that a point was left out after the lines so far.
    #[cold]
    pub(crate) fn skip(&mut self) {
        self.skips.push(self.ends.len());
    }

    /// Notes that the last line came as text.
    pub(crate) fn mark_text(&mut self) {
        let line = self.ends.len() - 1;
        match self.texts.last_mut() {
            Some(last) if last.end == line => last.end += 1,
            _ => self.texts.push(line..line + 1),
        }
    }

    /// Keeps so many lines, and all that was left out; to count those without a timestamp is left to
    /// the caller.
    pub(crate) fn truncate(&mut self, lines: usize) {
        self.ends.truncate(lines);
        self.indexes.truncate(lines);
        while let Some(last) = self.texts.pop() {
            let end = last.end.min(lines);
            if last.start < end {
                self.texts.push(last.start..end);
                break;
            }
        }
    }
}

/// Equal lines with equal indexes; what stands behind the last line does not count.
impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && self.unstamped == other.unstamped
            && self.skips == other.skips
            && self.texts == other.texts
            && self.ends == other.ends
            && self.indexes == other.indexes
            && self.bytes() == other.bytes()
    }
}

impl Eq for Batch {}

/// Shows sizes, not data.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("dialect", &self.dialect)
            .field("lines", &self.len())
            .field("bytes", &self.end())
            .field("skipped", &self.skipped())
            .field("stamped", &self.is_stamped())
            .finish_non_exhaustive()
    }
}
