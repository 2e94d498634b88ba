//! Defines the error of the crate as one opaque type.
//!
//! An [`Error`] contains its kind, and everything that the server sent about it: status, message,
//! code and headers. The error of a write also lists which points were refused, which were written,
//! and which were never sent. The error of a query contains the results that arrived before the
//! query failed. Errors never show a password. The text of a query is not part of its error. An
//! error shows the server's message unchanged, and this message may quote parts of the query or of
//! the points.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::answer::Answer;
use crate::decode::DecodeError;
use crate::ledger::{Ledger, State};

mod retry;
mod text;

pub(crate) use text::excerpt;

/// The kind of an [`Error`]. To distinguish errors in code, use their kind and never the error
/// text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration or an argument is invalid. The client sent nothing.
    Config,
    /// A point cannot be written as a line. The client sent nothing.
    Input,
    /// The server could not be reached.
    Connect,
    /// The server was reached, but the client refused the server's certificate, or the server
    /// refused the client's certificate.
    Tls,
    /// A time limit of the configuration expired.
    Timeout {
        /// The kind of the time limit that expired.
        which: Limit,
    },
    /// The connection to the server broke.
    Transport,
    /// Status 401: the user or the password is wrong or missing.
    Unauthorized,
    /// Status 403: the user lacks the required privilege.
    Forbidden,
    /// Status 404: the database or the path of the request does not exist.
    NotFound,
    /// Status 413: a single line is larger than the server accepts.
    TooLarge,
    /// The server refused some points and stored all others.
    PartialWrite,
    /// The server refused the request, and will refuse it again if it is retried.
    Rejected,
    /// The server failed to process the request. The same request may succeed if it is retried.
    Server,
    /// The answer does not come from InfluxDB, or comes from a generation of InfluxDB that the
    /// client does not expect. Another program answered, or the answer is a redirect.
    Misdirected,
    /// The answer violates the protocol. The answer is damaged or truncated, the answer is not
    /// HTTP, or nothing proves that the answer is complete.
    Decode,
    /// A statement of the query failed, although the answer has the status 200.
    Statement,
    /// The server truncated its answer, and its answer says so.
    Partial,
}

/// A time limit of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The limit on the time to open a connection.
    Connect,
    /// The limit on the time during which no data is sent or received.
    Read,
    /// The limit on the time for a whole request.
    Total,
}

/// A point that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The index of the point in the user's data, if the server's message identifies the point.
    pub index: Option<u64>,
    /// The part of the refused line that the server quoted.
    pub line: String,
    /// The reason why the server refused the point.
    pub reason: String,
}

/// The error type of all calls in this crate.
///
/// The `{}` format shows the error and its cause in one line.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retryable: bool,
    text: String,
    /// The operation that failed, with the URL of the server.
    context: Option<String>,
    /// The server's answer that reported the error.
    said: Option<Said>,
    detail: Detail,
}

/// Details that only errors of writes or of queries have.
#[derive(Default)]
enum Detail {
    #[default]
    None,
    Write(Written),
    Query(Queried),
}

#[derive(Default)]
struct Written {
    /// The error for the point that cannot be encoded as a line.
    input: Option<aioinflux_line::Error>,
    report: WriteReport,
}

#[derive(Default)]
struct Queried {
    statement: Option<u32>,
    /// The error message that the server sent inside an answer.
    message: Option<String>,
    /// The results of the query that arrived before the query failed.
    answer: Option<Answer>,
    raw: Option<Bytes>,
    /// The reason why the answer to the query could not be decoded.
    damage: Option<DecodeError>,
}

/// The state of the points after a write has failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteReport {
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) dropped: Option<u64>,
    /// The number of lines that were stored, if a batch was sent in several requests.
    pub(crate) stored: u64,
    pub(crate) ledger: Ledger,
}

