//! Defines the client, which is the entry point of the crate.

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
#[cfg(all(unix, feature = "event-loop"))]
use crate::http::Reactor;
use crate::http::Reply;
use crate::in_memory;
use crate::ledger::State;
use crate::pipeline;
use crate::query::{Language, Query, ReadOptions};
use crate::stream::Stream;
use crate::write::{self, Written};

/// The number of points that a write encodes before it lets other tasks run.
const POINTS_AT_A_TIME: usize = 1024;

/// A client for one InfluxDB server.
///
/// Clones of a client share its connections. Creating a client opens no connection and needs no
/// runtime. The methods of a client that send requests need a `tokio` runtime with time and I/O
/// enabled. Dropping the future that a call returned, or dropping a stream, cancels the request and
/// closes its connection.
///
/// A client belongs to one runtime at a time. The runtime that opened a connection drives it, even
/// while it is idle. When that runtime ends, the connection is lost. If a current-thread runtime is
/// not driven between calls, the client does not notice that the server has closed an idle
/// connection. If the server has closed an idle connection and the client has not noticed it, the
/// next call fails with a retryable transport error. To avoid this transport error, use a
/// multi-thread runtime, or drive the current-thread runtime between calls.
#[derive(Clone)]
pub struct Client {
    pub(crate) exchange: Exchange,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// The server's answer to a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pong {
    /// The HTTP status of the answer to the ping: 204 from InfluxDB itself, or 200 from some
    /// InfluxDB-compatible servers.
    pub status: u16,
    /// The headers of the server's response, with names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Pong {
    /// The version that the server reports. The string that the server reports need not look like a
    /// version number.
    pub fn version(&self) -> Option<&str> {
        crate::error::find_header(&self.headers, "x-influxdb-version")
    }

    /// The build that the server reports, which is `OSS` or `ENT`.
    pub fn build(&self) -> Option<&str> {
        crate::error::find_header(&self.headers, "x-influxdb-build")
    }
}

