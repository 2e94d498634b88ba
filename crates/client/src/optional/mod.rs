//! Fast paths that cost more code than they are worth to everybody: each one is a Cargo feature, and
//! off by default.
//!
//! The Python package enables all of them. Without one of them, plainer code does the same. What each
//! one gains, and how to remove it, is in `ARCHITECTURE.md` under "Optional fast paths". The one for
//! event loops is in `http/optional`, because it names the HTTP libraries.
//!
//! | feature | folder or file | what |
//! |---|---|---|
//! | `huge-pages` | `huge_pages` | a global allocator, and advice for memory of others |
//! | `line-deflate` | `deflate` | a gzip compressor for line protocol |

#[cfg(feature = "line-deflate")]
pub(crate) mod deflate;
#[cfg(feature = "huge-pages")]
pub mod huge_pages;
