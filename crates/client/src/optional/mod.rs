//! Fast paths that few programs need. Each one is a Cargo feature, and off by default; the Python
//! package enables them all.
//!
//! Without a fast path, plainer code does the same work. `ARCHITECTURE.md` says under "Optional fast
//! paths" what each one gains, what replaces it, and how to remove it. The one for event loops is in
//! `http/optional`, because only `http` names the HTTP libraries.
//!
//! | feature | folder or file | what |
//! |---|---|---|
//! | `huge-pages` | `huge_pages` | a global allocator, and advice for memory of others |
//! | `line-deflate` | `deflate` | a gzip compressor for line protocol |

#[cfg(feature = "line-deflate")]
pub(crate) mod deflate;
#[cfg(feature = "huge-pages")]
pub mod huge_pages;
