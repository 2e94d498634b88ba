//! Writes over UDP: sends datagrams of complete lines to a 1.x server with a UDP listener
//! (`[[udp]]`).
//!
//! The server does not answer UDP datagrams. A whole datagram is lost without an error if the
//! network drops it or the server's buffer is full. A datagram is also lost if one of its lines
//! cannot be parsed. The configuration of the server's listener determines the database, the
//! retention policy and the unit of timestamps. Timestamps are sent in nanoseconds, which is the
//! default unit of the listener. None of the functions in this module waits, so none of them is
//! asynchronous.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

use aioinflux_line::Batch;

use crate::error::{Error, ErrorKind, excerpt};
use crate::lookup;

/// Sends batches of lines to a server over UDP.
#[derive(Debug)]
pub struct UdpSender {
    socket: UdpSocket,
    /// For errors.
    address: String,
    datagram_bytes: usize,
}

impl UdpSender {
    /// The default size of a datagram. A datagram of this size fits into one packet on networks
    /// with the usual packet size (1500 bytes), with room for the headers of tunnels.
    pub const DATAGRAM_BYTES: usize = 1400;
    /// The maximum size of a datagram, which follows from the maximum size of an IPv4 packet.
    pub const MAX_DATAGRAM_BYTES: usize = 65_507;

    /// Returns a sender for the server at this host and port. The call looks up the address of the
    /// host, and prefers an IPv4 address. Creating a sender sends nothing, so it is unknown whether
    /// a server listens at the address.
    ///
    /// # Errors
    /// Fails if no address is found for the host, or if the system cannot create a socket.
    pub fn new(host: &str, port: u16) -> Result<Self, Error> {
        let address = format!("{host}:{port}");
        let refused = |text| Error::new(ErrorKind::Connect, true, text).during("udp to", &address);
        let failed = |what: &str, error: &std::io::Error| refused(format!("{what}: {error}"));
        let mut found: Vec<SocketAddr> = (host, port)
            .to_socket_addrs()
            .map_err(|error| refused(lookup::failure(&error)))?
            .collect();
        // IPv4 addresses are tried first, because servers listen at least on IPv4. A datagram that
        // reaches no server causes no error.
        found.sort_by_key(SocketAddr::is_ipv6);
        let own: SocketAddr = if found.first().is_some_and(SocketAddr::is_ipv6) {
            (Ipv6Addr::UNSPECIFIED, 0).into()
        } else {
            (Ipv4Addr::UNSPECIFIED, 0).into()
        };
        let socket = UdpSocket::bind(own).map_err(|error| failed("no socket", &error))?;
        socket
            .connect(&found[..])
            .map_err(|error| failed("no route to the host", &error))?;
        Ok(Self {
            socket,
            address,
            datagram_bytes: Self::DATAGRAM_BYTES,
        })
    }

    /// Sets the maximum number of bytes of lines in a datagram. Default:
    /// [`DATAGRAM_BYTES`](Self::DATAGRAM_BYTES). If the maximum is larger, fewer datagrams are
    /// sent. However, the network may split large datagrams into fragments. If one fragment is
    /// lost, all lines of its datagram are lost. Some networks drop all fragments. If the sender and
    /// the server run on the same machine, fragmentation hardly matters.
    ///
    /// # Errors
    /// Fails if `bytes` is 0 or more than [`MAX_DATAGRAM_BYTES`](Self::MAX_DATAGRAM_BYTES).
    pub fn datagram_bytes(mut self, bytes: usize) -> Result<Self, Error> {
        if !(1..=Self::MAX_DATAGRAM_BYTES).contains(&bytes) {
            return Err(Error::config(format!(
                "`datagram_bytes`: expected a number from 1 to {}, got {bytes}",
                Self::MAX_DATAGRAM_BYTES
            )));
        }
        self.datagram_bytes = bytes;
        Ok(self)
    }

    /// Sends the lines of a batch and returns the number of datagrams that were sent.
    ///
    /// # Errors
    /// Fails if a line is larger than the maximum size of a datagram. If a line is too large, the
    /// error message identifies the line, and nothing was sent. Also fails if the system refuses to
    /// send. Also fails if the system reports that an earlier datagram was refused, for example
    /// because no program listens on the port of a reachable machine.
    pub fn send(&self, batch: &Batch) -> Result<usize, Error> {
        let datagrams = datagrams(batch, self.datagram_bytes)?;
        for datagram in &datagrams {
            self.socket.send(datagram).map_err(|error| {
                Error::new(ErrorKind::Transport, true, error.to_string())
                    .during("udp to", &self.address)
            })?;
        }
        Ok(datagrams.len())
    }
}

