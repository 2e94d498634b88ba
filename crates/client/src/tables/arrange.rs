//! Arranges the batches of a Flux answer by schema, in one table, or by the tables of the server.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::parts::{Part, parts};
use super::runs::{runs, write_cell};
use super::{Arrangement, FluxTable, TableError, batch_of, field_of};
use crate::answer::{Answer, Series};
use crate::decode::flux;

/// Arranges the tables of a Flux answer. An answer without tables becomes one empty table if the
/// arrangement is [`Arrangement::One`], and no table otherwise.
///
/// If column names of a table are equal, all of them but the first get a suffix such as `_1`.
///
/// # Errors
///
/// Fails if all tables should become one table, and a column has different types.
pub fn arrange(answer: Answer, arrangement: Arrangement) -> Result<Vec<FluxTable>, TableError> {
    let parts = parts(answer);
    Ok(match arrangement {
        Arrangement::Schema => by_schema(parts).into_iter().map(table_of).collect(),
        Arrangement::Sequence => sequence(parts).into_iter().map(table_of).collect(),
        Arrangement::One => {
            let schema = union(&parts)?;
            let parts = parts.into_iter().map(|part| widened(part, &schema));
            vec![table_of(parts.collect())]
        }
        Arrangement::Each => each(parts).into_iter().map(table_of).collect(),
    })
}

