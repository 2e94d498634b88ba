//! Splits a Flux answer into its batches, whose columns get unique names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, SchemaRef};

use super::batch_of;
use crate::answer::Answer;

/// A batch of a Flux answer.
pub(super) struct Part {
    /// The name of the result, which is in the annotation `#default`, or in the first row.
    pub(super) result: Option<String>,
    pub(super) batch: RecordBatch,
    /// The number of the block to which the batch belongs. The tables of a block share their
    /// annotations.
    pub(super) block: usize,
}

/// Returns the batches of an answer.
pub(super) fn parts(answer: Answer) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut last: Option<(SchemaRef, SchemaRef)> = None;
    let mut block = 0;
    let statements = answer.statements.into_iter();
    for series in statements.flat_map(|statement| statement.series) {
        for batch in series.batches {
            let schema = batch.schema();
            let known = last.as_ref().filter(|(old, _)| Arc::ptr_eq(old, &schema));
            let unique = if let Some((_, unique)) = known {
                Arc::clone(unique)
            } else {
                block += 1;
                with_unique_names(&schema)
            };
            last = Some((Arc::clone(&schema), Arc::clone(&unique)));
            let batch = if Arc::ptr_eq(&schema, &unique) {
                batch
            } else {
                let (_, columns, rows) = batch.into_parts();
                batch_of(&unique, columns, rows)
            };
            let result = series.name.clone();
            let result = result.or_else(|| batch.column_by_name("result").and_then(first_text));
            parts.push(Part {
                result,
                batch,
                block,
            });
        }
    }
    parts
}

/// Returns the schema with unique column names. A name that is already in use gets the suffix `_1`,
/// or the next suffix that is free.
fn with_unique_names(schema: &SchemaRef) -> SchemaRef {
    let mut used = HashSet::new();
    if schema
        .fields()
        .iter()
        .all(|field| used.insert(field.name()))
    {
        return Arc::clone(schema);
    }
    let mut used = HashSet::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let fields = schema.fields().iter().map(|field| {
        let mut name = field.name().clone();
        let number = numbers.entry(field.name()).or_insert(1);
        while !used.insert(name.clone()) {
            name = format!("{}_{number}", field.name());
            *number += 1;
        }
        field.as_ref().clone().with_name(name)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn first_text(column: &ArrayRef) -> Option<String> {
    (!column.is_empty())
        .then(|| text(column, 0))?
        .map(str::to_owned)
}

/// Returns the text in a cell, or `None` if the cell is null or the column contains no text.
pub(super) fn text(column: &ArrayRef, row: usize) -> Option<&str> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value(row)),
        DataType::Utf8View => Some(column.as_string_view().value(row)),
        _ => None,
    }
}
