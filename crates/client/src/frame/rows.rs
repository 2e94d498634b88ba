//! Encodes the rows of a table with the fast encoder where possible, and all other rows with
//! `PointEncoder`.

use std::ops::Range;

use aioinflux_line::{Encoder, Numbers, Row, Rows, Shape, TagCells, TagCodes, TagValues, Unusual};
use arrow_array::RecordBatch;

use super::columns::Column;
use super::out::{LineMemory, Out};
use super::plan::{Memory, Plan, ShapedTag};
use super::{FrameError, FrameLayout};

/// The number of rows of a large table that are prepared for encoding at once.
const RANGE: usize = 1 << 13;

/// The number of rows whose numbers are formatted at once. The formatted numbers of this many rows
/// stay in the L1 cache.
const BLOCK: usize = 32;

/// Encodes every row of `frame` as one line.
///
/// The first row gets the index that [`Encoder::next_index`] returns, and each further row gets the
/// next index. If the encoder refuses a row, it keeps the lines of the rows before this row.
///
/// # Errors
/// Fails if a column or a row cannot be represented in line protocol. The [`FrameError`] names the
/// column or the row.
pub fn encode_frame(
    frame: &RecordBatch,
    layout: &FrameLayout,
    encoder: &mut Encoder,
) -> Result<(), FrameError> {
    encode(frame, layout, &Memory::default(), encoder)
}

/// Encodes tables piece by piece, if all pieces have the same layout. Each piece can be written
/// with a different encoder.
///
/// The encoder keeps information from one piece, such as the escaped values of a dictionary, and
/// reuses it for the next piece.
#[derive(Debug)]
pub struct FrameEncoder {
    layout: FrameLayout,
    memory: Memory,
}

impl FrameEncoder {
    /// Returns an encoder for pieces of tables that have this layout.
    pub fn new(layout: FrameLayout) -> Self {
        Self {
            layout,
            memory: Memory::default(),
        }
    }

    /// Encodes every row of a piece of a table as one line. See [`encode_frame`].
    ///
    /// # Errors
    /// Fails if a column or a row cannot be represented in line protocol. The [`FrameError`] names
    /// the column or the row.
    pub fn encode(&self, piece: &RecordBatch, encoder: &mut Encoder) -> Result<(), FrameError> {
        encode(piece, &self.layout, &self.memory, encoder)
    }

    /// Encodes the rows of a piece into `memory`, which the caller provides. Encoding begins with
    /// row `start`, and stops when the piece ends or the memory is full. The first encoded row has
    /// the index [`Encoder::next_index`], which then grows by the number of encoded rows.
    ///
    /// Rows that need further checks are written by `encoder`, which should contain no lines before
    /// the call. If the memory is full at a row that needs further checks, the line of this row
    /// stays in `encoder`. The next call should pass more memory. The next call moves the remaining
    /// line from `encoder` into that memory.
    ///
    /// # Errors
    /// Fails if a column or a row cannot be represented in line protocol. The [`FrameError`] names
    /// the column or the row.
    pub fn encode_into(
        &self,
        piece: &RecordBatch,
        start: usize,
        encoder: &mut Encoder,
        memory: &mut dyn LineMemory,
    ) -> Result<Encoded, FrameError> {
        let mut out = Out::lent(encoder, memory);
        let mut row = start;
        while row < piece.num_rows() && !out.is_full() {
            let part = piece.slice(row, RANGE.min(piece.num_rows() - row));
            let options = out.encoder().options();
            let plan = Plan::new(&part, &self.layout, options, &self.memory)?;
            let first = out.encoder().next_index();
            let rows = plan
                .encode(first, &mut out)
                .map_err(|stopped| stopped.error)?;
            out.encoder().set_next_index(first + rows as u64);
            row += rows;
        }
        Ok(Encoded {
            rows: row - start,
            skipped: out.skipped(),
        })
    }
}

/// The result of [`FrameEncoder::encode_into`], which encodes the rows of a piece of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoded {
    /// The number of rows that were encoded, including rows without a line.
    pub rows: usize,
    /// The number of encoded rows that have no line, because they had no fields.
    pub skipped: u64,
}

