//! Writes many batches. The next batch is made while requests for other batches are in flight.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aioinflux_line::Batch;

use crate::error::{Error, ErrorKind, WriteReport};
use crate::ledger::{Ledger, Span, State};
use crate::write::{self, Written};

/// The progress of a write of several batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of points that the server stored, and the number of points that were not sent.
    pub written: Written,
    /// The number of points that are finished. A finished point was stored, was refused
    /// individually, or has no line.
    pub points: u64,
    /// The number of bytes in the lines of the finished points.
    pub bytes: u64,
}

/// The outcome of a write that has ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The number of points that the server stored, and the number of points that were not sent.
    pub written: Written,
    /// The first error of the write, which includes the ledger.
    pub error: Option<Error>,
    /// Whether the error ended the write. An error about individual points does not end it.
    pub failed: bool,
    /// The ledger, which records the state of each point of the write.
    pub ledger: Ledger,
}

impl Finished {
    pub(crate) fn outcome(self) -> Result<Written, Error> {
        match self.error {
            None => Ok(self.written),
            Some(error) => Err(error),
        }
    }
}

/// Writes all batches that `next` returns, whether they are ready now or later. Each batch is sent
/// by a future from `send`. At most `connections` of these futures run at once. If a batch is sent
/// without an error, its points get the state `done`.
///
/// If the server refuses individual points of a batch, later batches are still sent. Any error that
/// is not about individual points stops the write; this includes an error from `next`. When an
/// error stops the write, `next` is dropped, and the error is returned after the requests in flight
/// have ended.
pub async fn run<B, E, F>(
    next: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<B, E>>>,
    send: impl Fn(Arc<Batch>) -> F,
    connections: usize,
    done: State,
    mut progress: impl FnMut(Progress),
) -> Finished
where
    B: Into<Arc<Batch>>,
    Error: From<E>,
    F: Future<Output = Result<Written, Error>> + Send,
{
    let mut flow = Flow::new(done);
    if connections == 0 {
        let text = "connections: expected a positive number, got 0";
        flow.failure = Some(Error::config(text));
    }
    let mut next = Some(next);
    loop {
        if flow.failure.is_some() {
            next = None;
        }
        let step = poll_fn(|context| {
            flow.poll(context);
            if flow.oldest_is_done() {
                return Poll::Ready(Step::Settle);
            }
            match &mut next {
                Some(next) if flow.under_way.len() < connections => next(context).map(Step::Next),
                None if flow.under_way.is_empty() => Poll::Ready(Step::End),
                _ => Poll::Pending,
            }
        });
        match step.await {
            Step::Next(Some(Ok(batch))) => {
                let batch = batch.into();
                flow.start(&batch, send(Arc::clone(&batch)));
            }
            Step::Next(Some(Err(error))) => flow.failure = Some(error.into()),
            Step::Next(None) => next = None,
            Step::Settle => {
                if flow.settle() {
                    progress(flow.progress);
                }
            }
            Step::End => return flow.finish(),
        }
    }
}

/// The event that a write waits for next.
enum Step<T> {
    Next(T),
    /// The oldest request in flight has finished.
    Settle,
    End,
}

/// A request that is in flight or has finished.
struct Sent<F> {
    points: Span,
    lines: u64,
    /// The number of points in the request, including points without a line.
    count: u64,
    bytes: u64,
    request: Request<F>,
}

enum Request<F> {
    UnderWay(Pin<Box<F>>),
    Done(Result<Written, Error>),
}

/// The state of a write after the batches so far.
struct Flow<F> {
    under_way: VecDeque<Sent<F>>,
    done: State,
    progress: Progress,
    report: WriteReport,
    /// The index of the first point that the write has not taken from the caller.
    next: u64,
    /// The error that ended the write.
    failure: Option<Error>,
    /// The first error with which the server refused only individual points. An error that refuses
    /// only individual points does not end the write.
    refusal: Option<Error>,
}

impl<F: Future<Output = Result<Written, Error>>> Flow<F> {
    fn new(done: State) -> Self {
        Self {
            under_way: VecDeque::new(),
            done,
            progress: Progress::default(),
            report: WriteReport::default(),
            next: 0,
            failure: None,
            refusal: None,
        }
    }

    /// Starts to send a batch with this request.
    fn start(&mut self, batch: &Batch, request: F) {
        let points = Span::new(batch, 0..batch.len());
        self.next = points.end(self.next);
        self.under_way.push_back(Sent {
            lines: batch.len() as u64,
            count: batch.len() as u64 + batch.skipped(),
            bytes: batch.bytes().len() as u64,
            points,
            request: Request::UnderWay(Box::pin(request)),
        });
    }

    /// Polls all requests in flight.
    fn poll(&mut self, context: &mut Context<'_>) {
        for sent in &mut self.under_way {
            if let Request::UnderWay(request) = &mut sent.request
                && let Poll::Ready(outcome) = request.as_mut().poll(context)
            {
                sent.request = Request::Done(outcome);
            }
        }
    }

    fn oldest_is_done(&self) -> bool {
        let oldest = self.under_way.front();
        oldest.is_some_and(|sent| matches!(sent.request, Request::Done(_)))
    }

    /// Removes the oldest request, which has finished, and records its result. Returns whether the
    /// write continues after this request.
    fn settle(&mut self) -> bool {
        let Some(sent) = self.under_way.pop_front() else {
            return false;
        };
        let Request::Done(outcome) = sent.request else {
            return false;
        };
        match outcome {
            Ok(written) => {
                self.progress.written.points += written.points;
                self.progress.written.skipped += written.skipped;
                self.report.ledger.note(&sent.points, self.done);
            }
            Err(error) => {
                if !self.note(&sent.points, sent.lines, error) {
                    return false;
                }
            }
        }
        self.progress.points += sent.count;
        self.progress.bytes += sent.bytes;
        true
    }

    /// Records the error of a request for these points. Returns whether the write continues after
    /// this error.
    fn note(&mut self, points: &Span, lines: u64, mut error: Error) -> bool {
        let goes_on = error.kind() == ErrorKind::PartialWrite || !error.rejected().is_empty();
        let state = write::state_of(&error, lines);
        let report = std::mem::take(error.report_mut());
        let is_unnamed = report.rejected.is_empty();
        self.progress.written.points += report.stored;
        self.report.rejected.extend(report.rejected);
        // If a batch was sent in parts, the ledger of its error contains the state of each part.
        if report.ledger.is_empty() {
            self.report.ledger.note(points, state);
        } else {
            self.report.ledger.append(report.ledger);
        }
        if let Some(count) = report.dropped.filter(|_| is_unnamed) {
            self.report.ledger.note_unknown(count, State::Refused);
        }
        if let Some(count) = report.dropped {
            *self.report.dropped.get_or_insert(0) += count;
        }
        let first = if goes_on {
            &mut self.refusal
        } else {
            &mut self.failure
        };
        first.get_or_insert(error);
        goes_on
    }

    fn finish(mut self) -> Finished {
        let written = self.progress.written;
        let failed = self.failure.is_some();
        if failed {
            self.report.ledger.end_before(self.next);
        }
        let ledger = self.report.ledger.clone();
        let error = self.failure.or(self.refusal);
        Finished {
            written,
            error: error.map(|error| error.with_report(self.report)),
            failed,
            ledger,
        }
    }
}
