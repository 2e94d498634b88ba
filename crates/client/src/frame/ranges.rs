//! Divides a table that arrives in pieces of any length into ranges with the same number of rows.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

/// Cuts record batches of any length into ranges that all have the same number of rows, except the
/// last range.
///
/// The content of a range does not depend on the length of the pieces. Cutting copies no data.
#[derive(Debug)]
pub struct Ranges {
    rows: usize,
    pieces: VecDeque<RecordBatch>,
    held: usize,
}

impl Ranges {
    /// Returns an empty `Ranges` that cuts ranges of `rows` rows (at least 1).
    pub fn new(rows: usize) -> Self {
        Self {
            rows: rows.max(1),
            pieces: VecDeque::new(),
            held: 0,
        }
    }

    /// Sets a different length for all ranges from now on.
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows.max(1);
    }

    /// Returns whether there are no rows.
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

    /// Takes the next complete range. Returns `None` until enough rows have been added.
    pub fn next_whole(&mut self) -> Option<Vec<RecordBatch>> {
        (self.held >= self.rows).then(|| self.take(self.rows))
    }

    /// Takes the remaining rows at the end, which are fewer than a complete range.
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
