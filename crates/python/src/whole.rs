//! Collects all lines of a call in one `bytes` object.
//!
//! If a table is encoded by only one thread, that thread writes the lines directly to their final
//! place. If several threads encode batches, the size of a batch is known only when the batch is
//! finished. The batch is then copied to its final place while it is still in the CPU cache.

use aioinflux::frame::{Encoded, FrameEncoder, LineMemory};
use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bytes::Builder;
use crate::frame::{Table, refusal};
use crate::session::{Session, Step};

/// The size in bytes of the first lines, from which the memory for all lines is estimated.
const SAMPLE: usize = 1 << 20;
/// The minimum number of bytes by which the memory for the lines grows when it is too small.
const MORE: usize = 64 << 10;

/// Returns the lines of all data in a session, and the number of points that produced no line.
pub(crate) fn joined<'py>(
    py: Python<'py>,
    session: &mut Session,
) -> PyResult<(Bound<'py, PyBytes>, u64)> {
    let mut whole = Whole::new(py);
    loop {
        match session.step(py)? {
            Step::Table(mut table) if session.has_one_thread() => {
                whole.write_table(session, &mut table)?;
            }
            Step::Table(table) => session.open_table(table),
            Step::Batch(batch) => {
                whole.points += batch.len() as u64 + batch.skipped();
                whole.skipped += batch.skipped();
                whole.push(batch.bytes(), session.expected())?;
                session.put_back(batch);
            }
            Step::End => return Ok((whole.finish()?, whole.skipped)),
        }
    }
}

struct Whole<'py> {
    py: Python<'py>,
    builder: Option<Builder<'py>>,
    /// The number of points that were read so far, including points without a line.
    points: u64,
    skipped: u64,
}

impl<'py> Whole<'py> {
    fn new(py: Python<'py>) -> Self {
        Self {
            py,
            builder: None,
            points: 0,
            skipped: 0,
        }
    }

    /// Appends lines. `expected` is the total number of points that are expected.
    fn push(&mut self, lines: &[u8], expected: u64) -> PyResult<()> {
        let needed = self.builder.as_ref().map_or(0, Builder::len) + lines.len();
        match &self.builder {
            Some(builder) if !builder.is_full(lines.len()) => {}
            _ => self.reserve(needed, needed, expected)?,
        }
        match &mut self.builder {
            Some(builder) => builder.push(lines),
            None => Ok(()),
        }
    }

    /// Ensures that there is memory for `needed` bytes, and tries to reserve enough for all
    /// `expected` points. The size of all points is estimated from the points so far, which take
    /// `known` bytes. If memory was already reserved before, it grows to at most twice `needed`
    /// bytes.
    fn reserve(&mut self, needed: usize, known: usize, expected: u64) -> PyResult<()> {
        let foreseen = foreseen(known, self.points, expected).max(needed);
        if let Some(builder) = &mut self.builder {
            return builder.reserve(foreseen.min(2 * needed));
        }
        let builder = Builder::with_capacity(self.py, foreseen);
        // The number of points that the data reports may be wrong, so a failed allocation is
        // repeated with a smaller size.
        let builder = builder.or_else(|_| Builder::with_capacity(self.py, needed))?;
        self.builder = Some(builder);
        Ok(())
    }

    /// Encodes a table on this thread, and writes the lines to their final place.
    fn write_table(&mut self, session: &mut Session, table: &mut Table) -> PyResult<()> {
        let encode = FrameEncoder::new(table.layout.clone());
        let first = session.sink.encoder.next_index();
        let expected = first + table.expected().unwrap_or(0) as u64;
        let expected = expected.max(session.expected());
        let lines = session.lines();
        loop {
            let base = session.sink.encoder.next_index();
            let Some(pieces) = table.read(self.py, &mut session.sink, base, lines)? else {
                return Ok(());
            };
            for piece in &pieces {
                self.write_piece(session, &encode, piece, expected)?;
            }
            self.py.check_signals()?;
        }
    }

    fn write_piece(
        &mut self,
        session: &mut Session,
        encode: &FrameEncoder,
        piece: &RecordBatch,
        expected: u64,
    ) -> PyResult<()> {
        let (mut row, mut more) = (0, MORE);
        loop {
            let encoded = self.write_rows(session, encode, piece, row, expected)?;
            row += encoded.rows;
            // The encoder may still contain a line that did not fit into the remaining memory.
            let waiting = session.sink.encoder.len_bytes();
            if row == piece.num_rows() && waiting == 0 {
                return Ok(());
            }
            let known = self.builder.as_ref().map_or(0, Builder::len) + waiting;
            self.reserve(known + more, known, expected)?;
            // The increase is doubled until a row fits into the memory, because names and strings
            // may need a lot of memory.
            more = if encoded.rows == 0 { 2 * more } else { MORE };
        }
    }

    /// Writes the rows of a piece, beginning with row `start`, until the piece ends or the memory
    /// is full.
    fn write_rows(
        &mut self,
        session: &mut Session,
        encode: &FrameEncoder,
        piece: &RecordBatch,
        start: usize,
        expected: u64,
    ) -> PyResult<Encoded> {
        let encoder = &mut session.sink.encoder;
        let mut into = |memory: &mut (dyn LineMemory + Send)| {
            self.py
                .detach(|| encode.encode_into(piece, start, encoder, memory))
                .map_err(refusal)
        };
        let mut sample = Sample::default();
        let done = match &mut self.builder {
            Some(builder) => into(&mut builder.rest())?,
            None => into(&mut sample)?,
        };
        self.points += done.rows as u64;
        self.skipped += done.skipped;
        if !sample.lines().is_empty() {
            self.push(sample.lines(), expected)?;
        }
        Ok(done)
    }

    fn finish(&mut self) -> PyResult<Bound<'py, PyBytes>> {
        match self.builder.take() {
            Some(builder) => builder.finish(),
            None => Ok(PyBytes::new(self.py, b"")),
        }
    }
}

/// Memory for the first lines of a call, from which the size of all lines is estimated.
#[derive(Default)]
struct Sample {
    bytes: Vec<u8>,
    used: usize,
}

impl Sample {
    fn lines(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

impl LineMemory for Sample {
    fn spare(&mut self, least: usize) -> Option<&mut [u8]> {
        let end = self.used + least;
        if end > SAMPLE && self.used > 0 {
            return None;
        }
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        Some(&mut self.bytes[self.used..])
    }

    fn keep(&mut self, bytes: usize) {
        self.used += bytes;
    }
}

/// Estimates the number of bytes for all points. The estimate assumes that later points are about
/// as long as the points so far.
fn foreseen(bytes: usize, points: u64, expected: u64) -> usize {
    if expected <= points {
        return bytes;
    }
    let whole = bytes as u128 * u128::from(expected) / u128::from(points.max(1));
    usize::try_from(whole + whole / 16).unwrap_or(bytes)
}
