//! Decodes answers that are already in memory: turns bytes into an [`Answer`], with no server
//! involved.
//!
//! Answers in memory are decoded by the same decoders, and with the same errors, as answers from a
//! server.

use crate::answer::{Answer, Collector};
use crate::decode::raw::{self, Verdict};
use crate::decode::{DecodeError, DecodeErrorKind, Decoder, End, Event, Format, SeriesHeader};
use crate::error::{Error, ErrorKind, excerpt};

/// The number of bytes of a body that are decoded at a time, which stay in the CPU cache.
const PIECE: usize = 1 << 18;

/// Decodes the body of an answer from `/query`. The body is one JSON document, or the documents of
/// a chunked answer.
///
/// # Errors
///
/// Fails if a statement of the query failed, or if the body is damaged or truncated. The error
/// contains the results that precede the failure ([`Error::answer`]).
///
/// ```
/// use aioinflux::decode::Format;
///
/// # fn main() -> Result<(), aioinflux::Error> {
/// let body = br#"{"results":[{"statement_id":0,"series":[
///     {"name":"cpu","columns":["time","load"],"values":[[1700000000000000000,0.5]]}]}]}"#;
/// let answer = aioinflux::parse_answer(body, Format::Json)?;
/// assert_eq!(answer.rows(), 1);
/// # Ok(())
/// # }
/// ```
pub fn parse_answer(body: &[u8], format: Format) -> Result<Answer, Error> {
    let mut parser = AnswerParser::new(format);
    parser.feed(body);
    parser.finish()
}

/// Checks the JSON body of an answer without decoding it, for callers that pass the body on
/// unchanged.
///
/// # Errors
///
/// Fails if a statement of the query failed, or if the server's row limit truncated the answer.
/// Also fails if the body is damaged or truncated.
pub fn check_answer(body: &[u8]) -> Result<(), Error> {
    check_json(body).map_err(in_memory)
}

/// Checks a body that came from a server, and that is passed on unchanged.
pub(crate) fn check(body: &[u8], format: Format) -> Result<(), Error> {
    if format == Format::Json {
        return check_json(body);
    }
    let mut decoder = Decoder::new(format);
    for piece in body.chunks(PIECE) {
        decoder.feed(piece)?;
        while decoder.next_event().is_some() {}
    }
    Ok(decoder.finish(End::Proven)?)
}

fn check_json(body: &[u8]) -> Result<(), Error> {
    Err(match raw::check(body) {
        Verdict::Whole => return Ok(()),
        Verdict::Error(message) => Error::statement_failed(None, message),
        Verdict::StatementErrors(errors) => match errors.into_iter().next() {
            Some((statement, message)) => Error::statement_failed(Some(statement), message),
            None => return Ok(()),
        },
        Verdict::Partial { statement } => Error::cut_short(&format!(
            "statement {statement}: the row limit of the server truncated the answer"
        )),
        Verdict::Truncated(text) => {
            let text = format!("the answer ends early: {text}");
            Error::new(ErrorKind::Decode, true, text)
        }
        Verdict::Malformed(text) => {
            let text = format!("the answer is malformed: {}", excerpt(&text));
            Error::new(ErrorKind::Decode, false, text)
        }
    })
}

/// Decodes the body of an answer batch by batch, so that at most one decoded batch is in memory.
///
/// Each item of the iterator is an answer that contains one batch of one series. The last item of
/// the iterator may be an error. For the possible errors, see [`parse_answer`].
pub fn parse_batches<B: AsRef<[u8]>>(body: B, format: Format) -> Batches<B> {
    Batches {
        decoder: Decoder::new(format),
        body,
        at: 0,
        header: None,
        end: None,
    }
}

/// An iterator over the batches of an answer whose body is in memory (see [`parse_batches`]).
#[derive(Debug)]
pub struct Batches<B> {
    decoder: Decoder,
    body: B,
    at: usize,
    header: Option<SeriesHeader>,
    /// The result of decoding the answer, once the answer has ended.
    end: Option<Result<(), DecodeError>>,
}

