//! Defines the encoder, which appends lines to a batch.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use crate::number::steps::Steps;
use crate::syntax::tags::Tag;
use crate::{Batch, Options};

mod finish;
mod key;
mod line;
mod point;
mod raw;
mod take;

pub use key::{Key, Name};
pub use line::PointEncoder;
pub use point::{Point, ToLine};

/// Says whether a point became a line of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The point became a line of the batch.
    Written,
    /// The point had no fields to write, and was counted as skipped.
    Skipped,
}

/// The number and the place of newlines that were removed from names and tag values (see
/// [`Options::remove_newlines`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemovedNewlines {
    /// The number of newlines that were removed from the names and tag values of written lines.
    pub count: u64,
    /// The place of the first removed newline, for example ``point 3: tag `host` ``.
    pub first: String,
}

/// Encodes points into a [`Batch`] of lines.
///
/// The encoder refuses data that the dialect's server would corrupt or drop. The error names the
/// violated [`Rule`](crate::Rule) (see the table in [`Dialect`](crate::Dialect)). If the encoder
/// refuses a point, the batch does not change.
#[derive(Debug, Clone)]
pub struct Encoder {
    pub(crate) options: Options,
    pub(crate) batch: Batch,
    pub(crate) next_index: u64,
    /// The clock that gives a time to points without a timestamp.
    pub(crate) clock: Option<fn() -> i64>,
    pub(crate) removed: RemovedNewlines,
    /// The tags and fields of the point that is being written. The encoder keeps the lists of tags
    /// and fields, so that later points reuse their memory.
    pub(crate) tags: Vec<Tag>,
    pub(crate) fields: Vec<Range<usize>>,
    pub(crate) scratch: Vec<u8>,
    pub(crate) steps: Steps,
}

impl Encoder {
    /// Returns an encoder with an empty batch.
    pub fn new(options: impl Into<Options>) -> Self {
        let options = options.into();
        Self {
            options,
            batch: Batch::new(options.dialect),
            next_index: 0,
            clock: None,
            removed: RemovedNewlines::default(),
            tags: Vec::new(),
            fields: Vec::new(),
            scratch: Vec::new(),
            steps: Steps::default(),
        }
    }

    /// Returns the index of the next point or line of text that is pushed.
    pub fn next_index(&self) -> u64 {
        self.next_index
    }

    /// Sets the index of the point that is pushed next. The caller needs this, for example, after
    /// it has pushed points with indexes of its own choice.
    pub fn set_next_index(&mut self, index: u64) {
        self.next_index = index;
    }

    /// Sets a clock for points without a timestamp. Each point without a timestamp gets the next
    /// time that `clock` returns, in nanoseconds since 1970 (UTC). Each line of encoded text
    /// without a timestamp also gets a time from this clock. If the clock is `None`, such points
    /// and lines are sent without a timestamp. The server gives the same time to all points of a
    /// request that have no timestamp, and keeps only one of them for each series.
    ///
    /// A clock should never return the same time twice.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicI64, Ordering};
    ///
    /// use aioinflux_line::{Dialect, Encoder, Point};
    ///
    /// static TIME: AtomicI64 = AtomicI64::new(10);
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// encoder.set_clock(Some(|| TIME.fetch_add(1, Ordering::Relaxed)));
    /// encoder.push(&Point::new("m").field("f", 1))?;
    /// encoder.push(&Point::new("m").field("f", 2).at(5))?;
    /// encoder.push_text(b"m f=3i")?;
    /// assert_eq!(encoder.batch().bytes(), b"m f=1i 10\nm f=2i 5\nm f=3i 11\n");
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    pub fn set_clock(&mut self, clock: Option<fn() -> i64>) {
        self.clock = clock;
    }

    /// Returns the current batch of the encoder.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Takes the current batch out of the encoder, which then starts an empty batch. Indexes
    /// continue.
    pub fn take(&mut self) -> Batch {
        mem::replace(&mut self.batch, Batch::new(self.options.dialect))
    }

    /// Takes the current batch out of the encoder, which then starts an empty batch in the memory
    /// of `spare`. Indexes continue.
    pub fn take_into(&mut self, mut spare: Batch) -> Batch {
        spare.clear(self.options.dialect);
        mem::replace(&mut self.batch, spare)
    }

    /// Drops the lines of the current batch and keeps their memory. The next index and the count of
    /// removed newlines do not change.
    pub fn clear_lines(&mut self) {
        self.batch.clear(self.options.dialect);
    }

    /// Removes all lines from the encoder and sets its next index to 0, but keeps its memory.
    pub fn clear(&mut self) {
        self.batch.clear(self.options.dialect);
        self.next_index = 0;
        self.removed = RemovedNewlines::default();
    }

    /// Returns the number of bytes in the lines of the current batch.
    pub fn len_bytes(&self) -> usize {
        self.batch.end()
    }

    /// Returns the options of the encoder.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Returns the number of newlines that were removed since the start or the last
    /// [`clear`](Self::clear), and the place of the first one. Returns `None` if no newlines were
    /// removed.
    pub fn removed_newlines(&self) -> Option<&RemovedNewlines> {
        (self.removed.count > 0).then_some(&self.removed)
    }

    #[cold]
    pub(crate) fn count_removed(&mut self, removed: u64, index: u64, part: &str, name: &str) {
        if self.removed.count == 0 {
            let name = name.replace('\n', "\\n");
            self.removed.first = format!("point {index}: {part} `{name}`");
        }
        self.removed.count += removed;
    }
}
