//! Where the events of an answer come from.

use crate::decode::{Decoder, Event};
use crate::dialect::{self, Form, Operation};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http::Body;
use crate::query::{Query, ReadOptions};

/// Rows that a server puts in a chunk if it is not told.
const SERVER_CHUNK_ROWS: u32 = 10_000;

/// The events of an answer: schemas, batches, messages and failures of statements, in order. After
/// the last one the end is proven; whatever else ends it is an error.
///
/// Nothing is read ahead of what is asked for. Dropping a source before its end closes its
/// connection; so does an error.
pub(crate) enum Source {
    /// A body of HTTP that a decoder reads.
    Body(BodySource),
}

impl Source {
    /// Asks a question. A `whole` answer is kept, and comes in as few batches as can be.
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
        let decoder = if whole {
            decoder.large_batches()
        } else {
            // Readers expect a batch for each chunk that they asked for.
            decoder.batch_rows(chunk as usize)
        };
        Ok(Self::Body(BodySource {
            decoder,
            state: State::Open(Box::new(body)),
            received: 0,
        }))
    }

    /// The next event; nothing after the last one, and after an error. May be dropped and called
    /// again without losing an event.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Error>> {
        match self {
            Self::Body(body) => body.next().await,
        }
    }

    /// Bytes of the answer that came so far, after they were inflated.
    pub(crate) const fn received(&self) -> u64 {
        match self {
            Self::Body(body) => body.received,
        }
    }
}

pub(crate) struct BodySource {
    decoder: Decoder,
    state: State,
    received: u64,
}

enum State {
    /// More is to come from the connection. Leaving this state gives it up.
    Open(Box<Body>),
    /// The events of what came are handed out, then this error.
    Broken(Error),
    /// There is nothing more beyond the events of what came.
    Done,
}

impl BodySource {
    async fn next(&mut self) -> Option<Result<Event, Error>> {
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
                State::Broken(error) => Some(Err(error)),
                State::Open(_) | State::Done => None,
            };
        }
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