impl<B: AsRef<[u8]>> Iterator for Batches<B> {
    type Item = Result<Answer, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.decoder.next_event() {
                Some(Event::Series(header)) => self.header = Some(header),
                Some(Event::Batch(batch)) if batch.num_rows() > 0 => {
                    if let Some(header) = &self.header {
                        return Some(Ok(Answer::of_batch(header, batch)));
                    }
                }
                Some(Event::StatementError { statement, message }) => {
                    return Some(Err(Error::statement_failed(Some(statement), message)));
                }
                Some(_) => {}
                None => match self.end.replace(Ok(())) {
                    None => self.end = self.feed(),
                    Some(Ok(())) => return None,
                    Some(Err(error)) => return Some(Err(in_memory(error.into()))),
                },
            }
        }
    }
}

impl<B> Batches<B> {
    /// Decodes text columns as `Utf8View` (see [`Decoder::text_views`]).
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.decoder = self.decoder.text_views();
        self
    }
}

impl<B: AsRef<[u8]>> Batches<B> {
    /// Decodes the next piece of the body. Returns the result of decoding if the answer has ended.
    fn feed(&mut self) -> Option<Result<(), DecodeError>> {
        let rest = &self.body.as_ref()[self.at..];
        if rest.is_empty() {
            return Some(self.decoder.finish(End::Proven));
        }
        let piece = &rest[..PIECE.min(rest.len())];
        self.at += piece.len();
        self.decoder.feed(piece).err().map(Err)
    }
}

/// Decodes the body of an answer piece by piece, and collects the results.
#[derive(Debug)]
pub struct AnswerParser {
    decoder: Decoder,
    answer: Collector,
    /// The first error in the answer. The answer can continue after one statement fails.
    error: Option<Error>,
}

impl AnswerParser {
    /// Returns a parser for one answer.
    pub fn new(format: Format) -> Self {
        Self {
            decoder: Decoder::new(format).large_batches(),
            answer: Collector::new(),
            error: None,
        }
    }

    /// Decodes text columns as `Utf8View` (see [`Decoder::text_views`]).
    #[must_use]
    pub fn text_views(mut self) -> Self {
        self.decoder = self.decoder.text_views();
        self
    }

    /// Decodes the next piece of the body. This call returns no errors; [`finish`](Self::finish)
    /// returns them at the end of the body.
    pub fn feed(&mut self, piece: &[u8]) {
        let fed = self.decoder.feed(piece);
        self.collect(fed);
    }

    /// Tells the parser that the body has ended, and returns the decoded answer.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`parse_answer`].
    pub fn finish(mut self) -> Result<Answer, Error> {
        let ended = self.decoder.finish(End::Proven);
        self.collect(ended);
        let answer = self.answer.finish();
        match self.error {
            None => Ok(answer),
            Some(error) => Err(in_memory(error).with_answer(answer)),
        }
    }

    fn collect(&mut self, outcome: Result<(), DecodeError>) {
        while let Some(event) = self.decoder.next_event() {
            if let Event::StatementError { statement, message } = &event {
                self.error.get_or_insert_with(|| {
                    Error::statement_failed(Some(*statement), message.clone())
                });
            }
            self.answer.push(event);
        }
        if let Err(error) = outcome {
            self.error.get_or_insert_with(|| error.into());
        }
    }
}

/// Marks a decoding error as not retryable, because a retry would decode the same bytes again.
fn in_memory(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Decode => error.for_good(),
        _ => error,
    }
}

/// Returns the error for an answer that ends when the connection closes. When the connection closes
/// after a complete document, more documents may have been lost. 1.x answers some statements in
/// several results, and does not mark these results as partial. Therefore an answer without a
/// proven end is refused, and a retry would be refused too.
pub(crate) fn unproven() -> Error {
    let text = "the answer may be incomplete: it has neither a length nor chunks, as from \
                a proxy that speaks HTTP/1.0; hint: make all proxies use HTTP/1.1";
    Error::new(ErrorKind::Decode, false, text)
}

/// Converts the error of a decoder to the error of a query.
impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        match (error.kind(), error.server_message()) {
            (_, Some(message)) => Self::statement_failed(None, message.to_owned()),
            (DecodeErrorKind::Partial, _) => Self::cut_short(&error.to_string()),
            (DecodeErrorKind::Unproven, _) => unproven(),
            (DecodeErrorKind::Incomplete, _) => {
                Self::new(ErrorKind::Decode, true, error.to_string()).with_damage(error)
            }
            _ => {
                let text = excerpt(&error.to_string());
                Self::new(ErrorKind::Decode, false, text).with_damage(error)
            }
        }
    }
}
