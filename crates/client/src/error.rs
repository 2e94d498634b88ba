//! What can go wrong, as one opaque type.
//!
//! An [`Error`] says its kind, and what the server said: status, message, code, headers. For a
//! write it says which points were refused, written or never sent; for a query it keeps what
//! succeeded before. It shows no password, and no text of a query of its own accord; the server's
//! words are shown as they came, and may quote a part of the query or of the points.

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

/// What kind of error it is. Decide by it, never by the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration or an argument cannot be used; nothing was sent.
    Config,
    /// A point cannot be written as a line; nothing was sent.
    Input,
    /// The server could not be reached.
    Connect,
    /// The server was reached, and its certificate or ours refused.
    Tls,
    /// A time limit of the configuration ran out.
    Timeout {
        /// The limit that ran out.
        which: Limit,
    },
    /// The connection broke.
    Transport,
    /// 401: user or password are wrong or missing.
    Unauthorized,
    /// 403: the user may not do this.
    Forbidden,
    /// 404: the database, or the path, does not exist.
    NotFound,
    /// 413: one single line is larger than the server takes.
    TooLarge,
    /// Some points were refused, others stored.
    PartialWrite,
    /// The server refused the request for good.
    Rejected,
    /// The server failed; the same request can succeed later.
    Server,
    /// The answer is not one of InfluxDB: another program listens there, or a redirect.
    Misdirected,
    /// The answer is not what the protocol says: damaged, cut off, not HTTP, or without a proof of
    /// its end.
    Decode,
    /// A statement failed inside an answer of status 200.
    Statement,
    /// The server cut its answer short and said so.
    Partial,
}

/// A time limit of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The time to open a connection.
    Connect,
    /// The time in which nothing moves.
    Read,
    /// The time for a whole request.
    Total,
}

/// A point that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The user's index of the point, where what the server said tells it.
    pub index: Option<u64>,
    /// The line, as far as the server showed it.
    pub line: String,
    /// Why it was refused.
    pub reason: String,
}

/// Anything that can go wrong between a caller and the server.
///
/// `{}` shows what happened in one line, its cause included.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retryable: bool,
    text: String,
    /// During what it happened.
    context: Option<String>,
    /// The reply that makes the error.
    said: Option<Said>,
    detail: Detail,
}

/// What only errors of writes, or of queries, know.
#[derive(Default)]
enum Detail {
    #[default]
    None,
    Write(Written),
    Query(Queried),
}

#[derive(Default)]
struct Written {
    /// The point that has no line.
    input: Option<aioinflux_line::Error>,
    report: WriteReport,
}

#[derive(Default)]
struct Queried {
    statement: Option<u32>,
    /// What the server said inside an answer.
    message: Option<String>,
    /// What came before the error.
    answer: Option<Answer>,
    raw: Option<Bytes>,
    /// Why the answer could not be read.
    damage: Option<DecodeError>,
}

/// What became of the points of a write that did not succeed.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteReport {
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) dropped: Option<u64>,
    pub(crate) ledger: Ledger,
}

/// The reply of a server that makes the error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) message: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// What callers ask.
impl Error {
    /// The kind of error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same request can be expected to succeed later.
    ///
    /// Writing a point again does no harm if it carries a timestamp: it overwrites itself. Points
    /// without one may be stored twice. Whether a query may run again is the caller's to know.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The status of the answer, where one came.
    pub fn status(&self) -> Option<u16> {
        self.0.said.as_ref().map(|said| said.status)
    }

    /// What the server said, whole.
    pub fn server_message(&self) -> Option<&str> {
        let said = self
            .0
            .said
            .as_ref()
            .and_then(|said| said.message.as_deref());
        said.or(self.queried().and_then(|query| query.message.as_deref()))
    }

    /// The server's own code of the error, where it has one.
    pub fn code(&self) -> Option<&str> {
        self.0.said.as_ref().and_then(|said| said.code.as_deref())
    }

    /// The headers of the answer, in the order in which they came, names in lower case.
    ///
    /// Values are read as UTF-8, with U+FFFD for what is none. Headers that hold control characters
    /// are left out; servers repeat in them what the body says.
    pub fn headers(&self) -> &[(String, String)] {
        self.0.said.as_ref().map_or(&[], |said| &said.headers)
    }

    /// The first header of the answer with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(self.headers(), name)
    }

    /// The points that the server refused, as far as it told them one by one.
    pub fn rejected(&self) -> &[Rejected] {
        self.report().map_or(&[], |report| &report.rejected)
    }

    /// How many points the server says that it dropped.
    ///
    /// It is no count of what is missing: lines that it could not parse are not in it, and it
    /// covers one shard only.
    pub fn dropped(&self) -> Option<u64> {
        self.report().and_then(|report| report.dropped)
    }

    /// What became of the points, where a batch was sent in parts, or several were.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.report().map(|report| &report.ledger)
    }

    /// The indexes of points that were stored, where a batch was sent in parts, or several were.
    pub fn written(&self) -> Vec<Range<u64>> {
        self.points(State::Stored)
    }

    /// The indexes of points that were never sent, or only as part of a body that the server
    /// refused as too large, where a batch was sent in parts.
    pub fn unsent(&self) -> Vec<Range<u64>> {
        self.points(State::Unsent)
    }

    fn points(&self, state: State) -> Vec<Range<u64>> {
        let ledger = self.ledger().into_iter();
        ledger.flat_map(|ledger| ledger.ranges(state)).collect()
    }

    /// The statement that failed, counted from 0.
    pub fn statement(&self) -> Option<u32> {
        self.queried().and_then(|query| query.statement)
    }

    /// What a query had answered before it failed.
    pub fn answer(&self) -> Option<&Answer> {
        self.queried().and_then(|query| query.answer.as_ref())
    }

    /// Takes out what a query had answered before it failed.
    pub fn into_answer(self) -> Option<Answer> {
        match self.0.detail {
            Detail::Query(query) => query.answer,
            _ => None,
        }
    }

    /// The raw answer that holds the error, as far as it came.
    pub fn raw(&self) -> Option<&Bytes> {
        self.queried().and_then(|query| query.raw.as_ref())
    }

    /// The error of the point that could not be written as a line.
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

/// How the crate makes them.
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

    /// The same error, which no further try changes.
    pub(crate) fn for_good(mut self) -> Self {
        self.0.retryable = false;
        self
    }

    /// The same error, with its cause.
    pub(crate) fn because(mut self, cause: &str) -> Self {
        self.0.text = format!("{}: {cause}", self.0.text);
        self
    }

    pub(crate) fn transport(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transport, true, text)
    }

    /// A statement's error inside an answer, or that of the whole answer.
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

    /// The server cut its answer.
    pub(crate) fn cut_short(text: &str) -> Self {
        Self::new(ErrorKind::Partial, false, text)
    }

    pub(crate) fn said(mut self, said: Said) -> Self {
        self.0.said = Some(said);
        self
    }

    /// Says during what it happened: `write to`, and the server's URL.
    pub(crate) fn during(mut self, what: &str, server: &str) -> Self {
        self.0
            .context
            .get_or_insert_with(|| format!("{what} `{server}`"));
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

    /// The same error, since an answer could not be read.
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
    /// The point that has no line, or what is wrong with the answer. Its text is a part of this one's.
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
