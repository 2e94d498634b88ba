//! Asynchronous InfluxDB client.
