//! Tests the client with two kinds of servers: a scripted server for unusual behaviour, and a real
//! server.
//!
//! All tests are in one binary, so that the binary is linked once and all tests share one real
//! server.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod admin;
mod admin_live;
mod answers;
mod batches;
#[cfg(all(unix, feature = "event-loop"))]
mod driven;
mod errors;
mod forward;
mod heads;
mod influxd;
mod languages;
mod limits;
mod live;
mod live_v2;
mod peer_bugs;
mod raw;
mod reach;
mod roundtrip;
mod scripted;
mod server_v2;
mod split;
mod tls;
mod tls_errors;
mod tls_own;
mod tokens;
mod v2;
mod v2_writes;

use aioinflux::{Client, Config, Error};

/// Returns a client with this configuration. If `AIOINFLUX_DRIVEN` is set, a reactor drives the
/// client, so that every test can cover both kinds of clients.
fn connect(config: Config) -> Result<Client, Error> {
    let client = Client::new(config)?;
    #[cfg(all(unix, feature = "event-loop"))]
    if std::env::var_os("AIOINFLUX_DRIVEN").is_some() {
        return Ok(driven::beside_tokio(client));
    }
    Ok(client)
}

/// Returns a client for the server at this port of this machine.
fn client(port: u16) -> Client {
    connect(config(port)).unwrap()
}

/// Returns a configuration with a database, for the server at this port of this machine.
fn config(port: u16) -> Config {
    Config::new(&format!("http://127.0.0.1:{port}?db=db")).unwrap()
}
