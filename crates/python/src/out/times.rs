//! Converts the times in an answer to nanoseconds if they are in another unit or are strings.

use std::sync::Arc;

use aioinflux::{Answer, Series};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use jiff::Timestamp;

/// Converts all times in an answer to nanoseconds. The times are integers in the answer's unit, or
/// strings, which the server sends if no unit was requested. If a time does not fit into
/// nanoseconds, the error is a message that contains the time.
pub(super) fn to_nanoseconds(answer: &mut Answer, unit: i64) -> Result<(), String> {
    let statements = answer.statements.iter_mut();
    for series in statements.flat_map(|statement| &mut statement.series) {
        to_nanoseconds_in(series, unit)?;
    }
    Ok(())
}

fn to_nanoseconds_in(series: &mut Series, unit: i64) -> Result<(), String> {
    for batch in &mut series.batches {
        for column in 0..batch.num_columns() {
            let array = batch.column(column);
            let times = match array.data_type() {
                DataType::Timestamp(..) if unit != 1 => Some(scaled(array, unit)?),
                _ if column > 0 || batch.schema().field(0).name() != "time" => None,
                DataType::Utf8 => read(array.as_string::<i32>().iter()),
                DataType::Utf8View => read(array.as_string_view().iter()),
                _ => None,
            };
            if let Some(times) = times {
                *batch = replaced(batch, column, Arc::new(times.with_timezone("UTC")));
            }
        }
    }
    Ok(())
}

fn scaled(array: &ArrayRef, unit: i64) -> Result<TimestampNanosecondArray, String> {
    let times = array.as_primitive::<TimestampNanosecondType>().iter();
    times
        .map(|time| {
            let Some(time) = time else { return Ok(None) };
            let scaled = time.checked_mul(unit).map(Some);
            scaled.ok_or_else(|| format!("time `{time}` is outside 64-bit nanoseconds"))
        })
        .collect()
}

/// Converts strings to times. Returns `None` if any string is not a time.
fn read<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Option<TimestampNanosecondArray> {
    texts
        .map(|text| {
            let Some(text) = text else { return Some(None) };
            let time: Timestamp = text.parse().ok()?;
            i64::try_from(time.as_nanosecond()).ok().map(Some)
        })
        .collect()
}

fn replaced(batch: &RecordBatch, column: usize, times: ArrayRef) -> RecordBatch {
    let schema = batch.schema();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    let kind = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    fields[column] = Arc::new(Field::new(fields[column].name(), kind, true));
    let mut columns = batch.columns().to_vec();
    columns[column] = times;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .expect("the schema was changed with the column")
}