fn by_schema(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut groups: Vec<Vec<Part>> = Vec::new();
    let mut known: HashMap<Vec<(String, DataType)>, usize> = HashMap::new();
    for part in parts {
        let schema = part.batch.schema();
        let fields = schema.fields().iter();
        let columns = fields.map(|field| (field.name().clone(), field.data_type().clone()));
        let group = *known.entry(columns.collect()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(part);
    }
    groups
}

fn sequence(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut groups: Vec<Vec<Part>> = Vec::new();
    for part in parts {
        let last = groups.last().and_then(|group| group.last());
        let goes_on = last.is_some_and(|last| has_same_columns(last, &part));
        match groups.last_mut().filter(|_| goes_on) {
            Some(group) => group.push(part),
            None => groups.push(vec![part]),
        }
    }
    groups
}

fn has_same_columns(first: &Part, second: &Part) -> bool {
    let (first, second) = (first.batch.schema(), second.batch.schema());
    let (first, second) = (first.fields().iter(), second.fields().iter());
    let first = first.map(|field| (field.name(), field.data_type()));
    first.eq(second.map(|field| (field.name(), field.data_type())))
}

/// Returns the schema that has every column of any part.
fn union(parts: &[Part]) -> Result<SchemaRef, TableError> {
    let mut fields: Vec<Field> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for field in parts
        .iter()
        .flat_map(|part| part.batch.schema_ref().fields())
    {
        match known.get(field.name()) {
            None => {
                known.insert(field.name().clone(), fields.len());
                fields.push(field.as_ref().clone());
            }
            Some(&at) if fields[at].data_type() != field.data_type() => {
                return Err(TableError::MixedColumn {
                    name: field.name().clone(),
                    types: (fields[at].data_type().clone(), field.data_type().clone()),
                });
            }
            Some(_) => {}
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Returns a part with all columns of the schema. The metadata of the part's own columns is kept,
/// so that the group key of its tables stays known.
fn widened(part: Part, schema: &SchemaRef) -> Part {
    let rows = part.batch.num_rows();
    let own = part.batch.schema();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for field in schema.fields() {
        if let Some((at, own)) = own.column_with_name(field.name()) {
            fields.push(own.clone());
            columns.push(Arc::clone(part.batch.column(at)));
        } else {
            let kind = field.data_type();
            fields.push(field_of(field.name(), kind.clone(), None));
            columns.push(new_null_array(kind, rows));
        }
    }
    let batch = batch_of(&Arc::new(Schema::new(fields)), columns, rows);
    Part { batch, ..part }
}

/// Returns the parts of each table of the server.
fn each(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut tables: Vec<Vec<Part>> = Vec::new();
    let mut last: Option<(usize, Vec<u8>)> = None;
    for part in parts {
        if part.batch.num_rows() == 0 {
            tables.push(vec![part]);
            last = None;
            continue;
        }
        for (range, table) in table_runs(&part.batch) {
            let slice = Part {
                result: part.result.clone(),
                batch: part.batch.slice(range.start, range.len()),
                block: part.block,
            };
            let id = Some((part.block, table));
            match tables.last_mut() {
                Some(open) if last == id => open.push(slice),
                _ => tables.push(vec![slice]),
            }
            last = id;
        }
    }
    tables
}

/// Returns the consecutive rows of each table in a batch, with bytes that differ between tables.
fn table_runs(batch: &RecordBatch) -> Vec<(std::ops::Range<usize>, Vec<u8>)> {
    let columns: Vec<&ArrayRef> = ["result", "table"]
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .collect();
    let runs = runs(&columns, batch.num_rows()).into_iter();
    runs.map(|range| {
        let mut id = Vec::new();
        for column in &columns {
            id.push(u8::from(column.is_null(range.start)));
            write_cell(&mut id, column, range.start);
        }
        (range, id)
    })
    .collect()
}

/// Makes one table of parts that have the same columns.
fn table_of(parts: Vec<Part>) -> FluxTable {
    let mut results: Vec<String> = Vec::new();
    for result in parts.iter().filter_map(|part| part.result.as_ref()) {
        if !results.contains(result) {
            results.push(result.clone());
        }
    }
    let schema = common_schema(&parts);
    let is_key = |field: &&Arc<Field>| is_grouped(field);
    let group: Vec<String> = schema
        .fields()
        .iter()
        .filter(is_key)
        .map(|field| field.name().clone())
        .collect();
    let key = is_single(&parts).then(|| parts.first()).flatten();
    let key = key.map(|part| key_of(&part.batch, &group));
    let batches = parts.into_iter().map(|part| {
        let (_, columns, rows) = part.batch.into_parts();
        batch_of(&schema, columns, rows)
    });
    let mut series = Series {
        batches: batches.collect(),
        ..Series::default()
    };
    if let [result] = &*results {
        series.name = Some(result.clone());
    }
    FluxTable {
        series,
        results,
        group,
        key,
    }
}

/// Returns the schema of parts with the same columns. A column is part of the group key if it is so
/// in every part.
fn common_schema(parts: &[Part]) -> SchemaRef {
    let Some(first) = parts.first() else {
        return Arc::new(Schema::empty());
    };
    let first = first.batch.schema();
    let mut grouped: Vec<bool> = first
        .fields()
        .iter()
        .map(|field| is_grouped(field))
        .collect();
    let mut last = &first;
    for part in parts {
        let schema = part.batch.schema_ref();
        if !Arc::ptr_eq(schema, last) {
            for (grouped, field) in grouped.iter_mut().zip(schema.fields()) {
                *grouped &= is_grouped(field);
            }
            last = schema;
        }
    }
    let fields = first.fields().iter().zip(grouped).map(|(field, grouped)| {
        let mut metadata = field.metadata().clone();
        metadata.remove(flux::DEFAULT);
        if let Some(group) = metadata.get_mut(flux::GROUP) {
            *group = grouped.to_string();
        }
        field.as_ref().clone().with_metadata(metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

pub(super) fn is_grouped(field: &Field) -> bool {
    field
        .metadata()
        .get(flux::GROUP)
        .is_some_and(|group| group == "true")
}

/// Returns whether all parts belong to the same table of the server.
fn is_single(parts: &[Part]) -> bool {
    let mut found: Option<(usize, Vec<u8>)> = None;
    for part in parts {
        if part.batch.num_rows() == 0 {
            return parts.len() == 1;
        }
        for (_, table) in table_runs(&part.batch) {
            let id = (part.block, table);
            match &found {
                Some(found) if *found != id => return false,
                Some(_) => {}
                None => found = Some(id),
            }
        }
    }
    found.is_some()
}

/// Returns the values of the group key. If the table has no rows, its key is in the annotation
/// `#default`.
fn key_of(batch: &RecordBatch, group: &[String]) -> RecordBatch {
    let schema = batch.schema();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (at, field) in schema.fields().iter().enumerate() {
        if group.contains(field.name()) {
            let column = match batch.num_rows() {
                0 => flux::default_cell(field),
                _ => batch.column(at).slice(0, 1),
            };
            fields.push(field_of(field.name(), column.data_type().clone(), None));
            columns.push(column);
        }
    }
    batch_of(&Arc::new(Schema::new(fields)), columns, 1)
}
