//! Names the lines of a batch that one request sends.
//!
//! Pure. A request sends all lines of a batch, a part of them if the server refuses the batch as too
//! large, or those that are left if the server refused some lines.

use std::ops::Range;

use aioinflux_line::Batch;
use bytes::{Bytes, BytesMut};

/// Some lines of a batch, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Ranges of positions. No range is empty, and no two ranges touch each other.
    ranges: Vec<Range<usize>>,
}

impl Lines {
    /// Returns the lines at the positions of this range.
    pub(crate) fn new(range: Range<usize>) -> Self {
        let mut lines = Self::default();
        lines.push(range);
        lines
    }

    fn push(&mut self, range: Range<usize>) {
        match self.ranges.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.ranges.push(range),
        }
    }

    /// Returns the positions of the lines in the batch.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.ranges.iter().cloned().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(Range::len).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns the number of bytes of the lines.
    pub(crate) fn count_bytes(&self, batch: &Batch) -> usize {
        let bytes = self.ranges.iter().map(|range| byte_range(batch, range));
        bytes.map(|range| range.len()).sum()
    }

    /// Returns the bytes of the lines. `bytes` has the bytes of the whole batch, which are copied
    /// only if the lines are not adjacent.
    pub(crate) fn bytes(&self, batch: &Batch, bytes: &Bytes) -> Bytes {
        match &self.ranges[..] {
            [] => Bytes::new(),
            [range] => bytes.slice(byte_range(batch, range)),
            ranges => {
                let mut joined = BytesMut::with_capacity(self.count_bytes(batch));
                for range in ranges {
                    joined.extend_from_slice(&bytes[byte_range(batch, range)]);
                }
                joined.freeze()
            }
        }
    }

    /// Returns the first half and the second half of the lines.
    pub(crate) fn halves(&self) -> (Self, Self) {
        let mut left = self.len() / 2;
        let (mut first, mut second) = (Self::default(), Self::default());
        for range in &self.ranges {
            let middle = range.start + range.len().min(left);
            left -= middle - range.start;
            first.push(range.start..middle);
            second.push(middle..range.end);
        }
        (first, second)
    }

    /// Returns these lines without the lines at some positions, which need not be sorted.
    pub(crate) fn without(&self, positions: &[usize]) -> Self {
        let mut positions = positions.to_vec();
        positions.sort_unstable();
        let mut left = Self::default();
        for range in &self.ranges {
            let inside = positions.partition_point(|at| *at < range.start)
                ..positions.partition_point(|at| *at < range.end);
            let mut start = range.start;
            for &at in &positions[inside] {
                // A position may occur twice.
                left.push(start..at.max(start));
                start = at + 1;
            }
            left.push(start.min(range.end)..range.end);
        }
        left
    }
}

fn byte_range(batch: &Batch, lines: &Range<usize>) -> Range<usize> {
    let end = |line: usize| batch.ends()[line - 1];
    let start = if lines.start == 0 {
        0
    } else {
        end(lines.start)
    };
    start..end(lines.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(lines: &Lines) -> Vec<usize> {
        lines.iter().collect()
    }

    #[test]
    fn lines_are_left_out_and_halved_in_order() {
        let all = Lines::new(2..12);
        assert_eq!(all.without(&[]), all);
        let some = all.without(&[11, 4, 2, 5, 4, 99, 0]);
        assert_eq!(positions(&some), [3, 6, 7, 8, 9, 10]);
        assert_eq!(some.ranges, [3..4, 6..11]);
        let (first, second) = some.halves();
        assert_eq!(positions(&first), [3, 6, 7]);
        assert_eq!(positions(&second), [8, 9, 10]);
        let (none, one) = Lines::new(7..8).halves();
        assert!(none.is_empty());
        assert_eq!(positions(&one), [7]);
        assert!(some.without(&positions(&some)).is_empty());
    }

    #[test]
    fn bytes_are_those_of_the_lines() {
        let mut encoder = aioinflux_line::Encoder::new(aioinflux_line::Dialect::V2);
        let text = b"a v=1\nb v=\"x\ny\"\nc v=3\nd v=4\n";
        encoder.push_text(text).expect("lines");
        let batch = encoder.take();
        let bytes = Bytes::from_static(text);
        let all = Lines::new(0..4);
        assert_eq!(all.bytes(&batch, &bytes), &text[..]);
        let some = all.without(&[0, 2]);
        assert_eq!(some.bytes(&batch, &bytes), "b v=\"x\ny\"\nd v=4\n");
        assert_eq!(some.count_bytes(&batch), 16);
        assert!(Lines::default().bytes(&batch, &bytes).is_empty());
    }
}
