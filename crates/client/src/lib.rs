//! An asynchronous InfluxDB client.
//!
//! ```no_run
//! use aioinflux::{Client, Config, Point};
//!
//! # async fn run() -> Result<(), aioinflux::Error> {
//! let config = Config::new("http://user:password@localhost:8086?db=demo")?;
//! let client = Client::new(config)?;
//! client.query("CREATE DATABASE demo").await?;
//! client.write(&[Point::new("cpu").tag("host", "a").field("load", 0.64)]).await?;
//! let answer = client.query("SELECT * FROM cpu").await?;
//! for statement in &answer.statements {
//!     for series in &statement.series {
//!         println!("{:?}: {} batches", series.name, series.batches.len());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Contents
//!
//! | what | where |
//! |---|---|
//! | calls | [`Client`], [`Pong`], [`Written`], [`WriteOptions`], [`OnReject`] |
//! | where the server is, and how to talk to it | [`Config`], [`Tls`], [`Pem`], [`Proxy`] |
//! | credentials, and names of databases and buckets | [`Auth`], [`Names`] |
//! | points and lines (crate `aioinflux-line`) | [`Point`], [`ToLine`], [`Encoder`], [`Batch`] |
//! | points without a time | [`Encoder::set_clock`], [`unique_time`], [`Colliding`] |
//! | tables as lines | [`frame`] |
//! | points by UDP | [`UdpSender`] |
//! | queries | [`Query`], [`Language`], [`Param`], [`ReadOptions`], [`Precision`], [`quote_identifier`], [`quote_string`], [`quote_regex`], [`quote_duration`], [`flux`] |
//! | answers | [`Answer`], [`Stream`], [`parse_answer`], and the decoders in [`decode`] |
//! | administration of a 2.x server, and deleting points | [`admin`] |
//! | requests to any endpoint | [`Client::request`], [`ApiRequest`], [`ApiResponse`], [`Method`] |
//! | columns of mixed types | [`unify`] |
//! | tables of Flux answers | [`tables`] |
//! | errors | [`Error`], [`ErrorKind`], [`Rejected`] |
//!
//! # Features
//!
//! All optional features of this crate are off by default.
//!
//! | feature | what |
//! |---|---|
//! | `line-deflate` | compresses the bodies of writes faster |
//! | `event-loop`, `huge-pages` | for the Python package: no stable interface |
//!
//! # Servers
//!
//! | server | writing | queries |
//! |---|---|---|
//! | InfluxDB 1.x | yes | InfluxQL |
//! | InfluxDB 2.x, with a token ([`Auth::token`]) | yes | Flux, and InfluxQL if the query names it ([`Query::language`]) |
//! | InfluxDB 3.x | not yet | not yet |
//!
//! A client without a token assumes that the server is 1.x. A client with a token asks the server
//! once for its generation, unless [`Config::dialect`] states it.
//!
//! ```no_run
//! use aioinflux::{Auth, Client, Config, Point, Query};
//!
//! # async fn run() -> Result<(), aioinflux::Error> {
//! let config = Config::new("http://localhost:8086")?
//!     .auth(Auth::token("my-token"))
//!     .organization("my-org")
//!     .bucket("demo");
//! let client = Client::new(config)?;
//! client.write(&[Point::new("cpu").tag("host", "a").field("load", 0.64)]).await?;
//! let query = Query::new("from(bucket: params.bucket) |> range(start: -1h)").bind("bucket", "demo");
//! let answer = client.query(query).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Lines and answers
//!
//! Points are written as line protocol, with timestamps in nanoseconds. Answers to queries are
//! returned as Arrow record batches. If an answer may be incomplete, the call always returns an
//! error, and never a shorter answer.

pub mod admin;
pub mod answer;
mod api;
mod check;
mod client;
mod clock;
mod config;
mod credentials;
mod deadline;
pub mod decode;
mod deletion;
mod dialect;
mod error;
mod exchange;
pub mod flux;
pub mod frame;
mod generation;
mod gzip;
mod headers;
mod http;
mod in_memory;
mod influxql;
pub mod ledger;
mod lines;
mod lookup;
mod optional;
mod pipeline;
mod query;
mod reject;
mod source;
mod statements;
mod stream;
pub mod tables;
mod tls;
mod udp;
mod undated;
pub mod unify;
mod write;

// Arrow types are part of the public signatures of this crate. The following re-exports provide the
// Arrow version that this crate uses.
pub use {aioinflux_line as line, arrow_array, arrow_schema};

pub use aioinflux_line::{
    Batch, Dialect, Encoder, FieldValue, Key, Name, Options, Outcome, Point, PointEncoder, Rule,
    ToLine,
};

pub use answer::{Answer, Collector, Message, Series, Statement};
pub use api::{ApiRequest, ApiResponse, Method};
pub use check::Checked;
pub use client::{Client, Pong};
pub use clock::{unique_time, unique_times};
pub use config::{Auth, Config, Consistency, Gzip, Names, Precision, Proxy, Secret, TokenSource};
pub use decode::Event;
pub use dialect::{OnReject, WriteOptions};
pub use error::{Error, ErrorKind, Limit, Rejected};
pub use in_memory::{AnswerParser, Batches, parse_answer, parse_batches};
pub use influxql::{quote_duration, quote_identifier, quote_regex, quote_string};
pub use query::{Language, Param, Query, ReadOptions};
pub use reject::FieldConflict;
pub use stream::Stream;
pub use tls::{Pem, Tls};
pub use udp::{UdpSender, datagrams};
pub use undated::Colliding;
pub use write::Written;

/// Re-exports for the Python package only, which are not a stable interface.
#[doc(hidden)]
pub mod engine {
    pub use crate::frame::cells::column_of_cells;
    pub use crate::frame::columns::tag_texts;
    pub use crate::frame::ranges::Ranges;
    pub use crate::frame::text::{FloatWidth, float_text};
    pub use crate::frame::times::parse_time;
    pub use crate::frame::workers::{Spares, Workers};
    pub use crate::gzip::compress as gzip;
    #[cfg(all(unix, feature = "event-loop"))]
    pub use crate::http::Reactor;
    pub use crate::in_memory::check_answer;
    pub use crate::influxql::check_duration;
    #[cfg(feature = "huge-pages")]
    pub use crate::optional::huge_pages;
    pub use crate::pipeline::{Finished, Progress, run as write_all};
}

/// Compiles the Rust code in the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
