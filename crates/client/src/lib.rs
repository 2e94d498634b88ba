//! Asynchronous InfluxDB client.

pub mod answer;
pub mod decode;
