//! Takes the first lines out of an encoder's batch, and leaves the later lines in the encoder.

use crate::{Batch, Encoder};

impl Encoder {
    /// Takes the first `lines` lines out of the current batch, and returns them as a batch. The
    /// returned batch also records the points that were skipped before the first remaining line.
    /// All later lines stay in the encoder.
    ///
    /// The encoder then uses the memory of `spare` for its lines, and the old lines of `spare` are
    /// dropped. If `spare` is a batch that was already sent, this call allocates nothing.
    ///
    /// ```
    /// use aioinflux_line::{Batch, Dialect, Encoder, Point};
    ///
    /// let mut encoder = Encoder::new(Dialect::V1);
    /// for value in 0..3 {
    ///     encoder.push(&Point::new("m").field("f", value))?;
    /// }
    /// let first = encoder.take_lines(2, Batch::new(Dialect::V1));
    /// assert_eq!(first.bytes(), b"m f=0i\nm f=1i\n");
    /// assert_eq!(encoder.take_lines(1, first).bytes(), b"m f=2i\n");
    /// # Ok::<(), aioinflux_line::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the current batch has fewer than `lines` lines.
    pub fn take_lines(&mut self, lines: usize, spare: Batch) -> Batch {
        let batch = &mut self.batch;
        let mut kept = batch.part(lines..batch.len(), spare);
        if lines == 0 {
            // Both batches contain the points that were skipped before the first line, so these
            // points are removed from the remaining batch.
            let before = batch.skips.partition_point(|skip| *skip == 0);
            kept.skips.drain(..before);
        }
        let mut taken = core::mem::replace(batch, kept);
        taken.unstamped -= batch.unstamped;
        taken.truncate(lines);
        let skips = taken.skips.partition_point(|skip| *skip <= lines);
        taken.skips.truncate(skips);
        taken
    }
}
