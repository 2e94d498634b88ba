//! Converts the batches of a series to one common schema if the type of a column differs between
//! batches.
//!
//! No value changes. A column without values can be converted to any type. Integers become floats
//! only if every integer in the column can be represented exactly as a float. Any other mixture of
//! types in a column is refused, and the error names the column.

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, RecordBatchOptions, UInt64Array, new_null_array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::answer::Series;
use crate::decode::float_of;

/// The error for a column that contains values without a common type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedColumn {
    /// The column.
    pub name: String,
    /// Two types in the column that have no common type.
    pub types: (DataType, DataType),
}

impl fmt::Display for MixedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The readers of this error do not care whether strings are stored as `Utf8` or `Utf8View`.
        let shown = |kind| match kind {
            &DataType::Utf8View => DataType::Utf8,
            kind => kind.clone(),
        };
        let (first, second) = (shown(&self.types.0), shown(&self.types.1));
        let name = &self.name;
        write!(
            f,
            "column `{name}`: expected values of one type, got {first} and {second}"
        )
    }
}

impl std::error::Error for MixedColumn {}

impl Series {
    /// Converts the batches of the series to one common schema, and returns the schema and the
    /// batches.
    ///
    /// If all values of a column are null in some batches, the column takes its type from the other
    /// batches. A column of integers and floats becomes `Float64` if a float can represent every
    /// integer exactly. A column of signed and unsigned integers becomes `UInt64` if no value is
    /// negative.
    ///
    /// # Errors
    ///
    /// Fails if the values of a column have no common type.
    pub fn unified(&self) -> Result<(SchemaRef, Vec<RecordBatch>), MixedColumn> {
        let Some(first) = self.batches.first() else {
            return Ok((Arc::new(Schema::empty()), Vec::new()));
        };
        let schema = first.schema();
        if self.batches.iter().all(|batch| *batch.schema() == *schema) {
            return Ok((schema, self.batches.clone()));
        }
        let columns = schema.fields().iter().enumerate().map(|(index, field)| {
            let parts: Vec<&dyn Array> = self.parts(index).collect();
            let kind = common_type(&parts).map_err(|types| MixedColumn {
                name: field.name().clone(),
                types,
            })?;
            Ok(Field::new(field.name(), kind, true))
        });
        let fields = columns.collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Schema::new(fields));
        let batches = self.batches.iter().map(|batch| converted(batch, &schema));
        let batches = batches.collect();
        Ok((schema, batches))
    }

    /// Returns the arrays of one column: each batch contains one of them.
    pub fn parts(&self, column: usize) -> impl Iterator<Item = &dyn Array> {
        self.batches
            .iter()
            .map(move |batch| batch.column(column).as_ref())
    }
}

/// Returns the type that can represent the values in all arrays of a column.
///
/// # Errors
///
/// Fails if the arrays contain types without a common type, and returns two of these types.
pub fn common_type(parts: &[&dyn Array]) -> Result<DataType, (DataType, DataType)> {
    let mut common = DataType::Null;
    for kind in parts.iter().map(|part| part.data_type()) {
        common = match (common, kind) {
            (DataType::Null, kind) => kind.clone(),
            (common, kind) if common == *kind || *kind == DataType::Null => common,
            (common, kind) => number_type(&common, kind, parts).ok_or((common, kind.clone()))?,
        };
    }
    Ok(common)
}

fn number_type(first: &DataType, second: &DataType, parts: &[&dyn Array]) -> Option<DataType> {
    use DataType::{Float64, Int64, UInt64};
    let signed = || {
        let parts = parts.iter().filter(|part| *part.data_type() == Int64);
        parts.flat_map(|part| part.as_primitive::<Int64Type>().iter().flatten())
    };
    let unsigned = || {
        let parts = parts.iter().filter(|part| *part.data_type() == UInt64);
        parts.flat_map(|part| part.as_primitive::<UInt64Type>().iter().flatten())
    };
    match (first, second) {
        (Int64, UInt64) | (UInt64, Int64) => signed().all(|n| n >= 0).then_some(UInt64),
        (Int64 | UInt64, Float64) | (Float64, Int64 | UInt64) => {
            let exact = signed().all(|n| float_of(n).is_some())
                && unsigned().all(|n| float_of(n).is_some());
            exact.then_some(Float64)
        }
        _ => None,
    }
}

