//! Finds out whether a port that did not answer plain HTTP speaks TLS.
//!
//! A TLS server that receives plain HTTP either reports the mistake in its own way, or closes the
//! connection without an answer. The probe therefore sends the first message of a TLS handshake to
//! the port. The probe sends no part of the client's request again, and never runs against a server
//! that has ever answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::tls;

/// The time limit of the probe.
const LIMIT: Duration = Duration::from_secs(1);
/// The first byte of a TLS alert, the first byte of a TLS handshake message, and the first byte of
/// the version that follows either.
const KINDS: [u8; 2] = [0x15, 0x16];
const VERSION: u8 = 3;

pub(super) async fn speaks_tls(host: &str, port: u16) -> bool {
    let asked = timeout(LIMIT, ask(host, port)).await;
    matches!(asked, Ok(Some([kind, VERSION])) if KINDS.contains(&kind))
}

/// Returns the first two bytes of the port's reply to the probe.
async fn ask(host: &str, port: u16) -> Option<[u8; 2]> {
    let hello = tls::hello()?;
    let mut stream = TcpStream::connect((host, port)).await.ok()?;
    stream.write_all(&hello).await.ok()?;
    let mut start = [0; 2];
    stream.read_exact(&mut start).await.ok()?;
    Some(start)
}
