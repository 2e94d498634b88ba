//! Arranges the tables of a Flux answer: one table for each schema, one table in all, or one table
//! for each table of the server. [`pivot`](pivot()) makes one column of each field.
//!
//! | file | what |
//! |---|---|
//! | `parts` | the batches of an answer, with unique column names |
//! | `arrange` | schemas, unions of columns, and the tables of the server |
//! | `runs` | consecutive rows that agree in some columns |
//! | `pivot` | one column for each field |
//! | `layout` | the rows of a pivoted series |
//! | `gather` | columns that are put together from cells of other columns |
//!
//! Types are taken from the annotations of the answer, and never from the values. Whether an answer
//! can be arranged does not depend on the data in it.

mod arrange;
mod error;
mod gather;
mod layout;
mod parts;
mod pivot;
mod runs;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};

use crate::answer::Series;

pub use self::arrange::arrange;
pub use self::error::TableError;
pub use self::pivot::pivot;

/// The metadata key of a field that says what the column becomes when the table is written:
/// `measurement`, `tag` or `time`. Columns without this key become fields.
pub const ROLE: &str = "aioinflux::role";

/// How the tables of a Flux answer become tables of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Arrangement {
    /// All tables with the same column names and types become one table.
    Schema,
    /// Consecutive tables with the same column names and types become one table, so that the rows
    /// keep the order of the answer.
    Sequence,
    /// All tables become one table, which has every column of any of them. A cell whose table lacks
    /// the column is null.
    One,
    /// Each table of the server becomes a table.
    Each,
}

/// A table that consists of one or more tables of a Flux answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FluxTable {
    /// The rows. The name of the series is the name of the result, if all rows have the same
    /// result. All batches share one schema, whose column names are unique.
    pub series: Series,
    /// The names of the results to which the rows belong, in order of appearance.
    pub results: Vec<String>,
    /// The names of the columns that are part of the group key of every table.
    pub group: Vec<String>,
    /// The values of the group key in one row, if the rows are those of a single table of the
    /// server.
    pub key: Option<RecordBatch>,
}

impl FluxTable {
    /// Returns the schema of the rows.
    pub fn schema(&self) -> SchemaRef {
        let first = self.series.batches.first();
        first.map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema)
    }
}

/// Keeps the columns in `names`, in this order. A table that lacks a column is returned without it.
///
/// # Errors
///
/// Fails if a name appears twice, or if a table has none of the columns. If these are all tables of
/// an answer (`is_whole`), a name that no table has is an error, too. If there are no tables, no
/// name is refused.
pub fn select(
    tables: Vec<FluxTable>,
    names: &[String],
    is_whole: bool,
) -> Result<Vec<FluxTable>, TableError> {
    for (position, name) in names.iter().enumerate() {
        if names[..position].contains(name) {
            return Err(TableError::SelectedTwice(name.clone()));
        }
    }
    let schemas: Vec<SchemaRef> = tables.iter().map(FluxTable::schema).collect();
    let has = |schema: &SchemaRef, name: &String| schema.column_with_name(name).is_some();
    // A table without any columns is the result for an answer without tables.
    let mut there = schemas.iter().filter(|schema| !schema.fields().is_empty());
    let known = || {
        let mut known: Vec<String> = Vec::new();
        for field in schemas.iter().flat_map(|schema| schema.fields()) {
            if !known.contains(field.name()) {
                known.push(field.name().clone());
            }
        }
        known
    };
    if is_whole && there.clone().next().is_some() {
        let unknown = |name: &&String| !there.clone().any(|schema| has(schema, name));
        if let Some(name) = names.iter().find(unknown) {
            return Err(TableError::unknown(name, known()));
        }
    }
    if there.any(|schema| !names.iter().any(|name| has(schema, name))) {
        return Err(TableError::NothingSelected(names.to_vec()));
    }
    Ok(tables.into_iter().map(|one| selected(one, names)).collect())
}

fn selected(mut table: FluxTable, names: &[String]) -> FluxTable {
    let schema = table.schema();
    let positions = names.iter().filter_map(|name| schema.index_of(name).ok());
    let positions: Vec<usize> = positions.collect();
    let schema = Arc::new(
        schema
            .project(&positions)
            .unwrap_or_else(|_| Schema::empty()),
    );
    for batch in &mut table.series.batches {
        let columns = positions.iter().map(|at| Arc::clone(batch.column(*at)));
        *batch = batch_of(&schema, columns.collect(), batch.num_rows());
    }
    table
}

/// Returns a batch of columns that have the types of the schema.
fn batch_of(schema: &SchemaRef, columns: Vec<arrow_array::ArrayRef>, rows: usize) -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .expect("the schema is made of the same columns")
}

/// Returns a field of an arranged table, with one entry of metadata if `entry` is set.
fn field_of(name: &str, kind: arrow_schema::DataType, entry: Option<(&str, &str)>) -> Field {
    let entry = entry.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Field::new(name, kind, true).with_metadata(entry.into_iter().collect())
}
