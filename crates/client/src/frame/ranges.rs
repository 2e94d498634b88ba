//! Divides a table that arrives in pieces of any length into ranges with the same number of rows.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

/// Cuts a sequence of record batches, whose lengths can differ, into ranges. All ranges except the
/// last one have the same number of rows.
///
/// The rows in a range do not depend on the lengths of the record batches. Cutting a record batch
/// copies no data.
#[derive(Debug)]
pub struct Ranges {
    rows: usize,
    pieces: VecDeque<RecordBatch>,
    held: usize,
}

impl Ranges {
    /// Returns an empty `Ranges` that cuts record batches into ranges of `rows` rows (at least 1).
    pub fn new(rows: usize) -> Self {
        Self {
            rows: rows.max(1),
            pieces: VecDeque::new(),
            held: 0,
        }
    }

    /// Sets the number of rows for all ranges that are cut from now on.
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows.max(1);
    }

    /// Returns whether all added rows have been taken.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Adds the next piece of the table.
    pub fn push(&mut self, piece: RecordBatch) {
        if piece.num_rows() > 0 {
            self.held += piece.num_rows();
            self.pieces.push_back(piece);
        }
    }

    /// Takes the next complete range. Returns `None` if fewer rows than a complete range are left.
    pub fn next_whole(&mut self) -> Option<Vec<RecordBatch>> {
        (self.held >= self.rows).then(|| self.take(self.rows))
    }

    /// Takes all remaining rows, which are the last range of the table.
    pub fn rest(&mut self) -> Option<Vec<RecordBatch>> {
        (self.held > 0).then(|| self.take(self.held))
    }

    fn take(&mut self, rows: usize) -> Vec<RecordBatch> {
        let mut range = Vec::new();
        let mut missing = rows;
        while missing > 0
            && let Some(piece) = self.pieces.pop_front()
        {
            let length = piece.num_rows();
            if length > missing {
                range.push(piece.slice(0, missing));
                self.pieces
                    .push_front(piece.slice(missing, length - missing));
                break;
            }
            missing -= length;
            range.push(piece);
        }
        self.held -= rows;
        range
    }
}