fn encode(
    frame: &RecordBatch,
    layout: &FrameLayout,
    memory: &Memory,
    encoder: &mut Encoder,
) -> Result<(), FrameError> {
    for start in (0..frame.num_rows()).step_by(RANGE) {
        let part = frame.slice(start, RANGE.min(frame.num_rows() - start));
        let plan = Plan::new(&part, layout, encoder.options(), memory)?;
        let first = encoder.next_index();
        let limit = usize::MAX;
        let outcome = plan.encode(first, &mut Out::Batch { encoder, limit });
        let done = match &outcome {
            Ok(rows) => *rows as u64,
            Err(Stopped { row, .. }) => *row as u64 + 1,
        };
        encoder.set_next_index(first + done);
        outcome.map_err(|stopped| stopped.error)?;
    }
    Ok(())
}

/// The error for a row that cannot be written, and the position of the row.
pub(super) struct Stopped {
    pub(super) row: usize,
    pub(super) error: FrameError,
}

/// A range of rows, and the formatted numbers of these rows.
struct Block<'b> {
    rows: Range<usize>,
    /// The index of the plan's first row in the whole table.
    first: u64,
    numbers: &'b [Option<Numbers>],
    tags: &'b [Tags<'b>],
}

/// A tag, or consecutive tags that are written together.
enum Tags<'p> {
    /// A tag that has the same text in all rows.
    Constant(usize, &'p TagValues),
    /// Consecutive tags whose columns are dictionaries, so that each row has codes for its tags.
    Coded(TagCodes<'p>),
    /// A tag whose column contains strings.
    Text(usize, &'p Column<'p>, TagCells),
    /// A tag whose column does not contain plain strings.
    Other(usize, &'p Column<'p>),
}

impl Plan<'_> {
    /// Encodes rows until the end of the plan or until `out` is full. Returns the position after
    /// the last encoded row. `first` is the index of the plan's first row in the whole table.
    pub(super) fn encode(&self, first: u64, out: &mut Out<'_>) -> Result<usize, Stopped> {
        let refused = self.time.as_ref().and_then(|time| time.refused);
        let stop = refused.unwrap_or(self.rows);
        let mut numbers = self.numbers();
        let mut tags = self.tag_runs();
        let mut row = 0;
        while row < stop && !out.is_full() {
            let block = row..stop.min(row + BLOCK);
            for (numbers, (_, column)) in numbers.iter_mut().zip(&self.fields) {
                if let Some(numbers) = numbers {
                    column.fill(numbers, block.clone());
                }
            }
            for tags in &mut tags {
                if let Tags::Text(_, column, cells) = tags {
                    column.fill_tags(cells, block.clone());
                }
            }
            let block = Block {
                rows: block,
                first,
                numbers: &numbers,
                tags: &tags,
            };
            row = self.encode_block(&block, out)?;
        }
        if row == stop && stop < self.rows {
            let index = first + row as u64;
            let error = match &self.time {
                Some(time) => time.refusal(index),
                None => FrameError::Time { row: index },
            };
            return Err(Stopped { row, error });
        }
        Ok(row)
    }

    /// Returns the tags of the plan's rows, in the order in which the encoder writes the tags.
    /// Consecutive tags that have codes are combined, because they are written together.
    fn tag_runs(&self) -> Vec<Tags<'_>> {
        let mut runs = Vec::new();
        let Some(shape) = self.shapes.iter().flatten().next() else {
            return runs;
        };
        for (tag, shaped) in &self.shaped {
            match shaped {
                ShapedTag::Constant(values) => runs.push(Tags::Constant(*tag, values)),
                ShapedTag::Text => {
                    let column = &self.tags[*tag].1;
                    runs.push(if column.is_texts() {
                        Tags::Text(*tag, column, TagCells::new(shape, *tag))
                    } else {
                        Tags::Other(*tag, column)
                    });
                }
                ShapedTag::Coded(values, codes) => {
                    if !matches!(runs.last(), Some(Tags::Coded(_))) {
                        runs.push(Tags::Coded(TagCodes::default()));
                    }
                    if let Some(Tags::Coded(run)) = runs.last_mut() {
                        // Adding the tag cannot fail, because the tags are added in the order of
                        // the shape.
                        let _ = run.push(shape, *tag, values, codes);
                    }
                }
            }
        }
        runs
    }

    /// Returns memory for formatted numbers, with one entry for each field. The entry is `None` if
    /// the field contains no numbers.
    fn numbers(&self) -> Vec<Option<Numbers>> {
        let Some(shape) = self.shapes.iter().flatten().next() else {
            return Vec::new();
        };
        let fields = self.fields.iter().enumerate();
        fields
            .map(|(field, (_, column))| column.is_numbers().then(|| Numbers::new(shape, field)))
            .collect()
    }

    fn encode_block(&self, block: &Block<'_>, out: &mut Out<'_>) -> Result<usize, Stopped> {
        let mut row = block.rows.start;
        while row < block.rows.end && !out.is_full() {
            let unusual;
            (row, unusual) = match self.shape(row) {
                Some(shape) => out
                    .rows(shape, |rows, limit| {
                        self.encode_fast(rows, row, block, limit)
                    })
                    .unwrap_or((row, false)),
                None => (row, true),
            };
            if unusual {
                let outcome = self.encode_plain(row, block.first, out.encoder());
                outcome.map_err(|error| Stopped {
                    row,
                    error: error.into(),
                })?;
                out.move_lines();
                row += 1;
            }
        }
        Ok(row)
    }

    fn shape(&self, row: usize) -> Option<&Shape> {
        let code = self.shape_of.get(row).map_or(0, |code| *code as usize);
        self.shapes[code].as_ref()
    }

    /// Encodes the rows of a block from row `start` on. Stops when the batch has more than `limit`
    /// bytes or the memory is full. Also stops at a row that has a different shape or needs
    /// `PointEncoder`. Returns the next row, and whether that row needs `PointEncoder`.
    fn encode_fast(
        &self,
        rows: &mut Rows<'_>,
        start: usize,
        block: &Block<'_>,
        limit: usize,
    ) -> (usize, bool) {
        for row in start..block.rows.end {
            let other = !self.shape_of.is_empty() && self.shape_of[row] != self.shape_of[start];
            if other || !rows.has_room() {
                return (row, false);
            }
            if self.encode_row(rows.begin(), row, block).is_err() {
                return (row, true);
            }
            if rows.len_bytes() > limit {
                return (row + 1, false);
            }
        }
        (block.rows.end, false)
    }

    #[inline]
    fn encode_row(&self, mut line: Row<'_>, row: usize, block: &Block<'_>) -> Result<(), Unusual> {
        let place = row - block.rows.start;
        for tags in block.tags {
            match tags {
                Tags::Constant(tag, values) => line.tag_value(*tag, values, 0)?,
                Tags::Coded(run) => line.tag_codes(run, row)?,
                Tags::Text(tag, column, cells) => {
                    if !line.tag_cell(cells, place)? {
                        column.write_tag(&mut line, *tag, row)?;
                    }
                }
                Tags::Other(tag, column) => column.write_tag(&mut line, *tag, row)?,
            }
        }
        for (field, numbers) in block.numbers.iter().enumerate() {
            match numbers {
                Some(numbers) => line.number(numbers, place)?,
                None => self.fields[field].1.write(&mut line, field, row)?,
            }
        }
        let time = self.time.as_ref().map(|time| time.nanoseconds(row));
        line.end(block.first + row as u64, time)?;
        Ok(())
    }

    /// Encodes a row with `PointEncoder`, which supports all cases. Returns the reason as an error
    /// if the row cannot be written.
    #[cold]
    fn encode_plain(
        &self,
        row: usize,
        first: u64,
        encoder: &mut Encoder,
    ) -> Result<(), aioinflux_line::Error> {
        let mut line = encoder.point(first + row as u64);
        if let Some(name) = self.measurement(row) {
            line.measurement(name)?;
        }
        for (name, column) in &self.tags {
            if let Some(text) = column.text(row) {
                line.tag(*name, &text)?;
            }
        }
        for (name, text) in &self.layout.extra_tags {
            line.tag(name.as_str(), text)?;
        }
        for (name, column) in &self.fields {
            if let Some(value) = column.value(row) {
                line.field(*name, value)?;
            }
        }
        let time = self.time.as_ref().map(|time| time.nanoseconds(row));
        line.finish(time)?;
        Ok(())
    }
}
