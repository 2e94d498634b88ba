//! Decides which lines of a batch the next request sends, and records what became of each line.
//!
//! Pure. A part that the server refuses as too large is halved. If the server refuses individual
//! points of a part, the later parts are still sent: if the batch had been sent in one request, the
//! points of the later parts would have been stored too. Any other error of a part stops the write.
//!
//! With [`OnReject::Resend`], the lines that the server did not store only because of other lines
//! are sent again. The lines that the server's message quotes are left out. If the message quotes no
//! line of the request, a request without lines shows whether the server refuses the lines or the
//! request itself. If it refuses the lines, they are halved.

use aioinflux_line::Batch;

use super::state::state_of;
use crate::config::Precision;
use crate::dialect::{OnReject, Target, WriteOptions};
use crate::error::{Error, ErrorKind, Rejected, WriteReport};
use crate::ledger::{Span, State};
use crate::lines::Lines;
use crate::reject::{self, Findings};

/// The maximum number of requests that a batch can cause because lines were refused. To find one
/// line among 10,000 by halving takes 28 requests.
const RESENDS: usize = 128;
/// The number of requests that one refusal can cause: one without lines, and one for each half.
const FOR_ONE: usize = 3;

/// The parts of a batch that must still be sent, and the state of the lines so far.
pub(super) struct Parts<'a> {
    batch: &'a Batch,
    /// The unit of the timestamps in encoded text.
    unit: Precision,
    /// The parts that must still be sent, in reverse order: the last part comes first.
    waiting: Vec<Lines>,
    /// The number of bytes in the smallest part that was too large for the server.
    too_large: usize,
    /// The number of requests that may still be sent because lines were refused.
    resends: usize,
    /// A refused part of which the server quoted no line, and the error. While it is kept here, the
    /// next request has no lines.
    doubtful: Option<(Lines, Error)>,
    /// Whether the server is known to accept the request without lines.
    is_accepted: bool,
    /// The state of each line, if the batch needs more than one request.
    states: Vec<State>,
    /// The first error about individual points.
    error: Option<Error>,
    report: WriteReport,
}

impl<'a> Parts<'a> {
    pub(super) fn new(batch: &'a Batch, target: &Target, options: &WriteOptions) -> Self {
        let resends = options.on_reject == OnReject::Resend && target.refuses_whole_requests();
        Self {
            batch,
            unit: options.precision.unwrap_or_default(),
            waiting: vec![Lines::new(0..batch.len())],
            too_large: usize::MAX,
            resends: if resends { RESENDS } else { 0 },
            doubtful: None,
            is_accepted: false,
            states: Vec::new(),
            error: None,
            report: WriteReport::default(),
        }
    }

    /// Returns the lines of the next request.
    pub(super) fn next(&mut self) -> Option<Lines> {
        if self.doubtful.is_some() {
            return Some(Lines::default());
        }
        loop {
            let part = self.waiting.pop()?;
            if part.len() == 1 || part.count_bytes(self.batch) < self.too_large {
                return Some(part);
            }
            self.halve(&part);
        }
    }

    fn halve(&mut self, part: &Lines) {
        self.split();
        let (first, second) = part.halves();
        self.waiting.push(second);
        self.waiting.push(first);
    }

    /// Prepares for more than one request.
    fn split(&mut self) {
        if self.states.is_empty() {
            self.states = vec![State::Unsent; self.batch.len()];
        }
    }

    pub(super) fn written(&mut self, part: &Lines) {
        if let Some((refused, _)) = self.doubtful.take() {
            self.is_accepted = true;
            self.halve(&refused);
            return;
        }
        self.report.stored += part.len() as u64;
        self.note(part.iter(), State::Stored);
    }

