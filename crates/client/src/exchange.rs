//! Runs one exchange with the server: sends the request of an operation, and decides what the
//! answer means.
//!
//! Writes, queries and streams all use this module. This module does not interpret the content of
//! requests and answers.

use std::convert::identity;
use std::fmt;
use std::pin::pin;
use std::time::Instant;

use aioinflux_line::Dialect;

use crate::config::{Config, Names};
use crate::credentials::Credentials;
use crate::deadline::Deadline;
use crate::decode::Format;
use crate::dialect::{self, Kind, Operation, Pinged, Target, Verdict, detect};
use crate::error::{Error, ErrorKind, Limit};
use crate::generation::Generation;
#[cfg(all(unix, feature = "event-loop"))]
use crate::http::Reactor;
use crate::http::{self, Body, Http, Reply};
use crate::query::Language;

/// The maximum number of bytes that are read from the body of an error. The lines of a write, which
/// the server's error may quote, do not count.
const ERROR_BYTES: usize = 64 * 1024;

/// A configuration, and the connections to its server. Clones of an exchange share the
/// configuration and the connections.
#[derive(Clone)]
pub(crate) struct Exchange {
    credentials: Credentials,
    http: Http,
    generation: Generation,
}

impl fmt::Debug for Exchange {
    /// Shows only the configuration. The connections are not shown, because they contain the
    /// password of a proxy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// A successful answer whose body has not been read yet.
pub(crate) struct Accepted {
    pub(crate) reply: Reply,
    pub(crate) format: Option<Format>,
}

impl Exchange {
    /// Creating an exchange opens no connection and needs no runtime.
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let http = http::build(&config)?;
        Ok(Self {
            generation: Generation::of(&config.server()),
            credentials: Credentials::new(config),
            http,
        })
    }

    /// Returns an exchange with the same configuration and separate connections, which the host's
    /// event loop drives.
    #[cfg(all(unix, feature = "event-loop"))]
    pub(crate) fn driven_by(&self, reactor: &Reactor) -> Option<Self> {
        Some(Self {
            credentials: self.credentials.clone(),
            http: self.http.driven_by(self.config(), reactor)?,
            generation: self.generation.clone(),
        })
    }

    pub(crate) fn is_unverified(&self) -> bool {
        self.http.is_unverified()
    }

    pub(crate) fn config(&self) -> &Config {
        self.credentials.stated()
    }

    /// Returns the generation of the server, if it is known without a request. The generation is
    /// known if the configuration determines it, or if the server has been asked for it.
    pub(crate) fn known_dialect(&self) -> Option<Dialect> {
        dialect::known(self.config().stated_dialect(), self.config().auth_given())
            .or_else(|| self.generation.get())
    }

    /// Returns the generation of the server. The server is asked only if the configuration does not
    /// determine the generation, and only once for all clients with the same server address.
    pub(crate) async fn dialect(&self) -> Result<Dialect, Error> {
        if let Some(dialect) = self.known_dialect() {
            return Ok(dialect);
        }
        // Another client may be asking, whose limit may be longer.
        let limit = Deadline::new(self.config().total_limit(), Limit::Total);
        let asked = pin!(self.generation.get_or_ask(|| self.ask()));
        let asked = limit.run(asked).await.and_then(identity);
        asked.map_err(|error| error.during(Kind::Ping.name(), &self.config().server()))
    }

    /// Asks the server for its generation, and adds the URL of the server to the error.
    async fn ask(&self) -> Result<Dialect, Error> {
        let asked = self.ask_server().await;
        asked.map_err(|error| error.during(Kind::Ping.name(), &self.config().server()))
    }

    async fn ask_server(&self) -> Result<Dialect, Error> {
        let first = self.ping(detect::FIRST).await?;
        match detect::of_ping(&first)? {
            Some(dialect) => Ok(dialect),
            None => detect::of_second_ping(&first, &self.ping(detect::SECOND).await?),
        }
    }

    /// Pings the server with this query string.
    async fn ping(&self, keys: Option<&str>) -> Result<Pinged, Error> {
        let target = detect::target()?;
        let config = self.credentials.current().await?;
        let pinged = self.ping_with(&config, &target, keys).await;
        match self.credentials.changed(&config, &pinged).await? {
            Some(config) => self.ping_with(&config, &target, keys).await,
            None => pinged,
        }
    }

