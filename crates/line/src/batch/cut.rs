//! Copies a range of lines into a batch of its own, and reuses the memory of old batches.

use core::ops::Range;

use crate::Batch;
use crate::syntax::check::ends_in_timestamp;

/// Returns how many lines in a range of the batch have no timestamp.
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
    /// Copies the lines in the range to a new batch. The new batch uses the memory of `spare`, and
    /// the old lines of `spare` are dropped. The new batch also contains the skipped points that
    /// belong to its lines. A skipped point belongs to the line before it, or to the first line if
    /// no line precedes it.
    ///
    /// # Panics
    ///
    /// Panics if the range ends after the last line of the batch or before its own start.
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
        let within = |line: usize| line.clamp(lines.start, lines.end) - lines.start;
        let texts = self.texts.iter();
        let texts = texts.map(|texts| within(texts.start)..within(texts.end));
        spare.texts.extend(texts.filter(|texts| !texts.is_empty()));
        let skips = self.skips.iter();
        let skips = skips.filter(|skip| match lines.start {
            0 => **skip <= lines.end,
            start => (start + 1..=lines.end).contains(*skip),
        });
        spare.skips.extend(skips.map(|skip| skip - lines.start));
        spare.unstamped = unstamped(self, lines);
        spare
    }

    /// Reserves memory so that the batch can hold `bytes` bytes in total, including the lines that
    /// are already in it.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes
            .reserve_exact(bytes.saturating_sub(self.bytes.len()));
    }

    /// Returns how many bytes of memory the batch has allocated, whether or not it has lines.
    pub fn capacity(&self) -> usize {
        let words = self.ends.capacity() + self.indexes.capacity() + self.skips.capacity();
        self.bytes.capacity() + 8 * (words + 2 * self.texts.capacity())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{Dialect, Encoder, Point};

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
    fn each_part_counts_its_own_points() {
        let mut encoder = Encoder::new(Dialect::V1);
        let mut push = |kinds: &str| {
            for kind in kinds.chars() {
                match kind {
                    '.' => drop(encoder.push(&Point::new("m"))),
                    't' => encoder.push_text(b"m f=1 1\n").expect("a line"),
                    _ => drop(encoder.push(&Point::new("m").field("f", 1))),
                }
            }
            encoder.clone()
        };
        // Each character of `kinds` stands for one item. A `.` stands for a point without fields, a
        // `t` for a line of text, and a `p` for a point that becomes a line.
        let kinds = "..ptt.p..tpp.";
        let whole = push(kinds);
        let places: Vec<_> = (0..kinds.len())
            .filter(|at| kinds.as_bytes()[*at] != b'.')
            .collect();
        for lines in 0..=places.len() {
            // Points that were skipped before the encoder's first remaining line belong to the
            // lines that were taken.
            let cut = places.get(lines).copied().unwrap_or(kinds.len());
            let mut encoder = whole.clone();
            let taken = encoder.take_lines(lines, Batch::new(Dialect::V1));
            for (batch, kinds) in [(&taken, &kinds[..cut]), (encoder.batch(), &kinds[cut..])] {
                let count = |kind| kinds.matches(kind).count();
                assert_eq!(batch.skipped(), count('.') as u64, "{lines}: {kinds}");
                assert_eq!(batch.text_lines(), count('t'), "{lines}: {kinds}");
                assert_eq!(batch.unstamped, count('p'), "{lines}: {kinds}");
            }
            let part = whole.batch().part(0..lines, Batch::new(Dialect::V1));
            assert_eq!(part, taken, "{lines}");
            if lines > 0 {
                let rest = whole
                    .batch()
                    .part(lines..places.len(), Batch::new(Dialect::V1));
                assert_eq!(&rest, encoder.batch(), "{lines}");
            }
        }
    }

    #[test]
    fn text_stays_text() {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder
            .push_text(b"m f=1 1\nm f=2 2\nm f=3\n")
            .expect("lines");
        let first = encoder.take_lines(2, Batch::new(Dialect::V1));
        assert_eq!((first.text_lines(), first.is_stamped()), (2, true));
        let rest = encoder.take_lines(1, first);
        assert_eq!((rest.text_lines(), rest.is_stamped()), (1, false));
        assert!(encoder.batch().is_empty());
    }
}
