//! The rows of one series on their way to record batches.
//!
//! A row is added whole or not at all. The fast path writes cells straight into the columns; a
//! row that does not fit is undone and read again slowly, to decide what the columns become.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};

use super::columns::{Cell, Column, Fit};
use super::error::Stop;

/// A batch ends when its rows took this many bytes of the answer, so that wide rows and long
/// texts stay within memory (and far below the 2 GiB of an Arrow text column).
const MAX_BATCH_BYTES: usize = 8 << 20;

/// A format of rows. The reader gives the cells in order, and stops with [`Stop::Changed`] when
/// the sink says so.
pub(super) trait RowFormat {
    /// Integers and floats look the same where a float is whole.
    const PROMOTES: bool;

    /// Reads the row that starts at `at`; returns the index after it.
    fn read_row<'a>(
        input: &'a [u8],
        at: usize,
        width: usize,
        sink: &mut impl FnMut(usize, Cell<'a>) -> bool,
    ) -> Result<usize, Stop>;
}

/// What became of a row.
pub(super) enum Added {
    /// It ends at this index.
    Row(usize),
    /// It fits only into a new batch: take the present one, then add it again.
    NewBatch,
}

#[derive(Debug)]
pub(super) struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    /// The schema of the batch before.
    schema: Option<SchemaRef>,
}

impl Table {
    pub(super) fn new(names: Vec<String>, promotes: bool) -> Self {
        let columns = names
            .iter()
            .enumerate()
            .map(|(index, name)| Column::new(index == 0 && name == "time", promotes))
            .collect();
        Self {
            names,
            columns,
            rows: 0,
            bytes: 0,
            schema: None,
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether no batch was taken so far.
    pub(super) fn is_new(&self) -> bool {
        self.schema.is_none()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn is_full(&self, batch_rows: usize) -> bool {
        self.rows >= batch_rows || self.bytes >= MAX_BATCH_BYTES
    }

    /// Adds the row that starts at `at`.
    pub(super) fn add_row<F: RowFormat>(&mut self, input: &[u8], at: usize) -> Result<Added, Stop> {
        let width = self.columns.len();
        let columns = &mut self.columns;
        match F::read_row(input, at, width, &mut |index, cell| {
            columns[index].push(cell)
        }) {
            Ok(end) => {
                self.rows += 1;
                self.bytes += end - at;
                Ok(Added::Row(end))
            }
            Err(Stop::Changed) => {
                self.undo_row();
                self.add_changed_row::<F>(input, at)
            }
            Err(stop) => {
                self.undo_row();
                Err(stop)
            }
        }
    }

    fn undo_row(&mut self) {
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
    }

    fn add_changed_row<F: RowFormat>(&mut self, input: &[u8], at: usize) -> Result<Added, Stop> {
        let mut cells = Vec::with_capacity(self.columns.len());
        let end = F::read_row(input, at, self.columns.len(), &mut |_, cell| {
            cells.push(cell);
            true
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

    /// Takes the rows so far; says whether the schema differs from that of the batch before.
    pub(super) fn take_batch(&mut self) -> (RecordBatch, bool) {
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
        (batch, changed)
    }
}
