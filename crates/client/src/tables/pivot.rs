//! Pivots the tables of a Flux answer, so that each field becomes a column.
//!
//! The rows of the server have one value each: its field is in the column `_field`, and the value
//! in the column `_value`. Rows that agree in all other columns (time, measurement and tags) become
//! one row. This module knows the series and the fields; `layout` knows the rows of a series.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::arrange::is_grouped;
use super::gather::{NONE, Position, gather, position};
use super::layout::{Line, Rows, Run, Twice, time_of};
use super::parts::{Part, parts, text};
use super::runs::{runs, write_cell};
use super::{FluxTable, ROLE, TableError, batch_of, field_of};
use crate::answer::{Answer, Series};

const TIME: &str = "_time";
const FIELD: &str = "_field";
const VALUE: &str = "_value";
const MEASUREMENT: &str = "_measurement";

/// The columns that describe the query rather than the points.
const DROPPED: [&str; 4] = ["result", "table", "_start", "_stop"];

/// The maximum number of rows in a batch of the result. Tests need fewer rows for a second batch.
pub(super) const BATCH_ROWS: usize = if cfg!(test) { 1 << 10 } else { 1 << 20 };

/// Pivots the tables of a Flux answer: makes one table in which each field is a column.
///
/// The columns are `_time`, `_measurement`, the tags, and then the fields in order of appearance.
/// The columns `result`, `table`, `_start` and `_stop` are dropped. Rows that agree in all columns
/// but `_field` and `_value` become one row. If a row has no value for a field, the cell is null.
/// The metadata [`ROLE`] of a column says how to write it.
///
/// If a table has no columns `_field` and `_value`, its rows are kept as they are: the columns of
/// its group key are tags, and its other columns are fields.
///
/// # Errors
///
/// Fails if a field has different types, if a field has two values in the same row, or if a field
/// has the name of another column.
pub fn pivot(answer: Answer) -> Result<FluxTable, TableError> {
    let mut pivot = Pivot::default();
    for part in parts(answer) {
        pivot.add(part)?;
    }
    pivot.finish()
}

#[derive(Default)]
struct Pivot {
    results: Vec<String>,
    /// The times of each batch, if it has times.
    times: Vec<Option<TimestampNanosecondArray>>,
    /// The measurement, the tags, and all other columns that distinguish rows.
    keys: Columns,
    fields: Columns,
    /// The series, by the values of their key columns.
    known: HashMap<Vec<u8>, usize>,
    series: Vec<OfSeries>,
    order: Vec<Segment>,
    has_times: bool,
}

/// Columns of the result, and the arrays that contain their cells.
#[derive(Default)]
struct Columns {
    known: HashMap<String, usize>,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: DataType,
    arrays: Vec<ArrayRef>,
}

#[derive(Default)]
struct OfSeries {
    /// The positions of the values that all rows of the series share: the key column, and the
    /// position of its value.
    keys: Vec<(usize, Position)>,
    lines: Vec<Line>,
}

/// Consecutive rows of the result.
enum Segment {
    /// The rows of a pivoted series.
    Series(usize),
    /// The rows of a batch whose fields are columns already.
    Wide {
        batch: usize,
        rows: usize,
        /// Key columns and fields, each with the index of its array.
        keys: Vec<(usize, usize)>,
        fields: Vec<(usize, usize)>,
    },
}

/// A key column of a batch: its index among the key columns, and the index of its array.
struct Key {
    column: usize,
    array: usize,
    cells: ArrayRef,
}

impl Columns {
    /// Returns the index of the column with this name, which is added if there is none. If the
    /// column has another type, returns that type.
    fn index(&mut self, name: &str, kind: &DataType) -> Result<usize, DataType> {
        if let Some(&index) = self.known.get(name) {
            let column = &self.columns[index];
            return if column.kind == *kind {
                Ok(index)
            } else {
                Err(column.kind.clone())
            };
        }
        self.known.insert(name.to_owned(), self.columns.len());
        self.columns.push(Column {
            name: name.to_owned(),
            kind: kind.clone(),
            arrays: Vec::new(),
        });
        Ok(self.columns.len() - 1)
    }