/// The server's answer that reported the error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) message: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// Accessors for the callers of the crate.
impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the same request may succeed if it is retried.
    ///
    /// It is harmless to write a point with a timestamp twice, because the second write overwrites
    /// the first one with the same data. Points without a timestamp may be stored twice if the
    /// write is retried. Only the caller knows whether a query can safely be repeated.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the HTTP status of the server's answer, or `None` if no answer arrived.
    pub fn status(&self) -> Option<u16> {
        self.0.said.as_ref().map(|said| said.status)
    }

    /// Returns the complete error message that the server sent.
    pub fn server_message(&self) -> Option<&str> {
        let said = self
            .0
            .said
            .as_ref()
            .and_then(|said| said.message.as_deref());
        said.or(self.queried().and_then(|query| query.message.as_deref()))
    }

    /// Returns the error code of the server, if it sent one.
    pub fn code(&self) -> Option<&str> {
        self.0.said.as_ref().and_then(|said| said.code.as_deref())
    }

    /// Returns the headers of the answer in their original order, with names in lower case.
    ///
    /// Header values are decoded as UTF-8, with U+FFFD for invalid bytes. Headers with control
    /// characters are left out, because servers use such headers only to repeat text from the body.
    pub fn headers(&self) -> &[(String, String)] {
        self.0.said.as_ref().map_or(&[], |said| &said.headers)
    }

    /// Returns the value of the first header of the answer with this name. Upper and lower case are
    /// equivalent in the name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(self.headers(), name)
    }

    /// Returns the points that the server identified as refused.
    pub fn rejected(&self) -> &[Rejected] {
        self.report().map_or(&[], |report| &report.rejected)
    }

    /// Returns the number of points that the server reports as dropped.
    ///
    /// The number of missing points can be different. The server's number does not include lines
    /// that the server could not parse, and it covers only one shard.
    pub fn dropped(&self) -> Option<u64> {
        self.report().and_then(|report| report.dropped)
    }

    /// Returns the state of the points of the write, if a batch was sent in parts or several
    /// batches were sent.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.report().map(|report| &report.ledger)
    }

    /// Returns the indexes of the points that were stored, if a batch was sent in parts or several
    /// batches were sent.
    pub fn written(&self) -> Vec<Range<u64>> {
        self.points(State::Stored)
    }

    /// Returns the indexes of the points that were not sent, if a batch was sent in parts. Points
    /// that were sent only in a body that the server refused as too large also count as not sent.
    pub fn unsent(&self) -> Vec<Range<u64>> {
        self.points(State::Unsent)
    }

    fn points(&self, state: State) -> Vec<Range<u64>> {
        let ledger = self.ledger().into_iter();
        ledger.flat_map(|ledger| ledger.ranges(state)).collect()
    }

    /// Returns the index of the statement that failed. The first statement of a query has the index
    /// 0.
    pub fn statement(&self) -> Option<u32> {
        self.queried().and_then(|query| query.statement)
    }

    /// Returns the results that the server sent before the query failed.
    pub fn answer(&self) -> Option<&Answer> {
        self.queried().and_then(|query| query.answer.as_ref())
    }

    /// Consumes the error and returns the results that the server sent before the query failed.
    pub fn into_answer(self) -> Option<Answer> {
        match self.0.detail {
            Detail::Query(query) => query.answer,
            _ => None,
        }
    }

    /// Returns the bytes of the answer that contains the error, or the part of the answer that
    /// arrived.
    pub fn raw(&self) -> Option<&Bytes> {
        self.queried().and_then(|query| query.raw.as_ref())
    }

    /// Returns the error of the encoder, if a point cannot be written as a line.
    pub fn input(&self) -> Option<&aioinflux_line::Error> {
        match &self.0.detail {
            Detail::Write(write) => write.input.as_ref(),
            _ => None,
        }
    }

    fn report(&self) -> Option<&WriteReport> {
        match &self.0.detail {
            Detail::Write(write) => Some(&write.report),
            _ => None,
        }
    }

    fn queried(&self) -> Option<&Queried> {
        match &self.0.detail {
            Detail::Query(query) => Some(query),
            _ => None,
        }
    }
}

