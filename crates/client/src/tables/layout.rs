//! Lays out the rows of a pivoted series: one row for each time.

use std::collections::HashMap;

use arrow_array::{Array, TimestampNanosecondArray};

use super::gather::{NONE, Position, position};

/// Consecutive rows of a table that belong to the same series and the same field.
pub(super) struct Run {
    /// The index of the field's array that contains the values.
    pub(super) array: usize,
    /// The index of the batch that contains the times.
    pub(super) batch: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The rows of a field in one series.
pub(super) struct Line {
    pub(super) field: usize,
    pub(super) runs: Vec<Run>,
}

/// The rows of a pivoted table. All columns have the same number of rows.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) times: Vec<i64>,
    /// The rows whose time is null.
    pub(super) undated: Vec<usize>,
    /// The positions of the values of each field. If the end of a column is missing, its cells are
    /// null.
    pub(super) fields: Vec<Vec<Position>>,
}

/// A second value of a field in the same row: the field, and the time.
pub(super) struct Twice(pub(super) usize, pub(super) Option<i64>);

/// The times of the batches. A batch without times is `None`.
pub(super) type Times = [Option<TimestampNanosecondArray>];

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Appends the rows of a series, and returns their number. The rows are in the order of their
    /// times if the times of every field ascend, or descend, and otherwise in order of appearance.
    pub(super) fn add(&mut self, lines: &[Line], times: &Times) -> Result<usize, Twice> {
        let start = self.len();
        let read: Option<Vec<Vec<i64>>> =
            lines.iter().map(|line| sorted_times(line, times)).collect();
        let merged = read.and_then(|read| Some((merged(&read)?, read)));
        if let Some((all, read)) = merged {
            self.times.extend(all);
            for (line, read) in lines.iter().zip(&read) {
                self.add_sorted(line, read, start);
            }
        } else {
            self.add_in_order(lines, times)?;
        }
        Ok(self.len() - start)
    }

    /// Sets the cells of a field whose times are a subsequence of the times from `start` on.
    fn add_sorted(&mut self, line: &Line, read: &[i64], start: usize) {
        let rows = self.len();
        let column = &mut self.fields[line.field];
        column.resize(rows, NONE);
        let mut row = start;
        let mut read = read.iter();
        for run in &line.runs {
            for (at, time) in (run.start..run.end).zip(&mut read) {
                while self.times[row] != *time {
                    row += 1;
                }
                column[row] = position(run.array, at);
                row += 1;
            }
        }
    }

    fn add_in_order(&mut self, lines: &[Line], times: &Times) -> Result<(), Twice> {
        let mut rows: HashMap<Option<i64>, usize> = HashMap::new();
        for line in lines {
            for run in &line.runs {
                for at in run.start..run.end {
                    let time = time_of(times, run.batch, at);
                    let next = self.times.len();
                    let row = *rows.entry(time).or_insert(next);
                    if row == next {
                        self.add_time(time);
                    }
                    let column = &mut self.fields[line.field];
                    if column.len() <= row {
                        column.resize(row + 1, NONE);
                    } else if column[row] != NONE {
                        return Err(Twice(line.field, time));
                    }
                    column[row] = position(run.array, at);
                }
            }
        }
        Ok(())
    }

    /// Appends the time of a row.
    pub(super) fn add_time(&mut self, time: Option<i64>) {
        if time.is_none() {
            self.undated.push(self.times.len());
        }
        self.times.push(time.unwrap_or_default());
    }
}

/// Returns the time of a row in a batch.
pub(super) fn time_of(times: &Times, batch: usize, row: usize) -> Option<i64> {
    let times = times[batch].as_ref()?;
    times.is_valid(row).then(|| times.value(row))
}

/// Returns the times of a field if they strictly ascend or strictly descend, and none is null.
fn sorted_times(line: &Line, times: &Times) -> Option<Vec<i64>> {
    let mut read = Vec::new();
    for run in &line.runs {
        let times = times[run.batch].as_ref()?;
        if times.null_count() > 0 {
            return None;
        }
        read.extend_from_slice(&times.values()[run.start..run.end]);
    }
    let is_sorted = read.is_sorted_by(|a, b| a < b) || read.is_sorted_by(|a, b| a > b);
    is_sorted.then_some(read)
}

/// Returns all times, each of them once. Returns `None` if some fields ascend and others descend.
fn merged(read: &[Vec<i64>]) -> Option<Vec<i64>> {
    let (first, rest) = read.split_first()?;
    if rest.iter().all(|times| times == first) {
        return Some(first.clone());
    }
    let ascends = |times: &Vec<i64>| times.first() <= times.last();
    let descends = |times: &Vec<i64>| times.first() >= times.last();
    let mut all: Vec<i64> = read.concat();
    if read.iter().all(ascends) {
        all.sort_unstable();
    } else if read.iter().all(descends) {
        all.sort_unstable_by(|a, b| b.cmp(a));
    } else {
        return None;
    }
    all.dedup();
    Some(all)
}
