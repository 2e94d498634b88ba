//! Knows how a server's parser reads line protocol: special bytes, the ends of lines, the parts of
//! lines, and tags.

pub(crate) mod bytes;
pub(crate) mod check;
pub(crate) mod escape;
pub(crate) mod split;
pub(crate) mod tags;

pub use split::{LineEnds, line_ends};
