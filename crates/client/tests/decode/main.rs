//! The decoders of `/query` answers against recorded answers, a slow and obvious decoder, and
//! everything that must be refused.

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
