//! Turns answers into record batches: push decoders without network or clock.
//!
//! ```text
//! influxql   bytes, cut anywhere -> Json | Msgpack (grammar) -> Assembly (statements, series, partial)
//! table                          -> Table, Column (rows of cells, of whatever format)
//! event                          -> Event
//! ```
//!
//! Rows go straight into columns, without a tree. An answer counts as complete only if the caller
//! proves that the body is ([`End::Proven`]): a JSON or `MessagePack` body that is cut between two
//! documents looks complete.
//!
//! Errors inside an answer are of two kinds. The error of a statement is an event, because the
//! results of other statements still count. A top-level `error`, a missing chunk and bytes that are
//! not an answer are a [`DecodeError`]. A raw JSON answer does not become a table: see [`raw`].

mod error;
mod event;
mod influxql;
mod table;

pub use self::error::{DecodeError, DecodeErrorKind};
pub use self::event::{End, Event, Format, SeriesHeader};
pub use self::influxql::{Decoder, raw};
pub(crate) use self::table::{Whole, float_of};