    fn push(&mut self, index: usize, array: &ArrayRef) -> usize {
        let arrays = &mut self.columns[index].arrays;
        arrays.push(Arc::clone(array));
        arrays.len() - 1
    }

    /// Adds an array of a key column. Returns the index of the column, and the index of the array.
    fn add_key(&mut self, name: &str, array: &ArrayRef) -> Result<(usize, usize), TableError> {
        let kind = array.data_type();
        let index = self
            .index(name, kind)
            .map_err(|other| TableError::MixedColumn {
                name: name.to_owned(),
                types: (other, kind.clone()),
            })?;
        Ok((index, self.push(index, array)))
    }

    /// Adds an array of a field. Returns the index of the field, and the index of the array.
    fn add_field(&mut self, name: &str, array: &ArrayRef) -> Result<(usize, usize), TableError> {
        let kind = array.data_type();
        let index = self
            .index(name, kind)
            .map_err(|other| TableError::MixedField {
                name: name.to_owned(),
                types: (other, kind.clone()),
            })?;
        Ok((index, self.push(index, array)))
    }
}

impl Pivot {
    fn add(&mut self, part: Part) -> Result<(), TableError> {
        let Part { result, batch, .. } = part;
        if let Some(result) = result.filter(|result| !self.results.contains(result)) {
            self.results.push(result);
        }
        let times = batch.column_by_name(TIME);
        let times = times.and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
        self.has_times |= times.is_some();
        self.times.push(times.cloned());
        let fields = batch.column_by_name(FIELD).filter(|names| is_text(names));
        match (fields, batch.column_by_name(VALUE)) {
            (Some(fields), Some(values)) => self.add_long(&batch, fields, values),
            _ => self.add_wide(&batch),
        }
    }

    /// Returns whether a column of the last batch is left out of the keys and the fields.
    fn is_apart(&self, name: &str) -> bool {
        let has_times = self.times.last().is_some_and(Option::is_some);
        DROPPED.contains(&name) || (name == TIME && has_times)
    }