impl Client {
    /// Creates a client from a configuration.
    ///
    /// # Errors
    ///
    /// Fails if a certificate cannot be loaded, or if two options of the configuration cannot be
    /// combined.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self {
            exchange: Exchange::new(config)?,
        })
    }

    /// Returns a copy of this client with its own connections and its own request limit. The
    /// connections of the copy are driven by `reactor`, an event loop other than tokio's. Returns
    /// `None` if only tokio can drive the connections, which is the case with TLS or a proxy. See
    /// [`Reactor`].
    #[cfg(all(unix, feature = "event-loop"))]
    #[doc(hidden)]
    pub fn driven_by(&self, reactor: &Reactor) -> Option<Self> {
        Some(Self {
            exchange: self.exchange.driven_by(reactor)?,
        })
    }

    /// Returns whether this client connects over TLS (to the server or to a proxy) without
    /// verifying the certificate ([`Tls::verify`](crate::Tls::verify)).
    pub fn is_unverified(&self) -> bool {
        self.exchange.is_unverified()
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        self.exchange.config()
    }

    /// Returns the generation of the server, if it is known without a request. See
    /// [`dialect`](Self::dialect).
    pub fn known_dialect(&self) -> Option<Dialect> {
        self.exchange.known_dialect()
    }

    /// Returns the language in which the server reads this query: the language that the query
    /// states, or else the default language of the server's generation.
    ///
    /// # Errors
    ///
    /// Fails if the generation of the server cannot be determined.
    pub async fn language(&self, query: &Query) -> Result<Language, Error> {
        match query.language_named() {
            Some(language) => Ok(language),
            None => Ok(dialect::language_of(query, self.dialect().await?)),
        }
    }

    /// Returns the generation of the server, which determines how lines are encoded. If the
    /// configuration specifies the server generation (1.x, 2.x or 3.x) or has no token, this call
    /// sends no request to the server.
    ///
    /// # Errors
    ///
    /// Fails if the generation of the server cannot be determined.
    pub async fn dialect(&self) -> Result<Dialect, Error> {
        self.exchange.dialect().await
    }

    /// Pings the server and returns its answer, which contains the server's version.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be reached, or if it is not an InfluxDB server.
    pub async fn ping(&self) -> Result<Pong, Error> {
        let target = self.exchange.resolve(&Names::default()).await?;
        let accepted = self.exchange.send(&target, &Operation::Ping, true).await?;
        let Reply {
            status, headers, ..
        } = accepted.reply;
        Ok(Pong {
            status,
            headers: headers.pairs(),
        })
    }

    /// Writes points, in requests of at most 10,000 lines and 4 MiB each. If any of the points
    /// cannot be written as a line, nothing is sent.
    ///
    /// # Errors
    ///
    /// Fails if a point cannot be written as a line ([`ErrorKind::Input`]), or for the same reasons
    /// as [`write_batches`](Self::write_batches).
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
        let options = WriteOptions::default();
        if batches.is_empty() {
            return self.write_batch(encoder.take(), &options).await;
        }
        batches.push(encoder.take());
        let batches = batches.into_iter().map(Ok::<_, Error>);
        self.write_batches(batches, &options, 1, |_, _| ()).await
    }

    /// Writes a batch. Pass the batch by value, or pass an `Arc<Batch>` if you need the batch again
    /// after the call. The bytes of the batch are not copied. If the batch is empty, no request is
    /// sent.
    ///
    /// If the server refuses a batch as too large, the client sends it in parts, split between
    /// lines.
    ///
    /// # Errors
    ///
    /// Fails if the server refuses some or all points, or cannot be reached. The error lists the
    /// refused points. If the batch was sent in parts, the error also lists the points that were
    /// written and the points that were not sent.
    pub async fn write_batch(
        &self,
        batch: impl Into<Arc<Batch>>,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.exchange.resolve(&options.names).await?;
        write::batch(&self.exchange, &target, batch.into(), options).await
    }

    /// Writes the batches of an iterator, each in its own request. While up to `connections`
    /// requests are in flight, the iterator makes the next batch. With more than one connection,
    /// the server can store the points in a different order than the iterator returns them. After
    /// each request, `progress` is called with the number of points written so far and the number
    /// of bytes in their lines.
    ///
    /// On a current-thread runtime, no request makes progress while the iterator makes a batch.
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
    /// Fails for the same reasons as [`write_batch`](Self::write_batch). Also fails if the iterator
    /// returns an error. If the server refuses individual points, later batches are still sent. Any
    /// error that is not about individual points stops the write. The error is returned after the
    /// requests in flight have ended. The error lists the points that were written
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

    /// Runs a query and collects the complete answer.
    ///
    /// # Errors
    ///
    /// Fails if a statement failed, the answer was truncated, or the server cannot be reached. The
    /// error contains the results that arrived before the failure ([`Error::answer`]).
    pub async fn query(&self, query: impl Into<Query>) -> Result<Answer, Error> {
        self.query_with(query, &ReadOptions::new()).await
    }

    /// Runs a query with options for reading the answer, and collects the complete answer.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`query`](Self::query). Also fails if the options request
    /// times in a unit other than nanoseconds.
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

    /// Runs a query and returns its answer as a stream.
    ///
    /// The option `timeout` limits the time that this call takes. The call waits for a free slot,
    /// sends the query and reads the head of the answer. If the answer is an error, the call also
    /// reads the rest of the answer. The total time for reading the stream is not limited.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be reached, or if it refuses the query as a whole.
    pub async fn stream(&self, query: impl Into<Query>) -> Result<Stream, Error> {
        self.stream_with(query, &ReadOptions::new()).await
    }

    /// Runs a query with options for reading the answer, and returns the answer as a stream.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`stream`](Self::stream). Also fails if the options request
    /// times in a unit other than nanoseconds.
    pub async fn stream_with(
        &self,
        query: impl Into<Query>,
        options: &ReadOptions,
    ) -> Result<Stream, Error> {
        Stream::open(&self.exchange, &query.into(), options, false).await
    }

    /// Runs a query and returns the answer that the server sent, unchanged.
    ///
    /// The answer to a Flux query is annotated CSV, which the server sends as a whole.
    ///
    /// The answer to an InfluxQL query is JSON, with one document on each line. The client requests
    /// the answer in chunks, and each chunk is a document `{"results":[...]}`.
    /// A chunk with `"partial":true` continues in the next chunk. There are two reasons for
    /// requesting chunks. The first reason is that the server's row limit (`max-row-limit`) can
    /// truncate a single document without any sign. The second reason is that 1.6 marks complete
    /// answers of more than 10,000 rows as truncated. In answer to `DELETE` and `DROP MEASUREMENT`,
    /// a 2.x server sends an empty body.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`query`](Self::query). The error contains the bytes of the
    /// answer ([`Error::raw`]).
    pub async fn query_raw(&self, query: impl Into<Query>) -> Result<Bytes, Error> {
        self.query_raw_with(query, &ReadOptions::new()).await
    }

    /// Runs a query with options for reading the answer, and returns the server's answer unchanged.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`query_raw`](Self::query_raw).
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
        let during = |error: Error| {
            let error = dialect::explained(target.dialect(), error);
            error.during(Kind::Query.name(), &self.config().server())
        };
        let mut accepted = self.exchange.send(&target, &operation, true).await?;
        let language = dialect::language_of(&query, target.dialect());
        let format = accepted.format_of(language).map_err(during)?;
        if format == Format::Msgpack {
            let text = "the answer is not the JSON that was requested";
            return Err(during(Error::new(ErrorKind::Misdirected, false, text)));
        }
        let body = &mut accepted.reply.body;
        let (raw, whole) = body.collect(usize::MAX).await;
        let end = body.end();
        let raw = Bytes::from(raw);
        let checked = whole.and_then(|()| match end {
            End::Proven if raw.is_empty() && may_be_empty => Ok(()),
            End::Proven => in_memory::check(&raw, format),
            End::Unproven => Err(in_memory::unproven()),
        });
        match checked {
            Ok(()) => Ok(raw),
            Err(error) => Err(during(error.with_raw(raw))),
        }
    }
}
