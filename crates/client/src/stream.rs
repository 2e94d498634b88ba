//! An answer that is handed out while it comes.

use std::fmt;

use crate::answer::{Answer, Collector};
use crate::decode::{Decoder, Event};
use crate::dialect::{self, Form, Kind, Operation};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http::Body;
use crate::query::{Query, ReadOptions};

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
    decoder: Decoder,
    server: String,
    state: State,
    received: u64,
}

/// Rows that a server puts in a chunk if it is not told.
const SERVER_CHUNK_ROWS: u32 = 10_000;

enum State {
    /// More is to come from the connection. Leaving this state gives it up.
    Open(Box<Body>),
    /// The events of what came are handed out, then this error.
    Broken(Error),
    /// There is nothing more beyond the events of what came.
    Done,
}

impl Stream {
    pub(crate) async fn open(
        exchange: &Exchange,
        query: &Query,
        options: &ReadOptions,
        whole: bool,
    ) -> Result<Self, Error> {
        let operation = Operation::Query {
            query,
            options,
            form: Form::Table,
        };
        let target = exchange.resolve(&query.names).await?;
        let accepted = exchange.send(&target, &operation, whole).await?;
        let (body, format) = accepted.into_answer()?;
        let mut decoder = Decoder::new(format);
        if options.text_views {
            decoder = decoder.text_views();
        }
        if dialect::may_answer_nothing(query.text()) {
            decoder = decoder.may_be_empty();
        }
        let chunk = options.chunk_size.unwrap_or(SERVER_CHUNK_ROWS);
        Ok(Self {
            decoder: if whole {
                decoder.large_batches()
            } else {
                // Readers expect a batch for each chunk that they asked for.
                decoder.batch_rows(chunk as usize)
            },
            server: exchange.config().server().into_owned(),
            state: State::Open(Box::new(body)),
            received: 0,
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
        Some(match self.next_event().await? {
            Ok(Event::StatementError { statement, message }) => {
                Err(self.during(Error::statement_failed(Some(statement), message)))
            }
            other => other,
        })
    }

    /// Bytes of the answer that came so far, after they were inflated.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// The next event, the errors of statements among them.
    async fn next_event(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(event) = self.decoder.next_event() {
                return Some(Ok(event));
            }
            if let State::Open(body) = &mut self.state {
                if let Some(state) = read(body, &mut self.decoder, &mut self.received).await {
                    self.state = state;
                }
                continue;
            }
            return match std::mem::replace(&mut self.state, State::Done) {
                State::Broken(error) => Some(Err(self.during(error))),
                State::Open(_) | State::Done => None,
            };
        }
    }

    /// Everything that comes, or the first error with everything that came.
    pub(crate) async fn collect(mut self) -> Result<Answer, Error> {
        let mut answer = Collector::new();
        let mut first = None;
        while let Some(event) = self.next_event().await {
            match event {
                Ok(event) => {
                    if let Event::StatementError { statement, message } = &event {
                        let error = Error::statement_failed(Some(*statement), message.clone());
                        first.get_or_insert(self.during(error));
                    }
                    answer.push(event);
                }
                Err(error) => {
                    first.get_or_insert(error);
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

/// Reads one piece of the answer, and says what comes after the last one.
async fn read(body: &mut Body, decoder: &mut Decoder, received: &mut u64) -> Option<State> {
    let result = match body.next().await {
        Ok(Some(piece)) => {
            *received += piece.len() as u64;
            decoder.feed(&piece).map(|()| None)
        }
        Ok(None) => decoder.finish(body.end()).map(|()| Some(State::Done)),
        Err(error) => return Some(State::Broken(error)),
    };
    result.unwrap_or_else(|error| Some(State::Broken(error.into())))
}
