//! Defines how each peer crate encodes the points.

use std::mem;

use influxdb::{InfluxDbWriteable as _, Query as _, Timestamp};
use influxdb_line_protocol::LineProtocolBuilder;
use influxdb2::models::{DataPoint, WriteDataPoint as _};
use questdb::ingress::{Buffer, ColumnName, TableName, TimestampNanos};

use crate::w1::{FLOATS, INTEGERS, MEASUREMENT, Native, TAGS};

fn columns<const N: usize>(names: &[&'static str; N]) -> questdb::Result<Vec<ColumnName<'static>>> {
    names.iter().map(|name| ColumnName::new(name)).collect()
}

/// Text protocol. Uses the text protocol of the peer. The names are checked only once, and the
/// buffer is reused for every run.
pub fn questdb(buffer: &mut Buffer, points: &[Native]) -> questdb::Result<usize> {
    let table = TableName::new(MEASUREMENT)?;
    let (tags, floats, integers) = (columns(&TAGS)?, columns(&FLOATS)?, columns(&INTEGERS)?);
    buffer.clear();
    for point in points {
        buffer.table(table)?;
        for (name, value) in tags.iter().zip(&point.tags) {
            buffer.symbol(*name, value)?;
        }
        for (name, value) in floats.iter().zip(point.floats) {
            buffer.column_f64(*name, value)?;
        }
        for (name, value) in integers.iter().zip(point.integers) {
            buffer.column_i64(*name, value)?;
        }
        buffer.at(TimestampNanos::new(point.time))?;
    }
    Ok(buffer.len())
}

/// Writes the points to a buffer that is reused for every run.
pub fn builder(text: &mut Vec<u8>, points: &[Native]) -> usize {
    text.clear();
    let mut lines = LineProtocolBuilder::new_with(mem::take(text));
    for point in points {
        let mut line = lines.measurement(MEASUREMENT);
        for (key, value) in TAGS.iter().zip(&point.tags) {
            line = line.tag(key, value);
        }
        let mut line = line.field(FLOATS[0], point.floats[0]);
        for (key, value) in FLOATS.iter().zip(point.floats).skip(1) {
            line = line.field(key, value);
        }
        for (key, value) in INTEGERS.iter().zip(point.integers) {
            line = line.field(key, value);
        }
        lines = line.timestamp(point.time).close_line();
    }
    *text = lines.build();
    text.len()
}

/// Creates owned points, and writes each point to a buffer that is reused for every run.
pub fn influxdb2(
    text: &mut Vec<u8>,
    points: &[Native],
) -> Result<usize, Box<dyn std::error::Error>> {
    text.clear();
    for point in points {
        let mut builder = DataPoint::builder(MEASUREMENT).timestamp(point.time);
        for (key, value) in TAGS.iter().zip(&point.tags) {
            builder = builder.tag(*key, value);
        }
        for (key, value) in FLOATS.iter().zip(point.floats) {
            builder = builder.field(*key, value);
        }
        for (key, value) in INTEGERS.iter().zip(point.integers) {
            builder = builder.field(*key, value);
        }
        builder.build()?.write_data_point_to(&mut *text)?;
    }
    Ok(text.len())
}

/// Creates a query for each point, and builds one string from all queries.
pub fn influxdb(points: &[Native]) -> Result<usize, influxdb::Error> {
    let query = |point: &Native| {
        let at = u128::try_from(point.time).unwrap_or(0);
        let Ok(mut query) = Timestamp::Nanoseconds(at).try_into_query(MEASUREMENT);
        for (key, value) in TAGS.iter().zip(&point.tags) {
            query = query.add_tag(*key, value.as_str());
        }
        for (key, value) in FLOATS.iter().zip(point.floats) {
            query = query.add_field(*key, value);
        }
        for (key, value) in INTEGERS.iter().zip(point.integers) {
            query = query.add_field(*key, value);
        }
        query
    };
    let queries: Vec<_> = points.iter().map(query).collect();
    Ok(queries.build()?.get().len())
}
