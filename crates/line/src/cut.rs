//! Batches cut out of an encoder that goes on, and their memory used again.

use core::ops::Range;

use crate::text::ends_in_timestamp;
use crate::{Batch, Encoder};

impl Encoder {
    /// Takes the first `lines` lines and the count of skipped points; the other lines stay.
    ///
    /// What stays, and what comes after it, stands in the memory of `spare`, whose own lines are
    /// dropped: with a batch that was sent, nothing is allocated anew.
    ///
    /// ```
    /// use aioinflux_line::{Batch, Dialect, Encoder, Point};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// for value in 0..3 {
    ///     encoder.push(&Point::new("m").field("f", value))?;
    /// }
    /// let first = encoder.take_lines(2, Batch::default());
    /// assert_eq!(first.bytes(), b"m f=0i\nm f=1i\n");
    /// assert_eq!(encoder.take_lines(1, first).bytes(), b"m f=2i\n");
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there are fewer lines.
    pub fn take_lines(&mut self, lines: usize, spare: Batch) -> Batch {
        let batch = &mut self.batch;
        let mut kept = batch.part(lines..batch.len(), spare);
        kept.skipped = 0;
        let mut taken = core::mem::replace(batch, kept);
        taken.unstamped -= batch.unstamped;
        taken.text_lines -= batch.text_lines;
        taken.ends.truncate(lines);
        taken.indexes.truncate(lines);
        taken
    }
}

/// How many of some lines have no timestamp.
fn unstamped(batch: &Batch, lines: Range<usize>) -> usize {
    match batch.unstamped {
        0 => 0,
        count if count == batch.len() => lines.len(),
        _ => lines
            .filter(|line| !ends_in_timestamp(batch.line(*line)))
            .count(),
    }
}

impl Batch {
    /// Returns a batch of some of the lines, in the memory of `spare`, whose own lines are dropped.
    /// The points that were skipped count in the part that begins with the first line.
    ///
    /// # Panics
    ///
    /// When the range ends beyond the last line or before its own start.
    #[must_use]
    pub fn part(&self, lines: Range<usize>, mut spare: Batch) -> Batch {
        spare.clear(self.dialect);
        let start = self.start(lines.start);
        let bytes = self.range(lines.clone());
        if let Some(begin) = spare.bytes.get_mut(..bytes.len()) {
            begin.copy_from_slice(bytes);
        } else {
            spare.bytes.clear();
            spare.bytes.extend_from_slice(bytes);
        }
        let ends = self.ends[lines.clone()].iter().map(|end| end - start);
        spare.ends.extend(ends);
        spare
            .indexes
            .extend_from_slice(&self.indexes[lines.clone()]);
        // Text among other lines counts as no text: the units of a mix are refused anyhow.
        if self.text_lines == self.len() {
            spare.text_lines = lines.len();
        }
        if lines.start == 0 {
            spare.skipped = self.skipped;
        }
        spare.unstamped = unstamped(self, lines);
        spare
    }

    /// Makes sure of memory for lines of so many bytes, those that are there included.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes
            .reserve_exact(bytes.saturating_sub(self.bytes.len()));
    }

    /// Returns how many bytes of memory the batch holds, its lines or none.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity() + 8 * (self.ends.capacity() + self.indexes.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Point};

    #[test]
    fn what_is_taken_and_what_stays_know_their_own_lines() {
        let mut encoder = Encoder::new(Dialect::V1);
        let point = Point::new("m").field("f", "a 1");
        encoder.push(&point.clone().at(1)).expect("writable");
        encoder.push(&Point::new("m")).expect("skipped");
        encoder.push(&point).expect("writable");
        encoder.push(&point.clone().at(3)).expect("writable");
        let spare = encoder.clone().take();
        let first = encoder.take_lines(1, spare);
        assert_eq!(first.bytes(), b"m f=\"a 1\" 1\n");
        assert!(first.is_stamped());
        assert_eq!((first.len(), first.skipped()), (1, 1));
        let rest = encoder.batch();
        assert_eq!(rest.bytes(), b"m f=\"a 1\"\nm f=\"a 1\" 3\n");
        assert_eq!(rest.indexes(), [2, 3]);
        assert_eq!((rest.unstamped, rest.skipped()), (1, 0));
        assert_eq!(rest.line(1), b"m f=\"a 1\" 3");
    }

    #[test]
    fn text_stays_text() {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder
            .push_text(b"m f=1 1\nm f=2 2\nm f=3\n")
            .expect("lines");
        let first = encoder.take_lines(2, Batch::default());
        assert_eq!((first.text_lines(), first.is_stamped()), (2, true));
        let rest = encoder.take_lines(1, first);
        assert_eq!((rest.text_lines(), rest.is_stamped()), (1, false));
        assert!(encoder.batch().is_empty());
    }
}
