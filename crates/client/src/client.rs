//! The client: what people call.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;

use aioinflux_line::{Batch, Dialect, Encoder, ToLine};
use bytes::Bytes;

use crate::answer::Answer;
use crate::config::{Config, Names};
use crate::decode::{End, Format};
use crate::dialect::{self, Form, Kind, Operation, WriteOptions};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::frame::FrameOptions;
#[cfg(unix)]
use crate::http::Reactor;
use crate::http::Reply;
use crate::in_memory;
use crate::ledger::State;
use crate::pipeline;
use crate::query::{Query, ReadOptions};
use crate::stream::Stream;
use crate::write::{self, Written};

/// Points that are encoded before other tasks get their turn.
const POINTS_AT_A_TIME: usize = 1024;

/// A client of one server.
///
/// Clones share their connections. Making one opens nothing and needs no runtime; the calls need
/// one of `tokio` with time and I/O enabled. Dropping the future of a call, or a stream, stops the
/// request and closes its connection.
///
/// A client belongs to one runtime at a time: its idle connections are driven by the runtime that
/// opened them, and are lost with it. On a current-thread runtime that is not driven between
/// calls, nobody notices that the server closed an idle connection; the next call does, and fails
/// with a transport error that is retryable. Use a multi-thread runtime, or keep it driven.
#[derive(Clone)]
pub struct Client {
    exchange: Exchange,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// The answer to a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pong {
    /// The status: 204, or 200 from look-alikes.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Pong {
    /// The version of the server, as it calls itself: it need not look like a version.
    pub fn version(&self) -> Option<&str> {
        crate::error::find_header(&self.headers, "x-influxdb-version")
    }

    /// The build of the server: `OSS` or `ENT`.
    pub fn build(&self) -> Option<&str> {
        crate::error::find_header(&self.headers, "x-influxdb-build")
    }
}

