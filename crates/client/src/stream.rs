//! An answer that is handed out while it comes.

use std::fmt;

use crate::answer::{Answer, Collector};
use crate::decode::Event;
use crate::dialect::Kind;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::query::{Query, ReadOptions};
use crate::source::Source;

/// The answer of a query, event by event.
///
/// Nothing is read ahead of what is asked for: a slow reader slows the server down, and the memory
/// in use does not grow with the answer. Dropping a stream before its end closes its connection;
/// so does an error that ends it.
///
/// `timeout` limits the way to the first event: waiting for a turn, sending the query, the head of
/// the answer, and all of an answer that is an error. The events of a good answer have
/// `read_timeout` only, which counts while [`next`](Self::next) waits for the server.
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

    /// The next event, or nothing after the last one.
    ///
    /// May be dropped and called again (in `select!`) without losing an event. `read_timeout`
    /// counts from the first call that waits and goes on across calls. If it runs out between two
    /// calls, when nobody waited, it starts anew with the second.
    ///
    /// # Errors
    ///
    /// A statement that failed ([`ErrorKind::Statement`](crate::ErrorKind::Statement)) comes as an error after the events of
    /// what succeeded before, and the stream goes on behind it. Any other error, an answer that
    /// ends early or was cut, is the last item.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        Some(match self.source.next().await? {
            Ok(Event::StatementError { statement, message }) => {
                Err(self.during(Error::statement_failed(Some(statement), message)))
            }
            Ok(event) => Ok(event),
            Err(error) => Err(self.during(error)),
        })
    }

    /// Bytes of the answer that came so far, after they were inflated.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.source.received()
    }

    /// Everything that comes, or the first error with everything that came.
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
