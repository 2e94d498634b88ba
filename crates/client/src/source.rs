//! The source of an answer's events.

use crate::decode::{Decoder, Event};
use crate::dialect::{self, Form, Operation};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http::Body;
use crate::query::{Query, ReadOptions};

/// The default number of rows that a server puts into a chunk.
const SERVER_CHUNK_ROWS: u32 = 10_000;

/// The events of an answer in order: schemas, batches, messages, and errors of statements. After
/// the last event, the end of the answer is proven; if the answer ends in any other way, the source
/// returns an error.
///
/// The source reads nothing before an event is requested. Dropping a source before its end closes
/// its connection, and so does an error.
pub(crate) enum Source {
    /// An HTTP body that a decoder reads.
    Body(BodySource),
}

impl Source {
    /// Sends a query. If `whole` is true, the answer is collected, and arrives in as few batches as
    /// possible.
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
            // Callers that read a stream expect one batch for each chunk that they requested.
            decoder.batch_rows(chunk as usize)
        };
        Ok(Self::Body(BodySource {
            decoder,
            state: State::Open(Box::new(body)),
            received: 0,
        }))
    }

    /// Returns the next event. Returns `None` after the last event or after an error. The future
    /// may be dropped and the call repeated without losing an event.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Error>> {
        match self {
            Self::Body(body) => body.next().await,
        }
    }

    /// Returns the number of bytes of the answer so far, after decompression.
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
    /// The connection will deliver more data. Leaving this state closes the connection.
    Open(Box<Body>),
    /// The source returns the events that have arrived, and then this error.
    Broken(Error),
    /// The source returns only the events that have already arrived.
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

/// Reads one piece of the answer. Returns the new state if the answer has ended.
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
