//! This crate contains only benchmarks, which `make bench CASE=Rust` runs.
