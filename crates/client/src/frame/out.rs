//! Defines where the lines of a table are written: to the batch of an encoder, or to memory that
//! the caller provides.

use aioinflux_line::{Encoder, LentLines, Rows, Shape};

/// Memory that the caller provides for consecutive lines (see
/// [`FrameEncoder::encode_into`](super::FrameEncoder::encode_into)).
pub trait LineMemory {
    /// Returns the unused memory that follows the lines written so far, which is at least `least`
    /// bytes long. Returns `None` if there is not enough memory. The initial content of the unused
    /// memory is arbitrary.
    fn spare(&mut self, least: usize) -> Option<&mut [u8]>;

    /// Marks the first `bytes` bytes of the unused memory as lines. `bytes` never exceeds the
    /// length of the last slice that `spare` returned.
    fn keep(&mut self, bytes: usize);
}

/// The place where encoded lines are written.
pub(super) enum Out<'o> {
    /// The batch of an encoder. The batch is full when it has more than `limit` bytes.
    Batch {
        encoder: &'o mut Encoder,
        limit: usize,
    },
    /// Memory that the caller provides, which is used until it is full. Rows that need
    /// `PointEncoder` are first written to the encoder's batch, and then moved into this memory. If
    /// the memory has no space for such a line, the line stays in the encoder's batch.
    Lent {
        encoder: &'o mut Encoder,
        memory: &'o mut dyn LineMemory,
        is_full: bool,
        skipped: u64,
    },
}

impl<'o> Out<'o> {
    pub(super) fn lent(encoder: &'o mut Encoder, memory: &'o mut dyn LineMemory) -> Self {
        let mut out = Self::Lent {
            encoder,
            memory,
            is_full: false,
            skipped: 0,
        };
        out.move_lines();
        out
    }

    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Batch { encoder, limit } => encoder.len_bytes() > *limit,
            Self::Lent { is_full, .. } => *is_full,
        }
    }

    pub(super) fn encoder(&mut self) -> &mut Encoder {
        match self {
            Self::Batch { encoder, .. } | Self::Lent { encoder, .. } => encoder,
        }
    }

    /// Returns the number of rows that had no fields and therefore have no line.
    pub(super) fn skipped(&self) -> u64 {
        match self {
            Self::Batch { encoder, .. } => encoder.batch().skipped(),
            Self::Lent { skipped, .. } => *skipped,
        }
    }

    /// Calls `write`, which writes rows of one shape. `write` may also write no rows.
    pub(super) fn rows<T>(
        &mut self,
        shape: &Shape,
        write: impl FnOnce(&mut Rows<'_>, usize) -> T,
    ) -> Option<T> {
        match self {
            Self::Batch { encoder, limit } => Some(write(&mut encoder.rows(shape), *limit)),
            Self::Lent {
                encoder,
                memory,
                is_full,
                skipped,
            } => {
                let Some(spare) = memory.spare(encoder.room_for(shape)) else {
                    *is_full = true;
                    return None;
                };
                let mut lines = LentLines::default();
                let mut rows = encoder.rows_into(shape, spare, &mut lines);
                let written = write(&mut rows, usize::MAX);
                memory.keep(lines.bytes);
                *skipped += lines.skipped;
                Some(written)
            }
        }
    }

    /// Moves the lines that `PointEncoder` wrote into the caller's memory.
    pub(super) fn move_lines(&mut self) {
        let Self::Lent {
            encoder,
            memory,
            is_full,
            skipped,
        } = self
        else {
            return;
        };
        let lines = encoder.batch().bytes();
        if !lines.is_empty() {
            let Some(spare) = memory.spare(lines.len()) else {
                *is_full = true;
                return;
            };
            spare[..lines.len()].copy_from_slice(lines);
            memory.keep(lines.len());
        }
        *skipped += encoder.batch().skipped();
        encoder.clear_lines();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aioinflux_line::{Dialect, Encoder};
    use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

    use super::*;
    use crate::frame::{FrameEncoder, FrameLayout, encode_frame};

    /// Memory for tests, with a limited number of bytes.
    struct Pages {
        bytes: Vec<u8>,
        used: usize,
    }

    impl LineMemory for Pages {
        fn spare(&mut self, least: usize) -> Option<&mut [u8]> {
            let spare = &mut self.bytes[self.used..];
            (least <= spare.len()).then_some(spare)
        }

        fn keep(&mut self, bytes: usize) {
            self.used += bytes;
        }
    }

    /// Returns a table that contains short and long strings, rows that need `PointEncoder`, and
    /// rows without fields.
    fn table(rows: u32) -> RecordBatch {
        let text = |row: usize| match row % 11 {
            0 => None,
            1 => Some("x".repeat(9000)),
            2 => Some("a \"b\"\\".repeat(row % 100)),
            _ => Some(format!("s{row}")),
        };
        let tag = |row: usize| (!row.is_multiple_of(5)).then(|| format!("t\\{row}"));
        let load = |row: u32| (!row.is_multiple_of(11)).then(|| f64::from(row) / 3.0);
        let time: Int64Array = (0..i64::from(rows)).map(Some).collect();
        let tag: StringArray = (0..rows as usize).map(tag).collect();
        let load: Float64Array = (0..rows).map(load).collect();
        let text: StringArray = (0..rows as usize).map(text).collect();
        let (time, tag): (ArrayRef, ArrayRef) = (Arc::new(time), Arc::new(tag));
        let (load, text): (ArrayRef, ArrayRef) = (Arc::new(load), Arc::new(text));
        let columns = [("time", time), ("tag", tag), ("load", load), ("text", text)];
        RecordBatch::try_from_iter(columns).expect("columns of one length")
    }

    #[test]
    fn memory_of_any_size_gets_the_lines_of_the_batch() {
        let frame = table(700);
        let layout = FrameLayout {
            measurement: Some("m".into()),
            time: Some(0),
            tags: vec![1],
            ..FrameLayout::default()
        };
        let mut plain = Encoder::new(Dialect::V1);
        encode_frame(&frame, &layout, &mut plain).expect("writable");
        for step in [1000, 5000, 9001, 20_000, 100_000, 1 << 22] {
            let frames = FrameEncoder::new(layout.clone());
            let mut encoder = Encoder::new(Dialect::V1);
            let mut pages = Pages {
                bytes: Vec::new(),
                used: 0,
            };
            let (mut row, mut skipped) = (0, 0);
            while row < frame.num_rows() || !encoder.batch().is_empty() {
                pages.bytes.resize(pages.bytes.len() + step, b'?');
                let done = frames.encode_into(&frame, row, &mut encoder, &mut pages);
                let done = done.expect("writable");
                (row, skipped) = (row + done.rows, skipped + done.skipped);
            }
            assert!(
                pages.bytes[..pages.used] == *plain.batch().bytes(),
                "{step}"
            );
            assert_eq!(skipped, plain.batch().skipped());
            assert_eq!(encoder.next_index(), plain.next_index());
        }
    }
}
