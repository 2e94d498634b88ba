//! Reads an answer as a stream.

use std::fmt;

use aioinflux_line::Dialect;

use crate::answer::{Answer, Collector};
use crate::decode::Event;
use crate::dialect::{self, Kind};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::query::{Query, ReadOptions};
use crate::source::Source;

/// The answer to a query, which the caller reads event by event.
///
/// The stream reads data from the server only when the caller requests an event. A slow reader of a
/// stream therefore slows the server down, and memory use does not grow with the size of the
/// answer. A stream closes its connection if it is dropped before its end, or if an error ends it.
///
/// The option `timeout` limits the time until the first event. The time until the first event
/// includes waiting for a free slot, sending the query, and reading the head of the answer. If the
/// answer is an error, `timeout` also limits the time for reading the whole answer. While the
/// events of a successful answer are read, only `read_timeout` applies. `read_timeout` counts only
/// while [`next`](Self::next) waits for the server.
pub struct Stream {
    source: Source,
    server: String,
    dialect: Dialect,
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
            dialect: exchange.dialect().await?,
        })
    }

    /// Returns the next event, or `None` after the last event.
    ///
    /// If the future of this call is dropped and the call is repeated (as in `select!`), no event
    /// is lost. `read_timeout` starts with the first call that waits, and the next calls continue
    /// it. If `read_timeout` expires while no call is waiting, it starts again with the next call.
    ///
    /// # Errors
    ///
    /// If a statement fails, its error ([`ErrorKind::Statement`](crate::ErrorKind::Statement)) is
    /// returned after the events that precede it, and the stream then continues. Any error that is
    /// not about a failed statement is the last item of the stream. For example, the answer may
    /// have ended early or been truncated.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        Some(match self.source.next().await? {
            Ok(Event::StatementError { statement, message }) => {
                Err(self.during(Error::statement_failed(Some(statement), message)))
            }
            Ok(event) => Ok(event),
            Err(error) => Err(self.during(error)),
        })
    }

    /// Returns the number of bytes of the answer that were received so far, after decompression.
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
        dialect::explained(self.dialect, error).during(Kind::Query.name(), &self.server)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