/// Splits the lines of a batch into datagrams of at most `bytes` bytes. In each datagram, the line
/// feed after the last line is left out.
///
/// # Errors
/// Fails if a line has more than `bytes` bytes.
pub fn datagrams(batch: &Batch, bytes: usize) -> Result<Vec<&[u8]>, Error> {
    let mut found = Vec::new();
    let mut first = 0;
    while first < batch.len() {
        let start = if first == 0 {
            0
        } else {
            batch.ends()[first - 1]
        };
        // The line feed of the last line in a datagram is omitted, so one more byte fits.
        let lines = batch.ends()[first..].partition_point(|end| end - start <= bytes + 1);
        if lines == 0 {
            return Err(too_large(batch, first, bytes));
        }
        let body = batch.range(first..first + lines);
        found.push(&body[..body.len() - 1]);
        first += lines;
    }
    Ok(found)
}

fn too_large(batch: &Batch, line: usize, bytes: usize) -> Error {
    let text = batch.line(line);
    Error::new(
        ErrorKind::Input,
        false,
        format!(
            "point {}: its line has {} bytes, more than the {bytes} of a datagram \
             (`datagram_bytes`): `{}`",
            batch.index(line),
            text.len(),
            excerpt(&String::from_utf8_lossy(text))
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use aioinflux_line::{Batch, Dialect, Encoder, Point};

    use super::{UdpSender, datagrams};
    use crate::error::ErrorKind;

    fn batch(values: &[&str]) -> Batch {
        let mut encoder = Encoder::new(Dialect::V1);
        for value in values {
            encoder
                .push(&Point::new("m").field("f", *value))
                .expect("can be encoded");
        }
        encoder.take()
    }

    #[test]
    fn a_datagram_holds_as_many_whole_lines_as_fit() {
        // The line `m f="a"` has 7 bytes, and a line feed separates two lines.
        let batch = batch(&["a", "b", "c\nd", "e"]);
        for (bytes, sizes) in [
            (9, vec![7, 7, 9, 7]),
            (14, vec![7, 7, 9, 7]),
            (15, vec![15, 9, 7]),
            (17, vec![15, 17]),
            (1400, vec![33]),
        ] {
            let found = datagrams(&batch, bytes).expect("every line fits");
            assert_eq!(found.iter().map(|one| one.len()).collect::<Vec<_>>(), sizes);
            let joined = found.join(&b'\n');
            assert_eq!(joined, batch.bytes()[..batch.bytes().len() - 1]);
        }
    }

    #[test]
    fn a_line_that_is_too_large_is_named() {
        let error = datagrams(&batch(&["a", "long"]), 9).expect_err("10 bytes do not fit");
        assert_eq!(error.kind(), ErrorKind::Input);
        let text = error.to_string();
        assert!(text.starts_with("point 1: its line has 10 bytes"), "{text}");
    }

    #[test]
    fn nothing_makes_no_datagram() {
        assert!(datagrams(&batch(&[]), 1).expect("nothing").is_empty());
    }

    #[test]
    fn the_size_of_a_datagram_is_checked() {
        for bytes in [0, UdpSender::MAX_DATAGRAM_BYTES + 1] {
            let sender = UdpSender::new("127.0.0.1", 9).expect("a socket");
            assert!(sender.datagram_bytes(bytes).is_err(), "{bytes}");
        }
    }

    #[test]
    fn datagrams_arrive_as_they_are_cut() {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = server.local_addr().expect("is bound").port();
        let sender = UdpSender::new("localhost", port).expect("a socket");
        let sender = sender.datagram_bytes(15).expect("is in range");
        assert_eq!(sender.send(&batch(&["a", "b", "c"])).expect("is sent"), 2);
        let mut buffer = [0; 100];
        for expected in ["m f=\"a\"\nm f=\"b\"", "m f=\"c\""] {
            let size = server.recv(&mut buffer).expect("a datagram");
            assert_eq!(&buffer[..size], expected.as_bytes());
        }
    }

    #[test]
    fn a_batch_with_a_line_that_is_too_large_is_not_sent_in_part() {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        server.set_nonblocking(true).expect("can be set");
        let port = server.local_addr().expect("is bound").port();
        let sender = UdpSender::new("127.0.0.1", port).expect("a socket");
        let sender = sender.datagram_bytes(9).expect("is in range");
        assert!(sender.send(&batch(&["a", "long"])).is_err());
        // If the sender and the receiver are on the same machine, a datagram has already arrived
        // when `send` returns.
        assert!(server.recv(&mut [0; 10]).is_err());
    }

    #[test]
    fn the_system_of_a_socket_that_is_gone_refuses_and_that_is_told() {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = server.local_addr().expect("is bound").port();
        drop(server);
        let sender = UdpSender::new("127.0.0.1", port).expect("a socket");
        sender.send(&batch(&["a"])).expect("nothing is known yet");
        let error = sender
            .send(&batch(&["b"]))
            .expect_err("the first came back");
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(
            error.to_string().contains(&format!("127.0.0.1:{port}")),
            "{error}"
        );
    }
}