impl Client {
    /// A client for this configuration.
    ///
    /// # Errors
    ///
    /// A certificate cannot be loaded, or parts of the configuration exclude each other.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self {
            exchange: Exchange::new(config)?,
        })
    }

    /// This client with connections and a limit of requests of its own, which a foreign event loop
    /// drives; none where the way to the server is one that only tokio drives: TLS, or a proxy. See
    /// [`Reactor`].
    #[cfg(unix)]
    #[doc(hidden)]
    pub fn driven_by(&self, reactor: &Reactor) -> Option<Self> {
        Some(Self {
            exchange: self.exchange.driven_by(reactor)?,
        })
    }

    /// Whether it connects by TLS, to the server or to a proxy, without verifying who answers
    /// ([`Tls::verify`](crate::Tls::verify)).
    pub fn is_unverified(&self) -> bool {
        self.exchange.is_unverified()
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        self.exchange.config()
    }

    /// The generation of the server, for which lines are encoded: at once where the configuration
    /// states it, or has no token.
    ///
    /// # Errors
    ///
    /// It is not known.
    pub async fn dialect(&self) -> Result<Dialect, Error> {
        self.exchange.dialect().await
    }

    /// Asks the server whether it is there, and who it is.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or what listens there is no InfluxDB.
    pub async fn ping(&self) -> Result<Pong, Error> {
        let target = self.exchange.resolve(&Names::default()).await?;
        let accepted = self.exchange.send(&target, &Operation::Ping, true).await?;
        let Reply {
            status, headers, ..
        } = accepted.reply;
        Ok(Pong { status, headers })
    }

    /// Writes points, in requests of at most 10,000 lines or 4 MiB. Nothing is sent if one of the
    /// points cannot be written.
    ///
    /// # Errors
    ///
    /// A point cannot be written as a line ([`ErrorKind::Input`]), or as for
    /// [`write_batches`](Self::write_batches).
    pub async fn write<T: ToLine>(&self, points: &[T]) -> Result<Written, Error> {
        let mut encoder = Encoder::new(self.dialect().await?);
        let mut batches = Vec::new();
        for points in points.chunks(POINTS_AT_A_TIME) {
            for point in points {
                encoder.push(point)?;
                let is_full = encoder.batch().len() >= FrameOptions::BATCH_LINES
                    || encoder.len_bytes() >= FrameOptions::BATCH_BYTES;
                if is_full {
                    batches.push(encoder.take());
                }
            }
            tokio::task::yield_now().await;
        }
        batches.push(encoder.take());
        let batches = batches.into_iter().map(Ok::<_, Error>);
        self.write_batches(batches, &WriteOptions::default(), 1, |_, _| ())
            .await
    }

    /// Writes a batch: by value, or shared (`Arc<Batch>`) by those who need it again. It is sent
    /// without being copied. An empty one is not sent.
    ///
    /// A batch that the server finds too large is sent in parts, cut between lines.
    ///
    /// # Errors
    ///
    /// The server refused points or all of them, or cannot be reached. The error says which
    /// points were refused, and of a batch sent in parts, which were written and which not sent.
    pub async fn write_batch(
        &self,
        batch: impl Into<Arc<Batch>>,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.exchange.resolve(&options.names).await?;
        write::batch(&self.exchange, &target, batch.into(), options).await
    }

    /// Writes batches one after the other, each in a request of its own, and makes the next one
    /// while others travel: at most `connections` at once. With more than one, points can be
    /// stored in another order than that of the batches. `progress` is told after each request how
    /// much is written, and how many bytes of line protocol that was.
    ///
    /// On a current-thread runtime nothing travels while the iterator makes a batch.
    ///
    /// ```no_run
    /// use aioinflux::{Client, Encoder, Error, Point, WriteOptions};
    ///
    /// # async fn write(client: &Client) -> Result<(), Error> {
    /// let mut encoder = Encoder::new(client.dialect().await?);
    /// let batches = (0..100).map(|part| {
    ///     for n in 0..10_000 {
    ///         encoder.push(&Point::new("m").field("f", part * 10_000 + n))?;
    ///     }
    ///     Ok::<_, Error>(encoder.take())
    /// });
    /// let options = WriteOptions::new().database("demo");
    /// let written = client.write_batches(batches, &options, 1, |_, _| ()).await?;
    /// assert_eq!(written.points, 1_000_000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`write_batch`](Self::write_batch), or the iterator's own. Points that the server
    /// refuses one by one do not stop the batches after them; any other error does. It is returned
    /// when the requests under way have ended, and says which points were written
    /// ([`Error::written`]).
    pub async fn write_batches<B, E>(
        &self,
        batches: impl IntoIterator<Item = Result<B, E>>,
        options: &WriteOptions,
        connections: usize,
        mut progress: impl FnMut(Written, u64),
    ) -> Result<Written, Error>
    where
        B: Into<Arc<Batch>>,
        Error: From<E>,
    {
        let target = self.exchange.resolve(&options.names).await?;
        let mut batches = batches.into_iter();
        let send = |batch| write::batch(&self.exchange, &target, batch, options);
        let finished = pipeline::run(
            |_| Poll::Ready(batches.next()),
            send,
            connections,
            State::Stored,
            |so_far| progress(so_far.written, so_far.bytes),
        );
        finished.await.outcome()
    }

    /// Runs a query and keeps all of its answer.
    ///
    /// # Errors
    ///
    /// A statement failed, the answer was cut, or the server cannot be reached. The error keeps
    /// what was answered before ([`Error::answer`]).
    pub async fn query(&self, query: impl Into<Query>) -> Result<Answer, Error> {
        self.query_with(query, &ReadOptions::new()).await
    }

    /// [`query`](Self::query), read in another way than the usual one.
    ///
    /// # Errors
    ///
    /// As for [`query`](Self::query), or the options ask for times in another unit than nanoseconds.
    pub async fn query_with(
        &self,
        query: impl Into<Query>,
        options: &ReadOptions,
    ) -> Result<Answer, Error> {
        Stream::open(&self.exchange, &query.into(), options, true)
            .await?
            .collect()
            .await
    }

    /// Runs a query and hands out its answer while it comes.
    ///
    /// `timeout` limits this call: waiting for a turn, the head of the answer, and all of an
    /// answer that is an error. Reading the stream has no total time limit.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or refused the query as a whole.
    pub async fn stream(&self, query: impl Into<Query>) -> Result<Stream, Error> {
        self.stream_with(query, &ReadOptions::new()).await
    }

    /// [`stream`](Self::stream), read in another way than the usual one.
    ///
    /// # Errors
    ///
    /// As for [`stream`](Self::stream), or the options ask for times in another unit than
    /// nanoseconds.
    pub async fn stream_with(
        &self,
        query: impl Into<Query>,
        options: &ReadOptions,
    ) -> Result<Stream, Error> {
        Stream::open(&self.exchange, &query.into(), options, false).await
    }

    /// Runs a query and returns the server's JSON as it came: documents, one a line.
    ///
    /// It is asked for in chunks, which are `{"results":[...]}` each: one with `"partial":true` goes
    /// on in the next. As one document, it could be cut without a sign by a limit of rows
    /// (`max-row-limit`), and 1.6 marks whole answers of more than 10,000 rows as cut. To `DELETE`
    /// and `DROP MEASUREMENT` a server of 2.x answers no bytes at all.
    ///
    /// # Errors
    ///
    /// As for [`query`](Self::query); the error keeps the bytes ([`Error::raw`]).
    pub async fn query_raw(&self, query: impl Into<Query>) -> Result<Bytes, Error> {
        self.query_raw_with(query, &ReadOptions::new()).await
    }

    /// [`query_raw`](Self::query_raw), read in another way than the usual one.
    ///
    /// # Errors
    ///
    /// As for [`query_raw`](Self::query_raw).
    pub async fn query_raw_with(
        &self,
        query: impl Into<Query>,
        options: &ReadOptions,
    ) -> Result<Bytes, Error> {
        let query = query.into();
        let operation = Operation::Query {
            query: &query,
            options,
            form: Form::Raw,
        };
        let target = self.exchange.resolve(&query.names).await?;
        let may_be_empty = dialect::may_answer_nothing(query.text());
        let during = |error: Error| error.during(Kind::Query.name(), &self.config().server());
        let mut accepted = self.exchange.send(&target, &operation, true).await?;
        if accepted.format != Some(Format::Json) {
            let text = "the answer is not the JSON that was requested";
            return Err(during(Error::new(ErrorKind::Misdirected, false, text)));
        }
        let body = &mut accepted.reply.body;
        let (raw, whole) = body.collect(usize::MAX).await;
        let end = body.end();
        let raw = Bytes::from(raw);
        let checked = whole.and_then(|()| match end {
            End::Proven if raw.is_empty() && may_be_empty => Ok(()),
            End::Proven => in_memory::check(&raw),
            End::Unproven => Err(in_memory::unproven()),
        });
        match checked {
            Ok(()) => Ok(raw),
            Err(error) => Err(during(error.with_raw(raw))),
        }
    }
}
