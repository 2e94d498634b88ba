//! Reads the rows of a large series in rounds, on two threads. In each round, the current thread
//! reads the first half of a part of the answer, while a second thread reads the second half.
//!
//! The start of the second half is a guess: a position where a row seems to start. The guess is
//! right if the row after the last row of the first half starts exactly at this position. If the
//! guess was wrong, the second half is discarded, and decoding continues as if the second half had
//! not been read. Each half ends before a row that would change the type of a column. Therefore
//! neither the guess nor the number of processors changes the result.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{BatchLimits, RowFormat, Table};

/// The number of consecutive valid rows that must follow the guessed start of the second half.
const PROOF: u32 = 8;

/// The maximum number of bytes that are searched for the start of the second half.
const SEARCHED: usize = 1 << 16;

/// If the halves would be smaller than the maximum size of a half divided by this number, no second
/// thread is started.
const LEAST_SHARE: usize = 8;

/// The number of rows after which the second thread checks again whether its rows are still needed.
const ROWS_BETWEEN_LOOKS: u32 = 4096;

/// A sequence of consecutive rows that were added to a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) count: u32,
    /// The index after the last row of the sequence.
    pub(super) end: usize,
    /// The start of the row after the sequence, if there is such a row.
    pub(super) next: Option<usize>,
}

/// The result of a round, in which two halves are read.
struct Halves {
    run: Run,
    /// Whether both halves were added completely, so that another round may follow.
    are_whole: bool,
}

impl Table {
    /// Adds the row that starts at `at` and the rows that follow it, at most `most` rows in all.
    /// Stops before a row that is incomplete or would change the type of a column, and before the
    /// batch is full. The call may add no rows.
    #[inline(never)]
    pub(super) fn add_in_halves<F: RowFormat>(
        &mut self,
        input: &[u8],
        at: usize,
        most: u32,
        limits: BatchLimits,
    ) -> Run {
        let mut run = Run::none(at);
        if !thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
            return run;
        }
        // All rounds use the same second table, so that its memory is reused.
        let mut second = None;
        while let Some(start) = run.next {
            let half = limits.ahead.min((input.len() - start) / 2);
            let place = self.place(limits);
            if half < limits.ahead / LEAST_SHARE || place <= 2 * half + SEARCHED {
                break;
            }
            let second = second.get_or_insert_with(|| self.sibling(self.rows_in(half)));
            let most = most - run.count;
            let halves = self.add_halves::<F>(second, input, start..start + half, most, place);
            run = Run {
                count: run.count + halves.run.count,
                ..halves.run
            };
            if !halves.are_whole {
                break;
            }
        }
        run
    }

    /// Returns the number of input bytes for which the batch has space. Fewer bytes than this
    /// cannot fill the batch, however short the rows are.
    fn place(&self, limits: BatchLimits) -> usize {
        let bytes = limits.bytes.saturating_sub(self.bytes);
        bytes.min(limits.rows.saturating_sub(self.rows))
    }

    /// Adds the rows of the first half, and then the rows of an equally large second half. The rows
    /// of the second half are first collected in `second`, an empty table with the same columns.
    /// The second half is dropped if both halves together have `place` bytes or more, and could
    /// therefore fill the batch.
    fn add_halves<F: RowFormat>(
        &mut self,
        second: &mut Self,
        input: &[u8],
        half: Range<usize>,
        most: u32,
        place: usize,
    ) -> Halves {
        let (at, length) = (half.start, half.len());
        let nothing = Halves {
            run: Run::none(at),
            are_whole: false,
        };
        let Some(middle) = second.find_rows::<F>(input, half.end) else {
            return nothing;
        };
        let end = input.len().min(middle + length);
        let is_over = AtomicBool::new(false);
        let (first, behind) = thread::scope(|scope| {
            let thread = thread::Builder::new().name("aioinflux-rows".to_owned());
            let behind = thread.spawn_scoped(scope, || {
                second.add_run::<F>(input, middle..end, most, &is_over)
            });
            let Ok(behind) = behind else {
                return (Run::none(at), None);
            };
            let first = self.add_run::<F>(input, at..middle, most, &AtomicBool::new(false));
            let is_proved = first.next == Some(middle);
            is_over.store(!is_proved, Ordering::Relaxed);
            let behind = behind.join().expect("decoding does not panic");
            (first, is_proved.then_some(behind))
        });
        match behind {
            Some(behind) if behind.count <= most - first.count && behind.end - at < place => {
                self.append(second);
                Halves {
                    run: Run {
                        count: first.count + behind.count,
                        ..behind
                    },
                    are_whole: behind.next.is_some_and(|next| next >= end),
                }
            }
            _ => Halves {
                run: first,
                ..nothing
            },
        }
    }

    /// Returns the first position from `from` on where rows seem to start. The table must be empty
    /// before the call, and is empty again after the call.
    fn find_rows<F: RowFormat>(&mut self, input: &[u8], from: usize) -> Option<usize> {
        let searched = &input[..input.len().min(from + SEARCHED)];
        let mut place = F::find_row(searched, from);
        while let Some(start) = place {
            let run = self.add_run::<F>(input, start..input.len(), PROOF, &AtomicBool::new(false));
            self.clear();
            if run.count == PROOF {
                break;
            }
            place = F::find_row(searched, start + 1);
        }
        place
    }

    /// Adds the rows that start in a range of the input. Stops before a row that is incomplete or
    /// would change the type of a column.
    fn add_run<F: RowFormat>(
        &mut self,
        input: &[u8],
        range: Range<usize>,
        most: u32,
        is_over: &AtomicBool,
    ) -> Run {
        let mut run = Run::none(range.start);
        while let Some(start) = run.next.filter(|start| *start < range.end) {
            let is_idle =
                run.count.is_multiple_of(ROWS_BETWEEN_LOOKS) && is_over.load(Ordering::Relaxed);
            if run.count == most || is_idle {
                break;
            }
            let Ok(end) = self.push_row::<F>(input, start) else {
                break;
            };
            run = Run {
                count: run.count + 1,
                end,
                next: F::next_row(input, end),
            };
        }
        run
    }

    /// Returns an empty table with the same columns. Memory is reserved for `rows` rows that are
    /// similar to the current rows.
    fn sibling(&self, rows: usize) -> Self {
        Self {
            names: Vec::new(),
            columns: self.columns.iter().map(|one| one.sibling(rows)).collect(),
            rows: 0,
            bytes: 0,
            room: 0,
            pause: 0,
            schema: None,
        }
    }

    /// Appends the rows of `other`, a table whose columns have the same types.
    fn append(&mut self, other: &mut Self) {
        for (column, more) in self.columns.iter_mut().zip(&mut other.columns) {
            column.append(more);
        }
        self.rows += other.rows;
        self.bytes += other.bytes;
        other.clear();
    }

    fn clear(&mut self) {
        self.rows = 0;
        self.bytes = 0;
        self.undo_row();
    }
}

impl Run {
    fn none(at: usize) -> Self {
        Self {
            count: 0,
            end: at,
            next: Some(at),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
