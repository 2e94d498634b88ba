//! Reads an answer as a stream.

use std::fmt;

use crate::answer::{Answer, Collector};
use crate::decode::Event;
use crate::dialect::Kind;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::query::{Query, ReadOptions};
use crate::source::Source;

/// The answer to a query, read event by event.
///
/// Data is read only when it is requested. A slow reader therefore slows the server down, and
/// memory use does not grow with the size of the answer. A stream closes its connection if it is
/// dropped before its end, or if an error ends it.
///
/// `timeout` limits the time until the first event. This time includes waiting for a free slot,
/// sending the query, and reading the head of the answer, or the whole answer if it is an error.
/// For the events of a successful answer, only `read_timeout` applies, and it counts only while
/// [`next`](Self::next) waits for the server.
pub struct Stream {
    source: Source,
    server: String,
}

impl Stream {
    pub(crate) async fn open(
        exchange: &Exchange,
        query: &Query,
        options: &ReadOptions,
        whole: bool,
    ) -> Result<Self, Error> {
        Ok(Self {
            source: Source::open(exchange, query, options, whole).await?,
            server: exchange.config().server().into_owned(),
        })
    }

    /// Returns the next event, or `None` after the last event.
    ///
    /// The future can be dropped and the call repeated (as in `select!`) without losing an event.
    /// `read_timeout` counts from the first call that waits, and continues across calls. If
    /// `read_timeout` expires between two calls, while no call was waiting, it starts again with
    /// the second call.
    ///
    /// # Errors
    ///
    /// The error of a failed statement ([`ErrorKind::Statement`](crate::ErrorKind::Statement))
    /// comes after the events that precede it, and the stream continues after this error. Any other
    /// error, for example because an answer ends early or was truncated, is the last item.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        Some(match self.source.next().await? {
            Ok(Event::StatementError { statement, message }) => {
                Err(self.during(Error::statement_failed(Some(statement), message)))
            }
            Ok(event) => Ok(event),
            Err(error) => Err(self.during(error)),
        })
    }

    /// Returns the number of bytes received so far, after decompression.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.source.received()
    }

    /// Collects all results of the stream. If errors occur, returns the first error together with
    /// all results that arrived.
    pub(crate) async fn collect(mut self) -> Result<Answer, Error> {
        let mut answer = Collector::new();
        let mut first = None;
        while let Some(event) = self.source.next().await {
            match event {
                Ok(event) => {
                    if let Event::StatementError { statement, message } = &event {
                        let error = Error::statement_failed(Some(*statement), message.clone());
                        first.get_or_insert(self.during(error));
                    }
                    answer.push(event);
                }
                Err(error) => {
                    first.get_or_insert(self.during(error));
                }
            }
        }
        match first {
            None => Ok(answer.finish()),
            Some(error) => Err(error.with_answer(answer.finish())),
        }
    }

    fn during(&self, error: Error) -> Error {
        error.during(Kind::Query.name(), &self.server)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
