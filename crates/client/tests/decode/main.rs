//! Tests the decoders of `/query` answers. The tests use recorded answers, a slow and simple
//! decoder for comparison, and all kinds of answers that must be refused.

mod captured;
mod flux;
mod flux_model;
mod generated;
mod model;
mod pieces;
mod raw;
mod reference;
mod refused;
mod support;
mod tree;
mod usual;
mod values;
