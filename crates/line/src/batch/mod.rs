//! Holds encoded lines that are ready to be sent. A batch also holds the information that a client
//! needs to split the lines, to identify a refused point and to decide whether to retry.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::Dialect;

mod cut;
mod undated;

pub use undated::Undated;

/// A batch of encoded lines. A batch holds the bytes of the lines, and the end and the user's index
/// of every line. A batch also records which points were left out.
///
/// Every line ends with a line feed. String fields can also contain line feeds, so only the
/// recorded ends separate the lines. Never search the bytes of a batch for line feeds to find its
/// lines.
#[derive(Clone)]
pub struct Batch {
    /// The lines. The bytes after the last line have no meaning.
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    pub(crate) indexes: Vec<u64>,
    /// For each point that was left out, in order, the number of lines that precede it.
    pub(crate) skips: Vec<usize>,
    pub(crate) unstamped: usize,
    /// The ranges of lines that were pushed as encoded text. Adjacent lines share one range.
    pub(crate) texts: Vec<Range<usize>>,
    pub(crate) dialect: Dialect,
    /// The largest number of bytes that the variable text of a row has taken so far (see
    /// [`Rows`](crate::Rows)).
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

    /// Returns the bytes of all lines, which can be sent as the body of a request.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end()]
    }

    /// Consumes the batch and returns the bytes of its lines.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.drop_unfinished();
        self.bytes
    }

    /// Returns the number of lines in the batch.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether the batch has no lines.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the line at position `line`, without its line feed.
    ///
    /// # Panics
    ///
    /// Panics if the batch has no line at this position.
    pub fn line(&self, line: usize) -> &[u8] {
        let bytes = self.range(line..line + 1);
        &bytes[..bytes.len() - 1]
    }

    /// Returns an iterator over the lines of the batch, without their line feeds.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|line| self.line(line))
    }

    /// Returns the bytes of a range of lines, including their line feeds. The returned bytes can be
    /// sent as the body of a request.
    ///
    /// # Panics
    ///
    /// Panics if the range ends after the last line of the batch or before its own start.
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

    /// Returns one offset for every line: the offset of the byte after its line feed.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Returns the user's index of the point that became the line at position `line`.
    ///
    /// # Panics
    ///
    /// Panics if the batch has no line at this position.
    pub fn index(&self, line: usize) -> u64 {
        self.indexes[line]
    }

    /// Returns one index for every line: the user's index of the point that became this line.
    pub fn indexes(&self) -> &[u64] {
        &self.indexes
    }

    /// Returns the number of points that were left out because they had no fields.
    pub fn skipped(&self) -> u64 {
        self.skips.len() as u64
    }

    /// For each point that was left out, in order, returns the number of lines that precede it.
    pub fn skips(&self) -> &[usize] {
        &self.skips
    }

    /// Returns whether every line has a timestamp. If every line has a timestamp, sending the batch
    /// twice has the same effect as sending it once.
    pub fn is_stamped(&self) -> bool {
        self.unstamped == 0
    }

    /// Returns the dialect in which the lines are written.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the number of lines that were pushed as encoded text. Only lines that were pushed as
    /// encoded text can have timestamps in a unit other than nanoseconds.
    pub fn text_lines(&self) -> usize {
        self.texts.iter().map(Range::len).sum()
    }

    /// Returns the offset of the end of the last line.
    pub(crate) fn end(&self) -> usize {
        self.start(self.len())
    }

    /// Drops the bytes after the last line. Bytes after the last line exist only if a point's
    /// encoder was leaked (`mem::forget`), because the encoder's destructor would have removed
    /// them.
    pub(crate) fn drop_unfinished(&mut self) {
        self.bytes.truncate(self.end());
    }

    /// Removes all lines from the batch. The length of `bytes` does not change, so that
    /// [`Rows`](crate::Rows) need not zero the bytes again.
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

    /// Records that a point was left out after the last line that the batch has now.
    #[cold]
    pub(crate) fn skip(&mut self) {
        self.skips.push(self.ends.len());
    }

    /// Records that the last line of the batch was pushed as encoded text.
    pub(crate) fn mark_text(&mut self) {
        let line = self.ends.len() - 1;
        match self.texts.last_mut() {
            Some(last) if last.end == line => last.end += 1,
            _ => self.texts.push(line..line + 1),
        }
    }

    /// Shortens the batch to its first `lines` lines, and keeps the record of all points that were
    /// left out. The caller of this function has to update `unstamped`, the number of lines without
    /// a timestamp.
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

/// Two batches are equal if their dialects, their lines and everything that they record about the
/// lines are equal. The bytes after the last line are not compared.
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

/// Formats the sizes of the batch instead of its data.
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
