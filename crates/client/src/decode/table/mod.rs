//! Collects the rows of one series into record batches.
//!
//! A row is added either completely or not at all. The fast path writes cells straight into the
//! columns. If a cell does not fit its column, the row is undone and parsed again on the slow path.
//! The slow path decides how the types of the columns change.

mod capacity;
pub(in crate::decode) mod columns;
pub(in crate::decode) mod escapes;
mod halves;
pub(in crate::decode) mod texts;
pub(in crate::decode) mod views;
mod whole;

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::decode::error::Stop;
use crate::decode::table::columns::{Cell, Column, Fit, Kind};

pub(crate) use self::whole::{Whole, float_of};

/// Reads rows in one format: JSON, `MessagePack` or CSV.
pub(in crate::decode) trait RowFormat {
    /// Whether this format writes whole floats (such as 4.0) in the same way as integers.
    const PROMOTES: bool;

    /// Whether two threads decode many rows of this format faster than one thread does, even though
    /// the rows of both threads must be joined.
    const IN_HALVES: bool;

    /// Reads the row that starts at `at`, and returns the index after the row. For each column,
    /// calls `each` with the column and the start of its cell. `each` must return the index after
    /// the cell.
    fn read_row<C>(
        input: &[u8],
        at: usize,
        columns: impl ExactSizeIterator<Item = C>,
        each: impl FnMut(C, usize) -> Result<usize, Stop>,
    ) -> Result<usize, Stop>;

    /// Reads the cell that starts at `at`, of any type. Returns the cell, and the index after it.
    fn cell(input: &[u8], at: usize) -> Result<(Cell<'_>, usize), Stop>;

    /// Appends the cell at `at` to a column, if the cell has the type of the column and the usual
    /// form. Returns the index after the cell. Returns `None` for all other cells, which the caller
    /// then reads with [`RowFormat::cell`]. This function may accept fewer cells than
    /// [`RowFormat::cell`] does, but both functions must read the same value.
    fn push_usual(input: &[u8], at: usize, column: &mut Column) -> Option<usize>;

    /// Appends the cell at `at` to a column, and returns the index after the cell. Returns
    /// [`Stop::Changed`] if the column must change its type for the cell. Formats in which the
    /// answer states the type of each column override this function, and never return
    /// [`Stop::Changed`].
    #[inline]
    fn push(input: &[u8], at: usize, column: &mut Column) -> Result<usize, Stop>
    where
        Self: Sized,
    {
        match Self::push_usual(input, at, column) {
            Some(end) => Ok(end),
            None => push_any::<Self>(input, at, column),
        }
    }

    /// Returns the start of the next row, if another row directly follows the row that ends at
    /// `end`.
    fn next_row(input: &[u8], end: usize) -> Option<usize>;

    /// Returns the first position from `from` on that looks like the start of a row.
    fn find_row(input: &[u8], from: usize) -> Option<usize>;

    /// Returns the first position that looks like the end of a series' last row. Returns `None` if
    /// the format states the number of rows in advance.
    fn find_end(input: &[u8]) -> Option<usize>;
}

/// The maximum size of a batch.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct BatchLimits {
    pub(in crate::decode) rows: usize,
    /// The maximum number of bytes that the batch's rows take in the answer. This limit bounds
    /// memory use if rows are wide or strings are long.
    pub(in crate::decode) bytes: usize,
    /// The number of bytes that are searched for the end of a series. If the series does not end
    /// within these bytes, it counts as large. For a large series, memory is reserved for all
    /// remaining rows, and two threads each read this number of bytes at a time. If the number is
    /// 0, no series counts as large.
    pub(in crate::decode) ahead: usize,
}

impl BatchLimits {
    /// The limits for an answer that is streamed. With these limits, a batch fits into the CPU
    /// cache. Even if rows are wide and strings are long, a batch fits into memory.
    pub(in crate::decode) const STREAMED: Self = Self {
        rows: 8192,
        bytes: 8 << 20,
        ahead: 0,
    };

    /// The limits for an answer that is collected. Arrow allows at most 2 GiB in a text column, and
    /// these limits keep every column smaller. A column stays below 2 GiB even if the last row has
    /// the maximum length (256 MiB) and every byte of a string becomes three bytes (U+FFFD).
    /// Decoding on two threads is worthwhile for a series of more than 4 MiB.
    pub(in crate::decode) const COLLECTED: Self = Self {
        rows: usize::MAX,
        bytes: 256 << 20,
        ahead: 4 << 20,
    };
}

