//! Encodes and decodes InfluxDB line protocol.
//!
//! For each [`Dialect`], the crate accepts only data that the server stores, and refuses all other
//! data with a named [`Rule`]. The crate is `no_std` and needs only an allocator: it does no I/O
//! and has no clock.
//!
//! ```
//! use aioinflux_line::{Dialect, Encoder, Point};
//!
//! let mut encoder = Encoder::new(Dialect::V1);
//! encoder.push(&Point::new("cpu").tag("host", "server 1").field("load", 0.64).at(42))?;
//! assert_eq!(encoder.batch().bytes(), b"cpu,host=server\\ 1 load=0.64 42\n");
//!
//! let error = encoder.push(&Point::new("cpu").tag("host", "a\nb").field("load", 1.0)).unwrap_err();
//! assert_eq!(error.to_string(), r"point 1: tag `host`: value `a\nb` contains a newline");
//! assert_eq!(encoder.take().len(), 1);
//! # Ok::<(), aioinflux_line::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod batch;
mod copy;
mod decode;
mod dialect;
mod encode;
mod error;
mod number;
mod options;
mod rows;
mod rule;
mod syntax;
mod value;

pub use batch::Batch;
pub use batch::Undated;
pub use decode::{DecodeError, Decoder, Line};
pub use dialect::Dialect;
pub use encode::PointEncoder;
pub use encode::{Encoder, Outcome, RemovedNewlines};
pub use encode::{Key, Name};
pub use encode::{Point, ToLine};
pub use error::{Error, Place, Unusual};
pub use options::Options;
pub use rows::Numbers;
pub use rows::TagCells;
pub use rows::TagText;
pub use rows::{LentLines, Row, Rows};
pub use rows::{Shape, TagCodes, TagValues};
pub use rule::Rule;
pub use syntax::{LineEnds, line_ends};
pub use value::FieldValue;
