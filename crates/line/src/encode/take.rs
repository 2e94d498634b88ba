//! Takes batches from an encoder, which then continues.

use crate::{Batch, Encoder};

impl Encoder {
    /// Takes the first `lines` lines, and the points that were skipped before the line after them.
    /// The other lines stay in the encoder.
    ///
    /// The remaining and later lines use the memory of `spare`, whose own lines are dropped. If
    /// `spare` is a batch that was already sent, this call allocates nothing.
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
    /// Panics if there are fewer lines in the batch.
    pub fn take_lines(&mut self, lines: usize, spare: Batch) -> Batch {
        let batch = &mut self.batch;
        let mut kept = batch.part(lines..batch.len(), spare);
        if lines == 0 {
            // Points that were skipped before all lines are contained in both batches.
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
