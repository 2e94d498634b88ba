//! Reads answer bodies piece by piece, decompresses them, and enforces limits.

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

/// The content encoding of an answer body.
enum Coding {
    Identity,
    Gzip(Box<Inflater>),
    /// A content encoding that the request did not allow. An unknown content encoding is an error
    /// only if the body is read.
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

/// The number of bytes at the start of an answer body for which the deadline is not enforced. These
/// bytes may have arrived in time. For later bytes of the body, the deadline applies even if the
/// reader never has to wait.
const IN_TIME: usize = 64 * 1024;

/// The time limits for reading the body of an answer.
pub(super) struct Limits {
    /// The time limit for a caller that reads the whole body at once.
    pub(super) total: Deadline,
    /// The time limit for a caller that reads the body piece by piece.
    pub(super) piecewise: Deadline,
    pub(super) silence: Silence,
}

/// The body of an answer, which is read piece by piece. Dropping the body before its end closes the
/// connection.
pub(crate) struct Body {
    source: Pieces,
    coding: Coding,
    end: End,
    limits: Limits,
    /// The number of bytes of the body received so far, before decompression.
    received: usize,
    ended: bool,
    /// The request's slot, which is released at the end of the body.
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

    /// Returns the next piece of the body, or `None` after the last piece. The future that `next`
    /// returns may be dropped, and `next` may then be called again.
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
                // An empty body is not compressed, whatever its `content-encoding` header says.
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

    /// Whether the end of the body that `next` reached is proven to be the end of the whole body.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// Collects the body, but at most `most` bytes of it. Returns an error with the collected bytes
    /// if the body is incomplete. While the body is collected, the total time limit applies even
    /// for a stream.
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
