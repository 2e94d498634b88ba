//! Deletes points, and counts the values that would be deleted.
//!
//! Source: InfluxDB 2.x API reference, `/api/v2/delete`; InfluxQL reference, DELETE.

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;

use crate::answer::Answer;
use crate::client::Client;
use crate::deletion::Delete;
use crate::dialect::{self, Deletion};
use crate::error::Error;

/// Deleting points. See the module [`admin`](crate::admin).
impl Client {
    /// Deletes points. On 2.x, a token needs only the right to write.
    ///
    /// # Errors
    ///
    /// Fails if the deletion is invalid, if the bucket or the database does not exist, if the
    /// server refuses the deletion, or if the server cannot be reached.
    pub async fn delete(&self, delete: &Delete) -> Result<(), Error> {
        delete.check()?;
        let target = self.exchange.resolve(&delete.names).await?;
        match dialect::deletion(&target, delete)? {
            Deletion::Request(request) => self.request(&request).await.map(|_| ()),
            Deletion::Statement(query) => self.query(query).await.map(|_| ()),
        }
    }

    /// Returns the number of field values that [`delete`](Self::delete) would delete. A point with
    /// three fields has three values. On 2.x, the token needs the right to read the bucket. A 1.x
    /// server deletes points from all retention policies, but counts only those in the default one.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`delete`](Self::delete).
    pub async fn count_deleted(&self, delete: &Delete) -> Result<u64, Error> {
        delete.check()?;
        let target = self.exchange.resolve(&delete.names).await?;
        let (query, is_count) = dialect::counting(&target, delete)?;
        Ok(sum(&self.query(query).await?, is_count))
    }
}

/// Returns the sum of the integers in the columns of an answer that contain counts.
fn sum(answer: &Answer, is_count: fn(&str) -> bool) -> u64 {
    let series = answer.statements.iter().flat_map(|one| &one.series);
    let batches = series.flat_map(|one| &one.batches);
    let columns = batches.flat_map(|batch| {
        let schema = batch.schema();
        let counts: Vec<_> = (0..batch.num_columns())
            .filter(|index| is_count(schema.field(*index).name()))
            .map(|index| batch.column(index).clone())
            .collect();
        counts
    });
    let mut total = 0_u64;
    for column in columns {
        if let Some(counts) = column.as_primitive_opt::<Int64Type>() {
            let counts = counts.iter().flatten();
            total += counts.map(i64::unsigned_abs).sum::<u64>();
        }
        debug_assert!(column.is_empty() || column.as_primitive_opt::<Int64Type>().is_some());
    }
    total
}
