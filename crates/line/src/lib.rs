//! InfluxDB line protocol: values, escaping, encoding and decoding.
#![no_std]
