//! The native module `aioinflux._core`.
