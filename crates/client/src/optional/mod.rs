//! Fast paths that few programs need. Each fast path is a Cargo feature that is off by default; the
//! Python package enables all of them.
//!
//! Without a fast path, simpler code does the same work. For what each fast path gains, what
//! replaces it, and how to remove it, see `ARCHITECTURE.md` under "Optional fast paths". The fast
//! path for event loops is in `http/optional`, because only `http` names the HTTP libraries.
//!
//! | feature | folder or file | what |
//! |---|---|---|
//! | `huge-pages` | `huge_pages` | a global allocator, and advice for memory of others |
//! | `line-deflate` | `deflate` | a gzip compressor for line protocol |

#[cfg(feature = "line-deflate")]
pub(crate) mod deflate;
#[cfg(feature = "huge-pages")]
pub mod huge_pages;
