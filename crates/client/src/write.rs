//! Writes a batch, in several requests if the server refuses the batch as too large, or if the caller
//! asked for the lines that were not refused to be sent again.

mod parts;
mod state;

use std::sync::Arc;

use aioinflux_line::{Batch, Dialect};
use bytes::Bytes;

use crate::config::Precision;
use crate::dialect::{Operation, Target, WriteOptions};
use crate::error::Error;
use crate::exchange::Exchange;
use parts::Parts;

pub(crate) use state::state_of;

/// The number of points that a successful write stored, and the number of points without fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The number of points that the server stored.
    pub points: u64,
    /// The number of points that were not sent, because they had no fields.
    pub skipped: u64,
}

/// Provides the bytes of a shared batch, so that they can be sent without a copy.
struct Shared(Arc<Batch>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

pub(crate) async fn batch(
    exchange: &Exchange,
    target: &Target,
    batch: Arc<Batch>,
    options: &WriteOptions,
) -> Result<Written, Error> {
    check(&batch, target.dialect(), options)?;
    let lines = batch.len();
    let written = Written {
        points: lines as u64,
        skipped: batch.skipped(),
    };
    if lines == 0 {
        return Ok(written);
    }
    let bytes = Bytes::from_owner(Shared(Arc::clone(&batch)));
    let mut parts = Parts::new(&batch, target, options);
    while let Some(part) = parts.next() {
        let body = part.bytes(&batch, &bytes);
        let sent = exchange
            .send(
                target,
                &Operation::Write {
                    options,
                    lines: body,
                },
                true,
            )
            .await;
        match sent {
            Ok(_) => parts.written(&part),
            Err(error) => parts.failed(&part, error)?,
        }
    }
    parts.finish().map(|()| written)
}

/// Refuses a batch that the server would store differently than intended.
fn check(batch: &Batch, server: Dialect, options: &WriteOptions) -> Result<(), Error> {
    if batch.dialect() != server && !batch.is_empty() {
        return Err(Error::config(format!(
            "the batch was encoded for {:?}, but the server is {server:?}",
            batch.dialect()
        )));
    }
    let unit = options.precision.unwrap_or_default();
    let own = batch.len() - batch.text_lines();
    if unit != Precision::Nanoseconds && own > 0 {
        return Err(Error::config(format!(
            "precision `{}` is only for encoded lines, but {own} points of the batch are in \
             nanoseconds",
            unit.as_str()
        )));
    }
    Ok(())
}
