//! Defines the two destinations of rows: the batch of an encoder, and memory of the caller.

use alloc::vec::Vec;

use crate::{Batch, Outcome};

/// The maximum number of bytes after a row that are zeroed in advance.
const AHEAD: usize = 16 << 10;

/// Describes the lines in the caller's memory (see
/// [`Encoder::rows_into`](crate::Encoder::rows_into)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LentLines {
    /// The total number of bytes in the lines.
    pub bytes: usize,
    /// The number of points that have no line, because they had no fields.
    pub skipped: u64,
    /// The number of lines without a timestamp.
    pub unstamped: usize,
}

/// The destination to which rows are written.
#[derive(Debug)]
pub(super) enum Target<'e> {
    Batch(&'e mut Batch),
    Lent {
        out: &'e mut [u8],
        lines: &'e mut LentLines,
        text_room: &'e mut usize,
    },
}

/// The destination's records about its lines, in which a complete row is recorded.
#[derive(Debug)]
pub(super) enum Record<'r> {
    Batch {
        ends: &'r mut Vec<usize>,
        indexes: &'r mut Vec<u64>,
        unstamped: &'r mut usize,
        skips: &'r mut Vec<usize>,
    },
    Lent(&'r mut LentLines),
}

/// The memory to which a row can be written, and what is needed to record the row.
pub(super) struct Space<'r> {
    /// The bytes after the existing lines of the destination.
    pub(super) out: &'r mut [u8],
    /// The number of bytes in the existing lines of the destination.
    pub(super) start: usize,
    pub(super) record: Record<'r>,
    /// The largest number of bytes that the variable text of a row has taken so far.
    pub(super) text_room: &'r mut usize,
}

impl Target<'_> {
    /// Returns the number of bytes in the lines of the destination.
    #[inline]
    pub(super) fn end(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.end(),
            Self::Lent { lines, .. } => lines.bytes,
        }
    }

    #[inline]
    pub(super) fn text_room(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.text_room,
            Self::Lent { text_room, .. } => **text_room,
        }
    }

    /// Returns whether `wanted` bytes after the existing lines are available or can be allocated.
    #[inline]
    pub(super) fn has_room(&self, wanted: usize) -> bool {
        match self {
            Self::Batch(_) => true,
            Self::Lent { out, lines, .. } => lines.bytes + wanted <= out.len(),
        }
    }

    /// Returns at least `wanted` bytes of memory after the existing lines.
    #[inline]
    pub(super) fn space(&mut self, wanted: usize) -> Space<'_> {
        let start = self.end();
        match self {
            Self::Batch(batch) => {
                if start + wanted > batch.bytes.len() {
                    make_room(&mut batch.bytes, start + wanted);
                }
                Space {
                    out: &mut batch.bytes[start..],
                    start,
                    record: Record::Batch {
                        ends: &mut batch.ends,
                        indexes: &mut batch.indexes,
                        unstamped: &mut batch.unstamped,
                        skips: &mut batch.skips,
                    },
                    text_room: &mut batch.text_room,
                }
            }
            Self::Lent {
                out,
                lines,
                text_room,
            } => {
                assert!(start + wanted <= out.len(), "there is no room for a row");
                Space {
                    out: &mut out[start..],
                    start,
                    record: Record::Lent(lines),
                    text_room,
                }
            }
        }
    }
}

/// Makes the memory of a batch larger, and zeroes more bytes than the next row needs. No bytes are
/// zeroed in advance for the first row of a batch, which is often its only row.
#[cold]
fn make_room(bytes: &mut Vec<u8>, end: usize) {
    let ahead = bytes.len().min(AHEAD);
    bytes.resize(end + ahead, 0);
}

impl Record<'_> {
    /// Records a complete line that ends at the offset `end`.
    #[inline]
    pub(super) fn line(self, end: usize, index: u64, stamped: bool) {
        match self {
            Self::Batch {
                ends,
                indexes,
                unstamped,
                ..
            } => {
                ends.push(end);
                indexes.push(index);
                *unstamped += usize::from(!stamped);
            }
            Self::Lent(lines) => {
                lines.bytes = end;
                lines.unstamped += usize::from(!stamped);
            }
        }
    }

    /// Records that a point was left out because it has no fields. This function is separate and
    /// not inlined, because most rows have fields and do not need it.
    #[cold]
    #[inline(never)]
    pub(super) fn skip(self) -> Outcome {
        match self {
            Self::Batch { ends, skips, .. } => skips.push(ends.len()),
            Self::Lent(lines) => lines.skipped += 1,
        }
        Outcome::Skipped
    }
}