    /// Handles the error of a part. Depending on the error, the write continues or ends.
    pub(super) fn failed(&mut self, part: &Lines, mut error: Error) -> Result<(), Error> {
        if let Some((refused, error)) = self.doubtful.take() {
            // The server refuses the request even without lines, so the lines are not at fault.
            return self.end(&refused, error);
        }
        if error.kind() == ErrorKind::TooLarge && part.len() > 1 {
            self.too_large = self.too_large.min(part.count_bytes(self.batch));
            self.halve(part);
            return Ok(());
        }
        let quoted = self.explain(part, &mut error);
        let rest = part.without(&quoted);
        let is_last = rest.is_empty() || part.len() == 1 || self.resends < FOR_ONE;
        if is_last || !stored_nothing(&error) {
            return self.end(part, error);
        }
        if rest.len() < part.len() {
            self.resends -= 1;
            self.split();
            self.note(quoted.into_iter(), State::Refused);
            self.waiting.push(rest);
            self.keep(error);
        } else if self.is_accepted {
            self.resends -= 2;
            self.halve(part);
        } else {
            self.resends -= FOR_ONE;
            self.doubtful = Some((part.clone(), error));
        }
        Ok(())
    }

    /// Handles the error of a part that is not sent again.
    fn end(&mut self, part: &Lines, error: Error) -> Result<(), Error> {
        if self.states.is_empty() {
            return Err(error);
        }
        let goes_on = error.kind() == ErrorKind::PartialWrite
            || !error.rejected().is_empty()
            || (self.is_accepted && stored_nothing(&error));
        self.note(part.iter(), state_of(&error, part.len() as u64));
        if goes_on {
            self.keep(error);
            return Ok(());
        }
        let mut error = error;
        self.add_report(&mut error);
        Err(self.reported(error))
    }

    /// Keeps an error about individual points.
    fn keep(&mut self, mut error: Error) {
        self.add_report(&mut error);
        self.error.get_or_insert(error);
    }

    fn add_report(&mut self, error: &mut Error) {
        let report = std::mem::take(error.report_mut());
        self.report.rejected.extend(report.rejected);
        if let Some(count) = report.dropped {
            *self.report.dropped.get_or_insert(0) += count;
        }
    }

    fn note(&mut self, lines: impl Iterator<Item = usize>, state: State) {
        for line in lines {
            if let Some(known) = self.states.get_mut(line) {
                *known = state;
            }
        }
    }

    /// Adds the points that the server refused to the error. Returns the refused lines that the
    /// server's message identifies.
    fn explain(&self, part: &Lines, error: &mut Error) -> Vec<usize> {
        let mut found = match error.server_message() {
            Some(message) => reject::findings(message, self.batch, part, self.unit),
            None => Findings::default(),
        };
        let reason = if error.kind() == ErrorKind::TooLarge {
            Some("the line is larger than the server accepts".to_owned())
        } else if self.is_accepted && found.lines.is_empty() && stored_nothing(error) {
            error.server_message().map(str::to_owned)
        } else {
            None
        };
        // The only line of a part is at fault even if the server does not quote it.
        if let (1, Some(line), Some(reason)) = (part.len(), part.iter().next(), reason) {
            found.report.rejected = vec![Rejected {
                index: Some(self.batch.index(line)),
                line: String::from_utf8_lossy(self.batch.line(line)).into_owned(),
                reason,
            }];
        }
        *error.report_mut() = found.report;
        found.lines
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        match self.error.take() {
            None => Ok(()),
            Some(error) => Err(self.reported(error)),
        }
    }

    /// Returns the error with the state of all lines of the batch.
    fn reported(&mut self, mut error: Error) -> Error {
        let mut report = std::mem::take(&mut self.report);
        report
            .rejected
            .sort_by_key(|one| one.index.unwrap_or(u64::MAX));
        if self.stored_all_but(report.rejected.len()) {
            error = error.about_points();
        }
        let mut start = 0;
        for states in self.states.chunk_by(|one, next| one == next) {
            let lines = start..start + states.len();
            start = lines.end;
            report.ledger.note(&Span::new(self.batch, lines), states[0]);
        }
        error.with_report(report)
    }

    /// Returns whether the server stored some lines, and refused at most `named` others.
    fn stored_all_but(&self, named: usize) -> bool {
        let count = |state| self.states.iter().filter(|known| **known == state).count();
        let refused = count(State::Refused);
        let stored = count(State::Stored) + count(State::PartlyStored);
        stored > 0 && stored + refused == self.states.len() && refused <= named
    }
}

/// Returns whether the server stored nothing because it refused at least one line of the request,
/// or the request itself.
fn stored_nothing(error: &Error) -> bool {
    error.kind() == ErrorKind::Rejected && error.status() == Some(400)
}
