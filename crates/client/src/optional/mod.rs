//! Holds fast paths that few programs need. Each fast path is a Cargo feature that is off by
//! default. The Python package enables all these features.
//!
//! If a feature is off, simpler code does the same work. `ARCHITECTURE.md` says under "Optional
//! fast paths" what each fast path gains, what replaces it, and how to remove it. The fast path for
//! event loops is in `http/optional`, because only the module `http` may use the HTTP libraries.
//!
//! | feature | folder or file | what |
//! |---|---|---|
//! | `huge-pages` | `huge_pages` | a global allocator, and advice for memory of others |
//! | `line-deflate` | `deflate` | a gzip compressor for line protocol |

#[cfg(feature = "line-deflate")]
pub(crate) mod deflate;
#[cfg(feature = "huge-pages")]
pub mod huge_pages;
