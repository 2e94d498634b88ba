//! Only benches: `make bench CASE=Rust`.
