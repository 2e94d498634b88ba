//! Reads line protocol in the same way as a server's parser. The modules cover special bytes,
//! escapes, the ends of lines, the parts of lines, and tags.

pub(crate) mod bytes;
pub(crate) mod check;
pub(crate) mod escape;
pub(crate) mod split;
pub(crate) mod tags;

pub use split::{LineEnds, line_ends};
