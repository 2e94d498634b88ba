//! How the parser of a server reads line protocol: special bytes, the ends of lines, their parts,
//! and tags.

pub(crate) mod bytes;
pub(crate) mod check;
pub(crate) mod escape;
pub(crate) mod split;
pub(crate) mod tags;

pub use split::{LineEnds, line_ends};
