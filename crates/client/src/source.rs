//! Where the events of an answer come from.

use crate::decode::{Decoder, Event};
use crate::dialect::{self, Form, Operation};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http::Body;
use crate::query::{Query, ReadOptions};

/// Default number of rows that a server puts into a chunk.
const SERVER_CHUNK_ROWS: u32 = 10_000;

/// The events of an answer: schemas, batches, messages and failures of statements, in order. After
/// the last one the end is proven; anything else that ends the answer is an error.
///
/// Nothing is read before it is requested. Dropping a source before its end closes its connection;
/// so does an error.
pub(crate) enum Source {
    /// An HTTP body that a decoder reads.
    Body(BodySource),
}

impl Source {
    /// Sends a query. A `whole` answer is collected, and comes in as few batches as possible.
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
            // Readers expect a batch for each chunk that they requested.
            decoder.batch_rows(chunk as usize)
        };
        Ok(Self::Body(BodySource {
            decoder,
            state: State::Open(Box::new(body)),
            received: 0,
        }))
    }

    /// The next event. `None` after the last event or after an error. The future may be dropped and
    /// the call repeated without losing an event.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Error>> {
        match self {
            Self::Body(body) => body.next().await,
        }
    }

    /// Bytes of the answer so far, after decompression.
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
    /// The connection will deliver more. Leaving this state closes it.
    Open(Box<Body>),
    /// The events that have arrived are returned, then this error.
    Broken(Error),
    /// There are no more events than those that have arrived.
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

/// Reads one piece of the answer. After the last one, returns what follows it.
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
