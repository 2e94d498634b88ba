//! Reads the head of a block of Flux tables that share a schema. The head consists of the
//! annotations and the column names.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};

use super::filler::Filler;
use crate::decode::error::{DecodeErrorKind, Fault, shown};
use crate::decode::table::Table;
use crate::decode::table::columns::Kind;

/// The metadata key for the Flux type of a field.
const DATATYPE: &str = "flux::datatype";
/// The metadata key that says whether a field is part of the group key (`true` or `false`).
pub(crate) const GROUP: &str = "flux::group";
/// The metadata key for a field's value in the annotation `#default`, if the field has such a
/// value. If a table has no rows, only this metadata contains the values of the table's group key.
pub(crate) const DEFAULT: &str = "flux::default";

/// The annotations of the next block. An annotation that has not been read yet is `None`.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    datatypes: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    defaults: Option<Vec<String>>,
}

/// The block whose rows are being read. A block consists of tables that share a schema.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) table: Table,
    /// The name of the result, if the annotation `#default` contains the name.
    pub(super) result: Option<String>,
    schema: SchemaRef,
    fillers: Vec<Option<Filler>>,
}

impl Annotations {
    pub(super) fn is_empty(&self) -> bool {
        self.datatypes.is_none() && self.groups.is_none() && self.defaults.is_none()
    }

    /// Stores an annotation, which is a row that begins with `#`.
    pub(super) fn add(&mut self, mut cells: Vec<String>) -> Result<(), Fault> {
        let name = cells.remove(0);
        let place = match name.as_str() {
            "#datatype" => &mut self.datatypes,
            "#group" => &mut self.groups,
            "#default" => &mut self.defaults,
            _ => {
                let expected = "expected `#datatype`, `#group` or `#default`";
                return Err(malformed(format!("{expected}, got `{}`", shown(&name))));
            }
        };
        *place = Some(cells);
        Ok(())
    }

    /// Returns a block with the column names `names` and these annotations.
    pub(super) fn begin(self, names: Vec<String>, has_views: bool) -> Result<Block, Fault> {
        let width = names.len();
        let annotations = [&self.datatypes, &self.groups, &self.defaults];
        for (annotation, name) in annotations
            .into_iter()
            .zip(["datatype", "group", "default"])
        {
            if let Some(annotation) = annotation.as_ref().filter(|cells| cells.len() != width) {
                return Err(malformed(format!(
                    "expected {} column names, as many as `#{name}` has values, got {width}",
                    annotation.len()
                )));
            }
        }
        let datatype = |at: usize| {
            self.datatypes
                .as_ref()
                .map_or("string", |types| &*types[at])
        };
        let default = |at: usize| {
            let default = self.defaults.as_ref().map(|defaults| &*defaults[at]);
            default.filter(|text| !text.is_empty())
        };
        let kinds: Vec<Kind> = (0..width).map(|at| kind(datatype(at))).collect();
        let fillers = kinds.iter().enumerate().map(|(at, kind)| {
            let filler = default(at).map(|text| Filler::new(*kind, text));
            filler.transpose()
        });
        let fillers = fillers.collect::<Result<Vec<_>, Fault>>()?;
        let result = names.iter().position(|name| name == "result");
        let result = result.and_then(default).map(str::to_owned);
        let table = Table::typed(names.clone(), &kinds, has_views);
        let fields = names.into_iter().enumerate().map(|(at, name)| {
            let mut metadata = HashMap::from([(DATATYPE.to_owned(), datatype(at).to_owned())]);
            if let Some(groups) = &self.groups {
                metadata.insert(GROUP.to_owned(), groups[at].clone());
            }
            if let Some(default) = default(at) {
                metadata.insert(DEFAULT.to_owned(), default.to_owned());
            }
            Field::new(name, table.data_type(at), true).with_metadata(metadata)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Block {
            table,
            result,
            schema,
            fillers,
        })
    }
}

impl Block {
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Takes the rows that have been read so far as a record batch.
    pub(super) fn take_batch(&mut self) -> RecordBatch {
        let (batch, _) = self.table.take_batch();
        let columns = batch.columns().iter().zip(&self.fillers);
        let columns = columns.map(|(column, filler)| match filler {
            Some(filler) => filler.fill(column),
            None => Arc::clone(column),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema(), columns.collect(), &options)
            .expect("the fillers keep the types of the columns")
    }
}

/// Returns a column of one cell, which has the field's value in the annotation `#default`.
pub(crate) fn default_cell(field: &Field) -> ArrayRef {
    let metadata = field.metadata();
    let none = new_null_array(field.data_type(), 1);
    let Some(text) = metadata.get(DEFAULT) else {
        return none;
    };
    let kind = metadata.get(DATATYPE).map_or(Kind::Text, |name| kind(name));
    // The value was read before, when the block began.
    Filler::new(kind, text).map_or(none.clone(), |filler| filler.fill(&none))
}

/// Returns the column type for a Flux type. Durations, bytes and values of unknown types remain
/// text.
fn kind(datatype: &str) -> Kind {
    match datatype {
        "long" => Kind::Integer,
        "unsignedLong" => Kind::Unsigned,
        "double" => Kind::Float,
        "boolean" => Kind::Boolean,
        "dateTime" | "dateTime:RFC3339" | "dateTime:RFC3339Nano" => Kind::Time,
        _ => Kind::Text,
    }
}

fn malformed(text: String) -> Fault {
    Fault::new(DecodeErrorKind::Malformed, text)
}
