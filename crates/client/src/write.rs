//! Writes a batch, in several parts if the server refuses the batch as too large.

use std::ops::Range;
use std::sync::Arc;

use aioinflux_line::{Batch, Dialect};
use bytes::Bytes;

use crate::config::Precision;
use crate::dialect::{Operation, Target, WriteOptions};
use crate::error::{Error, ErrorKind, Rejected, WriteReport};
use crate::exchange::Exchange;
use crate::ledger::{Span, State};
use crate::reject;

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
    let mut parts = Parts::new(&batch);
    while let Some(part) = parts.next() {
        let body = bytes.slice(byte_range(&batch, &part));
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
            Ok(_) => parts.written(part),
            Err(error) => parts.failed(part, error)?,
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

fn byte_range(batch: &Batch, lines: &Range<usize>) -> Range<usize> {
    let end = |line: usize| batch.ends()[line - 1];
    let start = if lines.start == 0 {
        0
    } else {
        end(lines.start)
    };
    start..end(lines.end)
}

/// Returns the state of the points of a failed request, which had `lines` lines.
pub(crate) fn state_of(error: &Error, lines: u64) -> State {
    let refused = error
        .dropped()
        .unwrap_or(0)
        .max(error.rejected().len() as u64);
    match error.kind() {
        _ if refused > 0 && refused >= lines => State::Refused,
        ErrorKind::PartialWrite => State::PartlyStored,
        ErrorKind::TooLarge => State::Refused,
        // If the error message lacks `partial write`, a 400 means that nothing was stored. 2.x
        // refuses all lines of a write because of one invalid line. 1.x sends a 400 without
        // `partial write` only if all lines are invalid.
        ErrorKind::Rejected if error.status() == Some(400) => State::Refused,
        _ if !error.rejected().is_empty() => State::PartlyStored,
        ErrorKind::Config | ErrorKind::Input | ErrorKind::Connect | ErrorKind::Tls => State::Unsent,
        ErrorKind::Timeout { .. } | ErrorKind::Transport | ErrorKind::Decode => State::InDoubt,
        _ if error.status().is_some_and(|status| status >= 500) => State::InDoubt,
        _ => State::Refused,
    }
}

/// The parts of a batch that must still be sent, and the state of the parts that were sent.
///
/// A part that the server refuses as too large is halved. If the server refuses individual points,
/// the later parts are still sent. If the batch had been sent in one request, the points of the
/// later parts would have been stored too. Any other error of a part stops the write.
struct Parts<'a> {
    batch: &'a Batch,
    /// The parts that must still be sent, in reverse order: the last part comes first.
    waiting: Vec<Range<usize>>,
    /// The number of bytes in the smallest part that was too large for the server.
    too_large: usize,
    split: bool,
    error: Option<Error>,
    report: WriteReport,
}

impl<'a> Parts<'a> {
    fn new(batch: &'a Batch) -> Self {
        let all = 0..batch.len();
        Self {
            batch,
            waiting: vec![all],
            too_large: usize::MAX,
            split: false,
            error: None,
            report: WriteReport::default(),
        }
    }

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let part = self.waiting.pop()?;
            if part.len() == 1 || byte_range(self.batch, &part).len() < self.too_large {
                return Some(part);
            }
            self.halve(&part);
        }
    }

    fn halve(&mut self, part: &Range<usize>) {
        let middle = part.start + part.len() / 2;
        self.split = true;
        self.waiting.push(middle..part.end);
        self.waiting.push(part.start..middle);
    }

    fn written(&mut self, part: Range<usize>) {
        self.note(part, State::Stored);
    }

    /// Handles the error of a part. Depending on the error, the write continues or ends.
    fn failed(&mut self, part: Range<usize>, mut error: Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::TooLarge && part.len() > 1 {
            self.too_large = self.too_large.min(byte_range(self.batch, &part).len());
            self.halve(&part);
            return Ok(());
        }
        self.explain(&part, &mut error);
        if !self.split {
            return Err(error);
        }
        let goes_on = error.kind() == ErrorKind::PartialWrite || !error.rejected().is_empty();
        let state = state_of(&error, part.len() as u64);
        self.note(part, state);
        let report = std::mem::take(error.report_mut());
        self.report.rejected.extend(report.rejected);
        if let Some(count) = report.dropped {
            *self.report.dropped.get_or_insert(0) += count;
        }
        if goes_on {
            self.error.get_or_insert(error);
            return Ok(());
        }
        Err(self.reported(error))
    }

    fn note(&mut self, part: Range<usize>, state: State) {
        let span = Span::new(self.batch, part);
        self.report.ledger.note(&span, state);
    }

    /// Adds the points that the server refused to the error.
    fn explain(&self, part: &Range<usize>, error: &mut Error) {
        if error.kind() == ErrorKind::TooLarge {
            let rejected = Rejected {
                index: Some(self.batch.index(part.start)),
                line: String::from_utf8_lossy(self.batch.line(part.start)).into_owned(),
                reason: "the line is larger than the server accepts".into(),
            };
            error.report_mut().rejected.push(rejected);
        } else if let Some(message) = error.server_message() {
            let report = reject::report(message, self.batch, part.clone());
            *error.report_mut() = report;
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        match self.error.take() {
            None => Ok(()),
            Some(error) => Err(self.reported(error)),
        }
    }

    fn reported(&mut self, error: Error) -> Error {
        while let Some(part) = self.waiting.pop() {
            self.note(part, State::Unsent);
        }
        error.with_report(std::mem::take(&mut self.report))
    }
}
