//! Asynchronous InfluxDB client.

pub mod decode;