fn converted(batch: &RecordBatch, schema: &SchemaRef) -> RecordBatch {
    let fields = schema.fields().iter();
    let columns = batch.columns().iter().zip(fields);
    let columns = columns.map(|(array, field)| as_type(array, field.data_type()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options)
        .expect("every column was brought to the type of the schema")
}

/// Converts an array to the type that [`common_type`] chose for its column.
pub fn as_type(array: &ArrayRef, kind: &DataType) -> ArrayRef {
    match (array.data_type(), kind) {
        (DataType::Null, kind) => new_null_array(kind, array.len()),
        (DataType::Int64, DataType::UInt64) => {
            let values = array.as_primitive::<Int64Type>();
            Arc::new(UInt64Array::new(
                values.values().iter().map(|n| n.cast_unsigned()).collect(),
                values.nulls().cloned(),
            ))
        }
        (DataType::Int64, DataType::Float64) => floats(array.as_primitive::<Int64Type>().iter()),
        (DataType::UInt64, DataType::Float64) => floats(array.as_primitive::<UInt64Type>().iter()),
        _ => Arc::clone(array),
    }
}

fn floats<N: crate::decode::Whole>(values: impl Iterator<Item = Option<N>>) -> ArrayRef {
    let values = values.map(|value| value.and_then(float_of));
    Arc::new(values.collect::<Float64Array>())
}

#[cfg(test)]
mod tests {
    use arrow_array::types::{ArrowPrimitiveType, Float64Type};
    use arrow_array::{Int64Array, NullArray, StringArray};

    use super::*;

    fn series(parts: Vec<ArrayRef>) -> Series {
        let batches = parts.into_iter().map(|part| {
            let field = Field::new("f", part.data_type().clone(), true);
            RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![part])
        });
        Series {
            batches: batches
                .collect::<Result<_, _>>()
                .expect("columns of one length"),
            ..Series::default()
        }
    }

    fn values<T: ArrowPrimitiveType>(series: &Series) -> Vec<Option<T::Native>> {
        let (_, batches) = series.unified().expect("a common type");
        batches
            .iter()
            .flat_map(|batch| {
                batch
                    .column(0)
                    .as_primitive::<T>()
                    .iter()
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn nulls_take_the_type_of_the_others() {
        let series = series(vec![
            Arc::new(NullArray::new(2)),
            Arc::new(Int64Array::from(vec![1])),
        ]);
        assert_eq!(values::<Int64Type>(&series), [None, None, Some(1)]);
    }

    #[test]
    fn integers_become_floats_where_nothing_is_lost() {
        let series = series(vec![
            Arc::new(Int64Array::from(vec![Some(4), None])),
            Arc::new(Float64Array::from(vec![0.5])),
            Arc::new(UInt64Array::from(vec![1 << 63])),
        ]);
        let floats = [
            Some(4.0),
            None,
            Some(0.5),
            Some(9_223_372_036_854_775_808.0),
        ];
        assert_eq!(values::<Float64Type>(&series), floats);
    }

    #[test]
    fn integers_that_are_no_floats_are_refused() {
        let series = series(vec![
            Arc::new(Int64Array::from(vec![(1 << 53) + 1])),
            Arc::new(Float64Array::from(vec![0.5])),
        ]);
        let error = series.unified().expect_err("no common type");
        assert_eq!(error.types, (DataType::Int64, DataType::Float64));
        assert!(error.to_string().contains("column `f`"));
    }

    #[test]
    fn unsigned_and_negative_integers_are_refused() {
        let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        let negative: ArrayRef = Arc::new(Int64Array::from(vec![-1]));
        let positive: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let good = series(vec![positive, Arc::clone(&unsigned)]);
        assert_eq!(values::<UInt64Type>(&good), [Some(1), Some(u64::MAX)]);
        assert!(series(vec![unsigned, negative]).unified().is_err());
    }

    #[test]
    fn texts_and_numbers_are_refused() {
        let series = series(vec![
            Arc::new(StringArray::from(vec!["a"])),
            Arc::new(Int64Array::from(vec![1])),
        ]);
        assert!(series.unified().is_err());
    }
}
