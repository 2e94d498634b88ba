//! Turns answers to queries into record batches, with push decoders that use neither the network
//! nor a clock.
//!
//! ```text
//! influxql   bytes, cut anywhere -> Json | Msgpack (grammar) -> Assembly (statements, series, partial)
//! flux       bytes, cut anywhere -> annotations, rows of CSV
//! table                          -> Table, Column (rows of cells, of whatever format)
//! event                          -> Event
//! ```
//!
//! Rows are written straight into columns, without a tree of values in between. A JSON or
//! `MessagePack` body that is cut between two documents looks complete. Therefore an answer counts
//! as complete only if the caller proves that the whole body has arrived ([`End::Proven`]).
//!
//! An answer can contain two kinds of errors. The error of a single statement is an event, because
//! the results of other statements remain valid. A top-level `error`, a missing chunk, and bytes
//! that are not an answer are reported as a [`DecodeError`]. Raw JSON answers do not become tables
//! (see [`raw`]).

mod decoder;
mod error;
mod event;
pub(crate) mod flux;
mod influxql;
mod number;
mod table;

pub use self::decoder::Decoder;
pub use self::error::{DecodeError, DecodeErrorKind};
pub use self::event::{End, Event, Format, SeriesHeader};
pub use self::influxql::raw;
pub(crate) use self::table::{Whole, float_of};
