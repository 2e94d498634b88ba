//! Reads the events of an answer.

use crate::decode::{Decoder, Event};
use crate::dialect::{self, Form, Kind, Operation};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http::Body;
use crate::query::{Query, ReadOptions};

/// The number of rows that a server puts into a chunk by default.
const SERVER_CHUNK_ROWS: u32 = 10_000;

/// A source of the events of an answer, in order: schemas, batches, messages, and errors of
/// statements. After the last event of a source, the end of its answer is proven. If an answer ends
/// without a proven end, the source returns an error.
///
/// The source reads data only when an event is requested. The connection is closed if a source is
/// dropped before its end, or if it returns an error.
pub(crate) enum Source {
    /// An HTTP body, which a decoder reads.
    Body(BodySource),
}

impl Source {
    /// Sends a query. If `whole` is true, the caller collects the whole answer, and its rows arrive
    /// in as few batches as possible.
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
        let language = dialect::language_of(query, target.dialect());
        let answer = accepted.into_answer(language);
        let (body, format) = answer
            .map_err(|error| error.during(Kind::Query.name(), &exchange.config().server()))?;
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
            // Callers that read a stream expect one batch for each chunk of the answer.
            decoder.batch_rows(chunk as usize)
        };
        Ok(Self::Body(BodySource {
            decoder,
            state: State::Open(Box::new(body)),
            received: 0,
        }))
    }

    /// Returns the next event of the answer. Returns `None` after the last event, and after an
    /// error. The future may be dropped and `next` called again without losing an event.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Error>> {
        match self {
            Self::Body(body) => body.next().await,
        }
    }

    /// Returns the number of bytes of the answer that have been read so far, after decompression.
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
    /// The body of the answer may contain more data. When the source leaves the state `Open`, the
    /// connection is closed.
    Open(Box<Body>),
    /// The source returns the events that have arrived, and after them this error.
    Broken(Error),
    /// The source returns only the events that have already arrived, and then ends.
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

/// Reads one piece of the answer. Returns the new state of the source if the answer has ended, with
/// or without an error.
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