    /// Adds a batch in which each row has one value.
    fn add_long(
        &mut self,
        batch: &RecordBatch,
        names: &ArrayRef,
        values: &ArrayRef,
    ) -> Result<(), TableError> {
        let mut keys = Vec::new();
        for (field, cells) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let name = field.name();
            if !self.is_apart(name) && name != FIELD && name != VALUE {
                let (column, array) = self.keys.add_key(name, cells)?;
                let cells = Arc::clone(cells);
                keys.push(Key {
                    column,
                    array,
                    cells,
                });
            }
        }
        // The order of the columns in a batch does not matter for the series of its rows.
        keys.sort_by_key(|key| key.column);
        let mut distinct: Vec<&ArrayRef> = keys.iter().map(|key| &key.cells).collect();
        distinct.push(names);
        let batch_index = self.times.len() - 1;
        let mut fields: HashMap<&str, (usize, usize)> = HashMap::new();
        let mut id = Vec::new();
        for range in runs(&distinct, batch.num_rows()) {
            let name = text(names, range.start).ok_or(TableError::Unnamed)?;
            let (field, array) = if let Some(found) = fields.get(name) {
                *found
            } else {
                let found = self.fields.add_field(name, values)?;
                fields.insert(name, found);
                found
            };
            let series = self.series_of(&keys, range.start, &mut id);
            series.add(
                field,
                Run {
                    array,
                    batch: batch_index,
                    start: range.start,
                    end: range.end,
                },
            );
        }
        Ok(())
    }

    /// Returns the series of a row. A tag that is null is no tag of the series.
    fn series_of(&mut self, keys: &[Key], row: usize, id: &mut Vec<u8>) -> &mut OfSeries {
        id.clear();
        let there = || keys.iter().filter(|key| key.cells.is_valid(row));
        for key in there() {
            id.extend((key.column as u64).to_le_bytes());
            write_cell(id, &key.cells, row);
        }
        let index = if let Some(&index) = self.known.get(id) {
            index
        } else {
            let index = self.series.len();
            self.known.insert(id.clone(), index);
            let keys = there().map(|key| (key.column, position(key.array, row)));
            self.series.push(OfSeries {
                keys: keys.collect(),
                lines: Vec::new(),
            });
            self.order.push(Segment::Series(index));
            index
        };
        &mut self.series[index]
    }

    /// Adds a batch whose fields are columns already.
    fn add_wide(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let (mut keys, mut fields) = (Vec::new(), Vec::new());
        for (field, cells) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let name = field.name();
            if self.is_apart(name) {
                continue;
            }
            if name == MEASUREMENT || name == TIME || is_grouped(field) {
                keys.push(self.keys.add_key(name, cells)?);
            } else {
                fields.push(self.fields.add_field(name, cells)?);
            }
        }
        self.order.push(Segment::Wide {
            batch: self.times.len() - 1,
            rows: batch.num_rows(),
            keys,
            fields,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<FluxTable, TableError> {
        let taken = |column: &&Column| {
            self.keys.known.contains_key(&column.name) || (column.name == TIME && self.has_times)
        };
        if let Some(column) = self.fields.columns.iter().find(taken) {
            return Err(TableError::NameTaken(column.name.clone()));
        }
        let mut rows = Rows::default();
        rows.fields.resize_with(self.fields.columns.len(), Vec::new);
        let mut counts = Vec::with_capacity(self.order.len());
        for segment in &self.order {
            counts.push(match segment {
                Segment::Series(index) => {
                    let series = &self.series[*index];
                    let added = rows.add(&series.lines, &self.times);
                    added.map_err(|twice| self.duplicate(series, &twice))?
                }
                Segment::Wide {
                    batch,
                    rows: count,
                    fields,
                    ..
                } => {
                    self.lay_out_wide(&mut rows, *batch, *count, fields);
                    *count
                }
            });
        }
        self.table(rows, &counts)
    }

    fn lay_out_wide(&self, rows: &mut Rows, batch: usize, count: usize, fields: &[(usize, usize)]) {
        let start = rows.len();
        for row in 0..count {
            rows.add_time(time_of(&self.times, batch, row));
        }
        for &(field, array) in fields {
            let column = &mut rows.fields[field];
            column.resize(start, NONE);
            column.extend((0..count).map(|row| position(array, row)));
        }
    }

    fn duplicate(&self, series: &OfSeries, twice: &Twice) -> TableError {
        let Twice(field, time) = twice;
        let pairs = series.keys.iter().filter_map(|&(key, at)| {
            let column = &self.keys.columns[key];
            let cell = gather(&column.kind, &column.arrays, &[at])?;
            Some((column.name.clone(), text(&cell, 0)?.to_owned()))
        });
        TableError::Duplicate {
            field: self.fields.columns[*field].name.clone(),
            time: *time,
            series: pairs.collect(),
        }
    }

    /// Makes the table of the rows, which are put together column by column.
    fn table(&mut self, mut rows: Rows, counts: &[usize]) -> Result<FluxTable, TableError> {
        let total = rows.len();
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        let mut add = |field: Field, parts: Vec<ArrayRef>| {
            fields.push(field);
            columns.push(parts);
        };
        if self.has_times {
            let kind = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
            let field = field_of(TIME, kind.clone(), Some((ROLE, "time")));
            add(field, time_columns(&rows, &kind));
        }
        let mut keys: Vec<usize> = (0..self.keys.columns.len()).collect();
        keys.sort_by_key(|key| self.keys.columns[*key].name != MEASUREMENT);
        for key in keys {
            let positions = self.key_positions(key, counts, total);
            let column = &mut self.keys.columns[key];
            let role = match &column.kind {
                DataType::Utf8 | DataType::Utf8View if column.name == MEASUREMENT => "measurement",
                DataType::Utf8 | DataType::Utf8View if column.name == TIME => "time",
                DataType::Utf8 | DataType::Utf8View => "tag",
                _ => "field",
            };
            let field = field_of(&column.name, column.kind.clone(), Some((ROLE, role)));
            add(field, column.gathered(&positions)?);
        }
        for (column, positions) in self.fields.columns.iter_mut().zip(&mut rows.fields) {
            let mut positions = mem::take(positions);
            positions.resize(total, NONE);
            let field = field_of(&column.name, column.kind.clone(), Some((ROLE, "field")));
            add(field, column.gathered(&positions)?);
        }
        let results = mem::take(&mut self.results);
        Ok(finished(fields, columns, total, results))
    }

    fn key_positions(&self, key: usize, counts: &[usize], total: usize) -> Vec<Position> {
        let mut positions = Vec::with_capacity(total);
        for (segment, &count) in self.order.iter().zip(counts) {
            let end = positions.len() + count;
            match segment {
                Segment::Series(index) => {
                    let keys = &self.series[*index].keys;
                    let found = keys.iter().find(|(column, _)| *column == key);
                    positions.resize(end, found.map_or(NONE, |(_, position)| *position));
                }
                Segment::Wide { keys, .. } => {
                    match keys.iter().find(|(column, _)| *column == key) {
                        Some((_, array)) => {
                            positions.extend((0..count).map(|row| position(*array, row)));
                        }
                        None => positions.resize(end, NONE),
                    }
                }
            }
        }
        positions
    }
}

impl OfSeries {
    fn add(&mut self, field: usize, run: Run) {
        let is_last = self.lines.last().is_some_and(|line| line.field == field);
        let line = if is_last {
            self.lines.last_mut()
        } else {
            self.lines.iter_mut().find(|line| line.field == field)
        };
        match line {
            Some(line) => line.runs.push(run),
            None => self.lines.push(Line {
                field,
                runs: vec![run],
            }),
        }
    }
}

impl Column {
    /// Returns the cells at these positions in arrays of at most [`BATCH_ROWS`] cells. Frees the
    /// arrays that contained the cells.
    fn gathered(&mut self, positions: &[Position]) -> Result<Vec<ArrayRef>, TableError> {
        let arrays = mem::take(&mut self.arrays);
        let parts = chunks(positions);
        let parts = parts.map(|chunk| gather(&self.kind, &arrays, chunk));
        let parts: Option<Vec<ArrayRef>> = parts.collect();
        parts.ok_or_else(|| TableError::TooLong(self.name.clone()))
    }
}

/// Returns the chunks of the rows, of which there is at least one.
fn chunks<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let none = rows.is_empty().then_some(rows);
    none.into_iter().chain(rows.chunks(BATCH_ROWS))
}

