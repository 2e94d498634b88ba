//! What the text of line protocol means to a server's parser: special bytes, the ends of lines, of
//! their parts and of tags.

pub(crate) mod bytes;
pub(crate) mod check;
pub(crate) mod escape;
pub(crate) mod split;
pub(crate) mod tags;

pub use split::{LineEnds, line_ends};