    async fn ping_with(
        &self,
        config: &Config,
        target: &Target,
        keys: Option<&str>,
    ) -> Result<Pinged, Error> {
        let mut request = dialect::request(config, target, &Operation::Ping)?;
        request.url.set_query(keys);
        let mut reply = self.http.send(request, true).await?;
        let pinged = Pinged {
            body: reply.error_text(ERROR_BYTES).await,
            status: reply.status,
            headers: reply.headers,
        };
        match dialect::classify(
            target,
            Kind::Ping,
            pinged.status,
            &pinged.headers,
            &pinged.body,
        ) {
            Verdict::Refused(failure) if pinged.status >= 400 => Err(failure.into()),
            _ => Ok(pinged),
        }
    }

    /// Returns the target of a call that uses the given names. The server's generation determines
    /// in which terms the target is stated, and how lines are encoded.
    pub(crate) async fn resolve(&self, names: &Names) -> Result<Target, Error> {
        let dialect = self.dialect().await?;
        Target::new(dialect, names.or(self.config().names()))
    }

    /// Sends an operation and decides what the answer means.
    pub(crate) async fn send(
        &self,
        target: &Target,
        operation: &Operation<'_>,
        whole: bool,
    ) -> Result<Accepted, Error> {
        let kind = operation.kind();
        let sent = self.send_with_token(target, operation, whole).await;
        sent.map_err(|error| error.during(kind.name(), &self.config().server()))
    }

    /// Sends an operation, and sends it again if the server refuses the token and the token has
    /// changed since it was read.
    async fn send_with_token(
        &self,
        target: &Target,
        operation: &Operation<'_>,
        whole: bool,
    ) -> Result<Accepted, Error> {
        let config = self.credentials.current().await?;
        let sent = self.exchange(&config, target, operation, whole).await;
        match self.credentials.changed(&config, &sent).await? {
            Some(config) => self.exchange(&config, target, operation, whole).await,
            None => sent,
        }
    }

    async fn exchange(
        &self,
        config: &Config,
        target: &Target,
        operation: &Operation<'_>,
        whole: bool,
    ) -> Result<Accepted, Error> {
        let kind = operation.kind();
        let request = dialect::request(config, target, operation)?;
        let (path, bytes) = (request.url.path().to_owned(), request.body.len());
        let most = match operation {
            // The error messages in the answer may quote the lines of the request.
            Operation::Write { .. } => ERROR_BYTES + 4 * bytes,
            _ => ERROR_BYTES,
        };
        let method = request.method.as_str();
        let start = Instant::now();
        let reply = self.http.send(request, whole).await;
        let status = reply.as_ref().ok().map(|reply| reply.status);
        let time = start.elapsed();
        tracing::debug!(target: "aioinflux", method, path, status, bytes, ?time);
        judge(target, kind, reply?, most).await
    }
}

async fn judge(
    target: &Target,
    kind: Kind,
    mut reply: Reply,
    most: usize,
) -> Result<Accepted, Error> {
    let body = if reply.status < 400 {
        Vec::new()
    } else {
        reply.error_text(most).await
    };
    match dialect::classify(target, kind, reply.status, &reply.headers, &body) {
        Verdict::Done => Ok(Accepted {
            reply,
            format: None,
        }),
        Verdict::Answer(format) => Ok(Accepted {
            reply,
            format: Some(format),
        }),
        Verdict::Refused(failure) => Err(failure.into()),
    }
}

impl Accepted {
    /// Returns the body of the answer to a query, and the format of the body. An answer in a format
    /// of another language is refused.
    pub(crate) fn into_answer(self, language: Language) -> Result<(Body, Format), Error> {
        let format = self.format_of(language)?;
        Ok((self.reply.body, format))
    }

    /// Returns the format of the answer to a query in this language.
    pub(crate) fn format_of(&self, language: Language) -> Result<Format, Error> {
        let expected = match language {
            Language::Flux => "annotated CSV",
            _ => "JSON or msgpack",
        };
        let is_flux = language == Language::Flux;
        let format = self
            .format
            .filter(|format| (*format == Format::FluxCsv) == is_flux);
        format.ok_or_else(|| {
            let text = format!("the answer is not {expected}, as answers to {language} are");
            Error::new(ErrorKind::Misdirected, false, text)
        })
    }
}

impl Reply {
    /// Returns the part of an error answer's body that arrives, up to `most` bytes. A server that
    /// refuses a large request body may close the connection before the client has read the answer.
    /// If the body of an error answer does not arrive, the status of the answer is enough.
    async fn error_text(&mut self, most: usize) -> Vec<u8> {
        self.body.collect(most).await.0
    }
}