/// Constructors that only this crate uses.
impl Error {
    pub(crate) fn new(kind: ErrorKind, retryable: bool, text: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            retryable,
            text: text.into(),
            context: None,
            said: None,
            detail: Detail::None,
        }))
    }

    pub(crate) fn config(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, false, text)
    }

    pub(crate) fn timeout(which: Limit, after: Duration) -> Self {
        let what = match which {
            Limit::Connect => "no connection",
            Limit::Read => "no data was sent or received",
            Limit::Total => "not done",
        };
        let name = match which {
            Limit::Connect => "connect_timeout",
            Limit::Read => "read_timeout",
            Limit::Total => "timeout",
        };
        let text = format!("{what} within {after:?} (`{name}`)");
        Self::new(ErrorKind::Timeout { which }, true, text)
    }

    /// Returns the same error, marked as not retryable.
    pub(crate) fn for_good(mut self) -> Self {
        self.0.retryable = false;
        self
    }

    /// Returns the same error for a write in which all points were stored that the server did not
    /// refuse individually.
    pub(crate) fn about_points(mut self) -> Self {
        if self.0.kind == ErrorKind::Rejected {
            self.0.kind = ErrorKind::PartialWrite;
        }
        self
    }

    /// Returns the same error with its cause appended to the text.
    pub(crate) fn because(mut self, cause: &str) -> Self {
        self.0.text = format!("{}: {cause}", self.0.text);
        self
    }

    /// Returns the same error with a hint appended to the text.
    pub(crate) fn hint(mut self, hint: &str) -> Self {
        self.0.text = format!("{}; hint: {hint}", self.0.text);
        self
    }

    pub(crate) fn transport(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transport, true, text)
    }

    /// Returns the error of one statement inside an answer, or of the whole answer.
    pub(crate) fn statement_failed(statement: Option<u32>, message: String) -> Self {
        let text = match statement {
            Some(statement) => format!("statement {statement}: {}", excerpt(&message)),
            None => excerpt(&message),
        };
        let mut error = Self::new(ErrorKind::Statement, false, text);
        let query = error.queried_mut();
        query.statement = statement;
        query.message = Some(message);
        error
    }

    /// Returns the error for an answer that the server truncated.
    pub(crate) fn cut_short(text: &str) -> Self {
        Self::new(ErrorKind::Partial, false, text)
    }

    pub(crate) fn said(mut self, said: Said) -> Self {
        self.0.said = Some(said);
        self
    }

    /// Adds the failed operation (for example `write to`) and the URL of the server to the error.
    pub(crate) fn during(mut self, what: &str, server: &str) -> Self {
        self.0
            .context
            .get_or_insert_with(|| format!("{what} `{server}`"));
        self
    }

    /// Puts the name of the part that is wrong before the text of this error.
    pub(crate) fn of_part(mut self, part: &str) -> Self {
        let context = self
            .0
            .context
            .take()
            .map(|context| format!("{part}: {context}"));
        self.0.context = Some(context.unwrap_or_else(|| part.to_owned()));
        self
    }

    pub(crate) fn with_report(mut self, report: WriteReport) -> Self {
        *self.report_mut() = report;
        self
    }

    pub(crate) fn report_mut(&mut self) -> &mut WriteReport {
        &mut self.written_mut().report
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.queried_mut().answer = Some(answer);
        self
    }

    pub(crate) fn with_raw(mut self, raw: Bytes) -> Self {
        self.queried_mut().raw = Some(raw);
        self
    }

    /// Returns the same error, with the reason why an answer could not be decoded.
    pub(crate) fn with_damage(mut self, damage: DecodeError) -> Self {
        self.queried_mut().damage = Some(damage);
        self
    }

    fn written_mut(&mut self) -> &mut Written {
        let detail = &mut self.0.detail;
        if !matches!(detail, Detail::Write(_)) {
            *detail = Detail::Write(Written::default());
        }
        match detail {
            Detail::Write(write) => write,
            _ => unreachable!("it was made one"),
        }
    }

    fn queried_mut(&mut self) -> &mut Queried {
        let detail = &mut self.0.detail;
        if !matches!(detail, Detail::Query(_)) {
            *detail = Detail::Query(Queried::default());
        }
        match detail {
            Detail::Query(query) => query,
            _ => unreachable!("it was made one"),
        }
    }
}

impl From<aioinflux_line::Error> for Error {
    fn from(source: aioinflux_line::Error) -> Self {
        let mut error = Self::new(ErrorKind::Input, false, source.to_string());
        error.written_mut().input = Some(source);
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(context) = &self.0.context {
            write!(f, "{context}: ")?;
        }
        f.write_str(&self.0.text)?;
        if let Some(ledger) = self.ledger().filter(|ledger| !ledger.is_empty()) {
            write!(f, "; {ledger}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind)
            .field("text", &self.to_string());
        if let Some(status) = self.status() {
            out.field("status", &status);
        }
        if !self.rejected().is_empty() {
            out.field("rejected", &self.rejected().len());
        }
        out.finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    /// Returns the error for the point that cannot be encoded as a line, or the fault in the
    /// answer. The text of the source error is already part of this error's text.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.detail {
            Detail::Write(write) => write.input.as_ref().map(|error| error as _),
            Detail::Query(query) => query.damage.as_ref().map(|error| error as _),
            Detail::None => None,
        }
    }
}

pub(crate) fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}
