//! The encoder: appends one line after the other to a batch.

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

/// Whether a point became a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The point is a line of the batch.
    Written,
    /// The point had no field left, and was counted as skipped.
    Skipped,
}

/// Newlines that were deleted from names and tag values (see [`Options::remove_newlines`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemovedNewlines {
    /// How many newlines the written lines have lost.
    pub count: u64,
    /// Where the first of them was, for example ``point 3: tag `host` ``.
    pub first: String,
}

/// Builds a [`Batch`] of lines.
///
/// What the server of the dialect would corrupt or drop is refused by a named [`Rule`](crate::Rule)
/// (the table is in [`Dialect`](crate::Dialect)); the batch is then as if the point had never come.
#[derive(Debug, Clone)]
pub struct Encoder {
    pub(crate) options: Options,
    pub(crate) batch: Batch,
    pub(crate) next_index: u64,
    /// Gives times to points that have none.
    pub(crate) clock: Option<fn() -> i64>,
    pub(crate) removed: RemovedNewlines,
    /// Parts of the current point; kept here so that no point allocates them anew.
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

    /// Returns the index that the next pushed point or line of text will have.
    pub fn next_index(&self) -> u64 {
        self.next_index
    }

    /// Sets the index of the next pushed point, after points with indexes of the caller.
    pub fn set_next_index(&mut self, index: u64) {
        self.next_index = index;
    }

    /// Gives every point that comes without a time the next one of `clock`, in nanoseconds since 1970
    /// (UTC), and lines of text without a timestamp, too. `None` leaves them undated: the server then
    /// gives all points of a request the same time, and keeps one of each series.
    ///
    /// The clock should never give the same time twice.
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

    /// Returns the lines so far.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Returns the lines so far and starts an empty batch; indexes go on.
    pub fn take(&mut self) -> Batch {
        mem::replace(&mut self.batch, Batch::new(self.options.dialect))
    }

    /// Returns the lines so far and starts an empty batch in the memory of one that is done with;
    /// indexes go on.
    pub fn take_into(&mut self, mut spare: Batch) -> Batch {
        spare.clear(self.options.dialect);
        mem::replace(&mut self.batch, spare)
    }

    /// Drops the lines so far and keeps their memory; indexes and removed newlines go on.
    pub fn clear_lines(&mut self) {
        self.batch.clear(self.options.dialect);
    }

    /// Starts all over, indexes included, and keeps the memory.
    pub fn clear(&mut self) {
        self.batch.clear(self.options.dialect);
        self.next_index = 0;
        self.removed = RemovedNewlines::default();
    }

    /// Returns the number of bytes in the batch.
    pub fn len_bytes(&self) -> usize {
        self.batch.end()
    }

    /// Returns the options.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Returns how many newlines were deleted since the start or the last
    /// [`clear`](Self::clear), and where the first was; `None` when there were none.
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
