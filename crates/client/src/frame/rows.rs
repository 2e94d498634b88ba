//! The rows of one table: by the fast encoder where it can, else by the plain one.

use aioinflux_line::{Encoder, Rows, Shape, Unusual};
use arrow_array::RecordBatch;

use super::columns::Cells;
use super::plan::{Memory, Plan, ShapedTag};
use super::{FrameError, FrameLayout};

/// How many rows of a large table are prepared at once.
const RANGE: usize = 1 << 13;

/// Encodes every row of `frame` as one line.
///
/// Rows are numbered on from the encoder's `next_index`; the encoder keeps the rows before one that
/// is refused.
///
/// # Errors
/// [`FrameError`]: a column or a row cannot be represented; it names which.
pub fn encode_frame(
    frame: &RecordBatch,
    layout: &FrameLayout,
    encoder: &mut Encoder,
) -> Result<(), FrameError> {
    encode(frame, layout, &Memory::default(), encoder)
}

/// Encodes tables of one layout, piece by piece, into any encoder.
///
/// What was learned of one piece, such as the escaped values of a dictionary, serves the next.
#[derive(Debug)]
pub struct FrameEncoder {
    layout: FrameLayout,
    memory: Memory,
}

impl FrameEncoder {
    /// For pieces of tables with these columns.
    pub fn new(layout: FrameLayout) -> Self {
        Self {
            layout,
            memory: Memory::default(),
        }
    }

    /// Encodes every row of a piece, as [`encode_frame`] does.
    ///
    /// # Errors
    /// [`FrameError`]: a column or a row cannot be represented; it names which.
    pub fn encode(&self, piece: &RecordBatch, encoder: &mut Encoder) -> Result<(), FrameError> {
        encode(piece, &self.layout, &self.memory, encoder)
    }
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
        let encoded = plan.encode(0, part.num_rows(), first, encoder, usize::MAX);
        let done = match &encoded {
            Ok(rows) => *rows as u64,
            Err(Stopped { row, .. }) => *row as u64 + 1,
        };
        encoder.set_next_index(first + done);
        encoded.map_err(|stopped| stopped.error)?;
    }
    Ok(())
}

/// A row that cannot be written.
pub(super) struct Stopped {
    pub(super) row: usize,
    pub(super) error: FrameError,
}

impl Plan<'_> {
    /// Encodes rows from `start` on, until `end` or until the encoder has more bytes than `limit`;
    /// gives the row after the last. `first` is the index of the plan's first row.
    pub(super) fn encode(
        &self,
        start: usize,
        end: usize,
        first: u64,
        encoder: &mut Encoder,
        limit: usize,
    ) -> Result<usize, Stopped> {
        let missing = self.time.as_ref().and_then(|time| time.missing);
        let stop = missing.map_or(end, |row| row.min(end));
        let mut row = start;
        while row < stop && encoder.len_bytes() <= limit {
            if let Some(shape) = self.shape(row) {
                row = self.encode_fast(shape, row, stop, first, encoder, limit);
            }
            if row < stop && encoder.len_bytes() <= limit {
                self.encode_plain(row, first, encoder)
                    .map_err(|error| Stopped {
                        row,
                        error: error.into(),
                    })?;
                row += 1;
            }
        }
        if row == stop && stop < end {
            let error = FrameError::Time {
                row: first + row as u64,
            };
            return Err(Stopped { row, error });
        }
        Ok(row)
    }

    fn shape(&self, row: usize) -> Option<&Shape> {
        let code = self.shape_of.get(row).map_or(0, |code| *code as usize);
        self.shapes[code].as_ref()
    }

    /// Encodes rows up to one that is unusual, that has another shape, or that fills the batch.
    fn encode_fast(
        &self,
        shape: &Shape,
        start: usize,
        end: usize,
        first: u64,
        encoder: &mut Encoder,
        limit: usize,
    ) -> usize {
        let mut rows = encoder.rows(shape);
        for row in start..end {
            let other = !self.shape_of.is_empty() && self.shape_of[row] != self.shape_of[start];
            if other || self.encode_row(&mut rows, row, first).is_err() {
                return row;
            }
            if rows.len_bytes() > limit {
                return row + 1;
            }
        }
        end
    }

    #[inline]
    fn encode_row(&self, rows: &mut Rows<'_>, row: usize, first: u64) -> Result<(), Unusual> {
        rows.begin();
        for (tag, shaped) in &self.shaped {
            match shaped {
                ShapedTag::Constant(values) => rows.tag_value(*tag, values, 0)?,
                ShapedTag::Coded(values) => {
                    let Cells::Dictionary(dictionary) = &self.tags[*tag].1.cells else {
                        return Err(Unusual);
                    };
                    rows.tag_value(*tag, values, dictionary.codes[row] as usize)?;
                }
                ShapedTag::Text => {
                    if let Some(text) = self.tags[*tag].1.text(row) {
                        rows.tag(*tag, &text)?;
                    }
                }
            }
        }
        for (field, (_, column)) in self.fields.iter().enumerate() {
            column.write(rows, field, row)?;
        }
        let time = self.time.as_ref().map(|time| time.nanoseconds(row));
        rows.end(first + row as u64, time)?;
        Ok(())
    }

    /// The encoder for everything: it writes the row, or says what is wrong with it.
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
