//! This crate contains only benchmarks: `make bench CASE=Rust`.
