//! Answers to record batches: push decoders that know neither network nor clock.
//!
//! ```text
//! influxql   bytes, cut anywhere -> Json | Msgpack (grammar) -> Assembly (statements, series, partial)
//! table                          -> Table, Column (rows of cells, of whatever format)
//! event                          -> Event
//! ```
//!
//! Rows go straight into columns, without a tree. An answer is not taken for complete unless the
//! caller proves that the body is ([`End::Proven`]): a JSON or `MessagePack` body that is cut between
//! two documents looks whole.
//!
//! Errors inside an answer are of two kinds. That of a statement is an event, since what
//! other statements gave still counts; a top-level `error`, a missing chunk and bytes that are no
//! answer are a [`DecodeError`]. The raw JSON answer does not become a table: see [`raw`].

mod error;
mod event;
mod influxql;
mod table;

pub use self::error::{DecodeError, DecodeErrorKind};
pub use self::event::{End, Event, Format, SeriesHeader};
pub use self::influxql::{Decoder, raw};
pub(crate) use self::table::{Whole, float_of};
