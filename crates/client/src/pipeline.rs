//! Writing many batches: the next one is made while others travel.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aioinflux_line::Batch;

use crate::dialect::{Target, WriteOptions};
use crate::error::{Error, ErrorKind, WriteReport};
use crate::exchange::Exchange;
use crate::ledger::{Span, State};
use crate::write::{self, Written};

/// A request that travels, or what became of it.
struct Sent<'a> {
    points: Span,
    bytes: u64,
    request: Request<'a>,
}

enum Request<'a> {
    UnderWay(Pin<Box<dyn Future<Output = Result<Written, Error>> + Send + 'a>>),
    Done(Result<Written, Error>),
}

/// What became of the batches so far.
#[derive(Default)]
struct Flow<'a> {
    under_way: VecDeque<Sent<'a>>,
    written: Written,
    bytes: u64,
    report: WriteReport,
    /// What ended the write.
    failure: Option<Error>,
    /// The first refusal of single points, which does not end it.
    refusal: Option<Error>,
}

pub(crate) async fn batches<B, E>(
    exchange: &Exchange,
    batches: impl IntoIterator<Item = Result<B, E>>,
    options: &WriteOptions,
    connections: usize,
    mut progress: impl FnMut(Written, u64),
) -> Result<Written, Error>
where
    B: Into<Arc<Batch>>,
    Error: From<E>,
{
    if connections == 0 {
        return Err(Error::config(
            "connections: expected a number above zero, got 0",
        ));
    }
    let target = exchange.resolve(&options.names).await?;
    let mut batches = batches.into_iter();
    let mut flow = Flow::default();
    loop {
        if flow.under_way.len() < connections && flow.failure.is_none() {
            match batches.next() {
                Some(Ok(batch)) => {
                    flow.start(exchange, &target, batch.into(), options).await;
                    continue;
                }
                Some(Err(error)) => flow.failure = Some(error.into()),
                None if flow.under_way.is_empty() => break,
                None => {}
            }
        }
        let Some(sent) = flow.oldest().await else {
            break;
        };
        if flow.settle(sent) {
            progress(flow.written, flow.bytes);
        }
    }
    flow.finish()
}

impl<'a> Flow<'a> {
    /// Sets a batch on its way, and sees to those that are on theirs.
    async fn start(
        &mut self,
        exchange: &'a Exchange,
        target: &'a Target,
        batch: Arc<Batch>,
        options: &'a WriteOptions,
    ) {
        self.under_way.push_back(Sent {
            points: Span::new(&batch, 0..batch.len()),
            bytes: batch.bytes().len() as u64,
            request: Request::UnderWay(Box::pin(write::batch(exchange, target, batch, options))),
        });
        poll_fn(|context| {
            self.poll(context);
            Poll::Ready(())
        })
        .await;
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        for sent in &mut self.under_way {
            if let Request::UnderWay(request) = &mut sent.request
                && let Poll::Ready(outcome) = request.as_mut().poll(context)
            {
                sent.request = Request::Done(outcome);
            }
        }
    }

    /// Waits for the oldest request, while all of them go on.
    async fn oldest(&mut self) -> Option<Sent<'a>> {
        poll_fn(|context| {
            self.poll(context);
            match self.under_way.front() {
                Some(Sent {
                    request: Request::UnderWay(_),
                    ..
                }) => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        self.under_way.pop_front()
    }

    /// Takes note of what became of a request; whether its points are done with.
    fn settle(&mut self, sent: Sent<'a>) -> bool {
        let Request::Done(outcome) = sent.request else {
            return false;
        };
        match outcome {
            Ok(written) => {
                self.written.points += written.points;
                self.written.skipped += written.skipped;
                self.report.ledger.note(&sent.points, State::Stored);
            }
            Err(mut error) => {
                let goes_on =
                    error.kind() == ErrorKind::PartialWrite || !error.rejected().is_empty();
                let state = write::state_of(&error);
                let report = std::mem::take(error.report_mut());
                let is_unnamed = report.rejected.is_empty();
                self.report.rejected.extend(report.rejected);
                // That of a batch which was sent in parts knows more.
                if report.ledger.is_empty() {
                    self.report.ledger.note(&sent.points, state);
                } else {
                    self.report.ledger.append(report.ledger);
                }
                if let Some(count) = report.dropped.filter(|_| is_unnamed) {
                    self.report.ledger.note_unknown(count, State::Refused);
                }
                if let Some(count) = report.dropped {
                    *self.report.dropped.get_or_insert(0) += count;
                }
                if !goes_on {
                    self.failure.get_or_insert(error);
                    return false;
                }
                self.refusal.get_or_insert(error);
            }
        }
        self.bytes += sent.bytes;
        true
    }

    fn finish(self) -> Result<Written, Error> {
        match self.failure.or(self.refusal) {
            None => Ok(self.written),
            Some(error) => Err(error.with_report(self.report)),
        }
    }
}
