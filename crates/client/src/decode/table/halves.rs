//! Reads the rows of a large series in rounds. Each round takes a piece of the answer and splits it
//! in two; the second half is read on another thread.
//!
//! The start of the second half is a guess: a place that looks like rows. The first half confirms
//! or refutes the guess, because it either ends there or does not. If the guess was wrong, the
//! second half is dropped, and decoding continues as if it had not existed. Neither half changes
//! the type of a column: each ends before a row that would. So neither the guess nor the number of
//! processors changes the result.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{BatchLimits, RowFormat, Table};

/// Rows that must follow each other at the start of the second half.
const PROOF: u32 = 8;

/// Bytes that are searched for that start.
const SEARCHED: usize = 1 << 16;

/// A half that is smaller than this fraction of a complete one is not worth a thread.
const LEAST_SHARE: usize = 8;

/// After so many rows a thread checks whether it is still needed.
const ROWS_BETWEEN_LOOKS: u32 = 4096;

/// Rows that were added one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) count: u32,
    /// The index after the last one.
    pub(super) end: usize,
    /// The start of the next row, if there is one.
    pub(super) next: Option<usize>,
}

/// The result for the two halves of some rows.
struct Halves {
    run: Run,
    /// Both were added, and more rows may follow.
    are_whole: bool,
}

impl Table {
    /// Adds the row at `at` and those that follow it, at most `most` in all, as far as they have
    /// arrived, change no column and fit into the batch. There may be none.
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
        // Its memory is reused in all rounds.
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

    /// Rows of fewer bytes than this cannot fill the batch, however short they are.
    fn place(&self, limits: BatchLimits) -> usize {
        let bytes = limits.bytes.saturating_sub(self.bytes);
        bytes.min(limits.rows.saturating_sub(self.rows))
    }

    /// Adds the rows of the first half, and with `second`, an empty sibling, those of as many bytes
    /// after them, unless both together fill the `place` in the batch.
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

    /// The first offset from `from` on where rows seem to start. The table is empty before and
    /// after the call.
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

    /// Adds the rows that start in a range, until one is incomplete or changes a column.
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

    /// An empty table of the same columns, with memory for `rows` rows like the present ones.
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

    /// Appends the rows of a table whose columns have the same types.
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
