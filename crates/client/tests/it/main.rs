//! Tests the client with two kinds of servers: a scripted server for unusual behaviour, and a real
//! server.
//!
//! All tests are in one binary, so that it is linked once and the tests share one real server.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod batches;
#[cfg(all(unix, feature = "event-loop"))]
mod driven;
mod errors;
mod forward;
mod heads;
mod influxd;
mod limits;
mod live;
mod peer_bugs;
mod raw;
mod reach;
mod roundtrip;
mod scripted;
mod split;
mod tls;
mod tls_errors;
mod tls_own;
mod v2;

use aioinflux::{Client, Config, Error};

/// Returns a client with this configuration. With `AIOINFLUX_DRIVEN=1`, a reactor drives the
/// client, so that every test covers both kinds of clients.
fn connect(config: Config) -> Result<Client, Error> {
    let client = Client::new(config)?;
    #[cfg(all(unix, feature = "event-loop"))]
    if std::env::var_os("AIOINFLUX_DRIVEN").is_some() {
        return Ok(driven::beside_tokio(client));
    }
    Ok(client)
}

/// Returns a client for the server at this port.
fn client(port: u16) -> Client {
    connect(config(port)).unwrap()
}

/// Returns a configuration for the server at this port, with a database.
fn config(port: u16) -> Config {
    Config::new(&format!("http://127.0.0.1:{port}?db=db")).unwrap()
}
