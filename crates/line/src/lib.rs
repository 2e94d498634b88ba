//! InfluxDB line protocol: values, escaping, encoding and decoding.
//!
//! Knows what the server of each [`Dialect`] keeps, and refuses everything else by a named
//! [`Rule`]. Does no I/O, knows no clock, and needs no more than an allocator (`no_std`).
//!
//! ```
//! use aioinflux_line::{Dialect, Encoder, Point};
//!
//! let mut encoder = Encoder::new(Dialect::V1);
//! encoder.push(&Point::new("cpu").tag("host", "server 1").field("load", 0.64).at(42))?;
//! assert_eq!(encoder.batch().bytes(), b"cpu,host=server\\ 1 load=0.64 42\n");
//!
//! let error = encoder.push(&Point::new("cpu").tag("host", "a\nb").field("load", 1.0)).unwrap_err();
//! assert_eq!(error.to_string(), r"point 1: tag `host`: value `a\nb` holds a newline");
//! assert_eq!(encoder.take().len(), 1);
//! # Ok::<(), aioinflux_line::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod batch;
mod cells;
mod check;
mod copy;
mod cut;
mod decode;
mod dialect;
mod digits;
mod encode;
mod error;
mod escape;
mod finish;
mod float;
mod key;
mod line;
mod numbers;
mod options;
mod point;
mod rows;
mod rule;
mod scan;
mod shape;
mod split;
mod steps;
mod tag_cells;
mod tag_keys;
mod tag_text;
mod text;
mod undated;
mod value;

pub use batch::Batch;
pub use decode::{DecodeError, Decoder, Line};
pub use dialect::Dialect;
pub use encode::{Encoder, Outcome, RemovedNewlines};
pub use error::{Error, Place};
pub use key::{Key, Name};
pub use line::PointEncoder;
pub use numbers::Numbers;
pub use options::Options;
pub use point::{Point, ToLine};
pub use rows::{LentLines, Row, Rows, Unusual};
pub use rule::Rule;
pub use shape::{Shape, TagCodes, TagValues};
pub use split::{LineEnds, line_ends};
pub use tag_cells::TagCells;
pub use tag_text::TagText;
pub use undated::Undated;
pub use value::FieldValue;