fn time_columns(rows: &Rows, kind: &DataType) -> Vec<ArrayRef> {
    let mut start = 0;
    let mut valid = vec![
        true;
        if rows.undated.is_empty() {
            0
        } else {
            rows.len()
        }
    ];
    for row in &rows.undated {
        valid[*row] = false;
    }
    let parts = chunks(&rows.times).map(|times| {
        let end = start + times.len();
        let nulls = valid
            .get(start..end)
            .filter(|_| !valid.is_empty())
            .map(NullBuffer::from);
        start = end;
        let times = TimestampNanosecondArray::new(times.to_vec().into(), nulls);
        Arc::new(times.with_data_type(kind.clone())) as ArrayRef
    });
    parts.collect()
}

fn finished(
    fields: Vec<Field>,
    columns: Vec<Vec<ArrayRef>>,
    total: usize,
    results: Vec<String>,
) -> FluxTable {
    let tags = fields.iter().filter(|field| role_of(field) == Some("tag"));
    let group = tags.map(|field| field.name().clone()).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut batches = Vec::new();
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let mut rest = total;
    while batches.is_empty() || rest > 0 {
        let rows = rest.min(BATCH_ROWS);
        let next = columns.iter_mut().filter_map(Iterator::next);
        batches.push(batch_of(&schema, next.collect(), rows));
        rest -= rows;
    }
    let name = match &*results {
        [result] => Some(result.clone()),
        _ => None,
    };
    FluxTable {
        series: Series {
            name,
            batches,
            ..Series::default()
        },
        results,
        group,
        key: None,
    }
}

fn role_of(field: &Field) -> Option<&str> {
    field.metadata().get(ROLE).map(String::as_str)
}

fn is_text(column: &ArrayRef) -> bool {
    matches!(column.data_type(), DataType::Utf8 | DataType::Utf8View)
}