/// The result of adding a row.
enum Added {
    /// The row was added. The value is the index after the row.
    Row(usize),
    /// The row fits only into a new batch. The caller must take the current batch and then add the
    /// row again.
    NewBatch,
}

/// The result of adding consecutive rows.
pub(in crate::decode) struct Rows {
    /// The index in the input after the last row that was added.
    pub(in crate::decode) end: usize,
    /// The number of rows that were added.
    pub(in crate::decode) count: u32,
    /// Whether the batch must be taken before more rows are added.
    pub(in crate::decode) is_full: bool,
}

/// The number of rows after which memory is reserved for all rows that seem to follow. For fewer
/// rows, no memory is reserved, because many series are small.
const ROOM: usize = 4096;

#[derive(Debug)]
pub(in crate::decode) struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    /// The number of rows for which memory has been reserved.
    room: usize,
    /// When the table has this number of rows, [`Table::add_many`] is called. Until the first such
    /// call, the vectors of the columns grow as usual.
    pause: usize,
    /// The schema of the previous batch.
    schema: Option<SchemaRef>,
}

impl Table {
    pub(in crate::decode) fn new(names: Vec<String>, promotes: bool, has_views: bool) -> Self {
        let columns = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let is_time = index == 0 && name == "time";
                Column::new(is_time, promotes, has_views)
            })
            .collect();
        Self {
            names,
            columns,
            rows: 0,
            bytes: 0,
            room: 0,
            pause: ROOM,
            schema: None,
        }
    }

    /// Returns an empty table whose columns have the names `names` and the types `kinds`.
    pub(in crate::decode) fn typed(names: Vec<String>, kinds: &[Kind], has_views: bool) -> Self {
        let mut table = Self::new(names, false, has_views);
        for (column, kind) in table.columns.iter_mut().zip(kinds) {
            *column = Column::typed(*kind, has_views);
        }
        table
    }

    /// Returns the current Arrow type of a column.
    pub(in crate::decode) fn data_type(&self, column: usize) -> DataType {
        self.columns[column].data_type()
    }

    pub(in crate::decode) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns whether no batch has been taken from the table yet.
    pub(in crate::decode) fn is_new(&self) -> bool {
        self.schema.is_none()
    }

    pub(in crate::decode) fn rows(&self) -> usize {
        self.rows
    }

    fn is_full(&self, limits: BatchLimits) -> bool {
        self.rows >= limits.rows || self.bytes >= limits.bytes
    }

    /// Adds the row that starts at `at` and the rows that follow it, at most `most` rows in all.
    /// Stops when the batch is full or a row does not fit. If a row after the first row cannot be
    /// read, the next call returns the error for this row.
    pub(in crate::decode) fn add_rows<F: RowFormat>(
        &mut self,
        input: &[u8],
        at: usize,
        most: u32,
        limits: BatchLimits,
    ) -> Result<Rows, Stop> {
        let (mut next, mut rows) = (
            Some(at),
            Rows {
                end: at,
                count: 0,
                is_full: false,
            },
        );
        while let Some(start) = next.filter(|_| rows.count < most) {
            match self.add_row::<F>(input, start) {
                Ok(Added::Row(end)) => {
                    rows.end = end;
                    rows.count += 1;
                    rows.is_full = self.is_full(limits);
                    next = F::next_row(input, end).filter(|_| !rows.is_full);
                    if self.rows == self.pause {
                        next = self.add_many::<F>(input, next, most, limits, &mut rows);
                    }
                }
                Ok(Added::NewBatch) => {
                    rows.is_full = true;
                    break;
                }
                Err(stop) if rows.count == 0 => return Err(stop),
                Err(_) => break,
            }
        }
        Ok(rows)
    }

    /// Reserves memory for the rows that seem to follow. If many rows seem to follow, two threads
    /// add them in halves. Returns the start of the next row.
    #[cold]
    fn add_many<F: RowFormat>(
        &mut self,
        input: &[u8],
        next: Option<usize>,
        most: u32,
        limits: BatchLimits,
        rows: &mut Rows,
    ) -> Option<usize> {
        let left = &input[rows.end..];
        let most = most - rows.count;
        let end = F::find_end(&left[..left.len().min(limits.ahead)]);
        if self.rows >= self.room {
            let bytes = end.unwrap_or(left.len());
            self.make_room(bytes, limits.rows.min(self.rows + most as usize));
        }
        self.pause = self.room;
        let is_large = F::IN_HALVES && end.is_none() && (1..left.len()).contains(&limits.ahead);
        let Some(start) = next.filter(|_| is_large) else {
            return next;
        };
        let run = self.add_in_halves::<F>(input, start, most, limits);
        if run.count > 0 {
            rows.end = run.end;
            rows.count += run.count;
        }
        // Reading in halves may stop early, so it is tried again later, but not too often.
        self.pause = self.room.clamp(self.rows + ROOM, 2 * self.rows);
        rows.is_full = self.is_full(limits);
        run.next.filter(|_| !rows.is_full)
    }

    /// Reserves memory for more rows: as many as the table has, or as many as `bytes` bytes of
    /// input seem to contain, whichever is more. The table's total number of rows is limited to
    /// `most`.
    fn make_room(&mut self, bytes: usize, most: usize) {
        let more = self.rows_in(bytes).max(self.rows).min(most - self.rows);
        self.room = self.rows + more;
        for column in &mut self.columns {
            column.reserve(more);
        }
    }

    /// Estimates the number of rows in `bytes` bytes of input, assuming that these rows are similar
    /// to the table's current rows.
    fn rows_in(&self, bytes: usize) -> usize {
        let rows = bytes / self.bytes.div_ceil(self.rows);
        rows.saturating_add(rows / 64)
    }

    #[inline]
    fn add_row<F: RowFormat>(&mut self, input: &[u8], at: usize) -> Result<Added, Stop> {
        match self.push_row::<F>(input, at) {
            Ok(end) => Ok(Added::Row(end)),
            Err(Stop::Changed) => self.add_changed_row::<F>(input, at),
            Err(stop) => Err(stop),
        }
    }

    /// Adds the row that starts at `at` if every cell fits its column. Returns the index after the
    /// row.
    #[inline]
    fn push_row<F: RowFormat>(&mut self, input: &[u8], at: usize) -> Result<usize, Stop> {
        let columns = self.columns.iter_mut();
        let added = F::read_row(input, at, columns, |column, at| F::push(input, at, column));
        match added {
            Ok(end) => {
                self.rows += 1;
                self.bytes += end - at;
                Ok(end)
            }
            Err(stop) => {
                self.undo_row();
                Err(stop)
            }
        }
    }

    #[cold]
    fn undo_row(&mut self) {
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
    }

    #[cold]
    fn add_changed_row<F: RowFormat>(&mut self, input: &[u8], at: usize) -> Result<Added, Stop> {
        let mut cells = Vec::with_capacity(self.columns.len());
        let end = F::read_row(input, at, self.columns.iter(), |_, at| {
            let (cell, end) = F::cell(input, at)?;
            cells.push(cell);
            Ok(end)
        })?;
        let fits: Vec<Fit> = self
            .columns
            .iter()
            .zip(&cells)
            .map(|(column, cell)| column.fit(*cell))
            .collect();
        if fits.contains(&Fit::Break) {
            return Ok(Added::NewBatch);
        }
        for ((column, cell), fit) in self.columns.iter_mut().zip(&cells).zip(fits) {
            if let Fit::Become(kind) = fit {
                column.become_kind(kind);
            }
            column.push(*cell);
        }
        self.rows += 1;
        self.bytes += end - at;
        Ok(Added::Row(end))
    }

    /// Takes the rows that have been added so far as a batch. Returns the batch, and whether its
    /// schema differs from the schema of the previous batch.
    pub(in crate::decode) fn take_batch(&mut self) -> (RecordBatch, bool) {
        let fields: Vec<Field> = self
            .names
            .iter()
            .zip(&self.columns)
            .map(|(name, column)| Field::new(name, column.data_type(), true))
            .collect();
        let (schema, changed) = match self.schema.take() {
            Some(schema) if schema.fields().iter().map(AsRef::as_ref).eq(&fields) => {
                (schema, false)
            }
            _ => (Arc::new(Schema::new(fields)), true),
        };
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)
            .expect("the schema is made of the same columns");
        self.schema = Some(schema);
        self.rows = 0;
        self.bytes = 0;
        self.room = 0;
        self.pause = ROOM;
        (batch, changed)
    }
}

/// Appends a cell in any form, if the column accepts the cell's value. This is a separate function
/// to keep the fast path small.
#[cold]
#[inline(never)]
fn push_any<F: RowFormat>(input: &[u8], at: usize, column: &mut Column) -> Result<usize, Stop> {
    let (cell, end) = F::cell(input, at)?;
    if column.push(cell) {
        Ok(end)
    } else {
        Err(Stop::Changed)
    }
}
