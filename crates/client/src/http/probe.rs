//! Whether a port that did not answer plain HTTP speaks TLS.
//!
//! A server of TLS that gets plain HTTP says so in a way of its own, or closes the connection
//! without a word. So the port is asked by the first message of TLS. Nothing of the request is sent
//! again, and nothing is asked of a server that has ever answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::tls;

/// Longest time that the question may take.
const LIMIT: Duration = Duration::from_secs(1);
/// The first bytes of an alert and of a handshake message, and of the version behind them.
const KINDS: [u8; 2] = [0x15, 0x16];
const VERSION: u8 = 3;

pub(super) async fn speaks_tls(host: &str, port: u16) -> bool {
    let asked = timeout(LIMIT, ask(host, port)).await;
    matches!(asked, Ok(Some([kind, VERSION])) if KINDS.contains(&kind))
}

/// The first two bytes that the port answers with.
async fn ask(host: &str, port: u16) -> Option<[u8; 2]> {
    let hello = tls::hello()?;
    let mut stream = TcpStream::connect((host, port)).await.ok()?;
    stream.write_all(&hello).await.ok()?;
    let mut start = [0; 2];
    stream.read_exact(&mut start).await.ok()?;
    Some(start)
}
