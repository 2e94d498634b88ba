//! Bodies of answers: read piece by piece, inflated, and within limits.

use std::pin::pin;

use bytes::Bytes;
use tokio::time::Instant;

use super::carrier::Pieces;
use super::slots::Slot;
use crate::deadline::{Deadline, Silence};
use crate::decode::End;
use crate::error::{Error, ErrorKind, excerpt};
use crate::gzip::Inflater;
use crate::headers::Headers;

/// How a body is coded.
enum Coding {
    Identity,
    Gzip(Box<Inflater>),
    /// One that nobody asked for. It matters only to who reads the body.
    Unknown(String),
}

impl Coding {
    fn of(headers: &Headers) -> Self {
        let is = |value: &str, name: &str| value.eq_ignore_ascii_case(name);
        let mut codings = headers.items("content-encoding");
        codings.retain(|value| !value.is_empty() && !is(value, "identity"));
        match &codings[..] {
            [] => Self::Identity,
            [one] if is(one, "gzip") || is(one, "x-gzip") => Self::Gzip(Box::new(Inflater::new())),
            _ => Self::Unknown(codings.join(", ")),
        }
    }
}

/// Bytes that had come in time if they are there when somebody looks late; after them a limit counts
/// even for who never has to wait.
const IN_TIME: usize = 64 * 1024;

/// The time limits of a body.
pub(super) struct Limits {
    /// That of who reads all of the body at once.
    pub(super) total: Deadline,
    /// That of who reads it piece by piece.
    pub(super) piecewise: Deadline,
    pub(super) silence: Silence,
}

/// The body of an answer, read piece by piece. Dropping it before its end closes the connection.
pub(crate) struct Body {
    source: Pieces,
    coding: Coding,
    end: End,
    limits: Limits,
    /// Bytes as they were sent.
    received: usize,
    ended: bool,
    /// Free again with the end of the body.
    slot: Option<Slot>,
}

impl Body {
    pub(super) fn new(
        source: Pieces,
        headers: &Headers,
        end: End,
        limits: Limits,
        slot: Slot,
    ) -> Self {
        Self {
            source,
            coding: Coding::of(headers),
            end,
            limits,
            received: 0,
            ended: false,
            slot: Some(slot),
        }
    }

    /// The next piece, or nothing after the last one. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.next_within(self.limits.piecewise).await
    }

    async fn next_within(&mut self, limit: Deadline) -> Result<Option<Bytes>, Error> {
        loop {
            match &mut self.coding {
                Coding::Gzip(inflater) => {
                    if let Some(bytes) = inflater.next().map_err(|e| broken_gzip(&e))? {
                        return Ok(Some(bytes));
                    }
                }
                Coding::Unknown(name) => return Err(unknown_coding(name)),
                Coding::Identity => {}
            }
            if self.ended {
                self.slot = None;
                return Ok(None);
            }
            let piece = self.next_as_sent(limit).await?;
            self.ended = piece.is_none();
            match (piece, &mut self.coding) {
                (Some(piece), Coding::Gzip(inflater)) => inflater.feed(piece),
                (Some(piece), _) => return Ok(Some(piece)),
                // A body of nothing is not compressed, whatever its header says.
                (None, Coding::Gzip(inflater)) if self.received > 0 => {
                    let last = inflater.finish().map_err(|e| broken_gzip(&e))?;
                    if last.is_some() {
                        return Ok(last);
                    }
                }
                (None, _) => {}
            }
        }
    }

    /// Whether the end that `next` came to is proven to be that of the whole body.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// The body as far as it comes, at most so many bytes, and whether it came whole. The total
    /// limit applies always.
    pub(crate) async fn collect(&mut self, most: usize) -> (Vec<u8>, Result<(), Error>) {
        let mut all = Vec::new();
        loop {
            match self.next_within(self.limits.total).await {
                Ok(Some(piece)) => {
                    let room = most.saturating_sub(all.len());
                    all.extend_from_slice(&piece[..piece.len().min(room)]);
                    if piece.len() > room {
                        return (all, Err(Error::transport("the answer is too long")));
                    }
                }
                Ok(None) => return (all, Ok(())),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    async fn next_as_sent(&mut self, limit: Deadline) -> Result<Option<Bytes>, Error> {
        let silence = self.limits.silence.deadline(Instant::now());
        let coming = pin!(self.source.next());
        let piece = limit.or_before(silence).run(coming).await??;
        self.limits.silence.end();
        self.received += piece.as_ref().map_or(0, Bytes::len);
        if self.received > IN_TIME {
            limit.check()?;
        }
        Ok(piece)
    }
}

fn unknown_coding(name: &str) -> Error {
    let name = excerpt(name);
    let text = format!("the answer has the unknown content encoding `{name}`");
    Error::new(ErrorKind::Decode, false, text)
}

fn broken_gzip(error: &std::io::Error) -> Error {
    let text = format!("the compressed answer is damaged or ends early: {error}");
    Error::new(ErrorKind::Decode, true, text)
}
