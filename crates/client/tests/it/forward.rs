//! Forwards requests, and thereby serves as a proxy or as a server with a base path.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::scripted::{Received, request};

/// A server that forwards every request to one port, and records the request.
pub(crate) struct Forwarder {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    _tasks: JoinSet<()>,
}

/// Starts a forwarder. `strip` is removed from the request target, which must contain it.
pub(crate) async fn forward(to: u16, strip: &'static str) -> Forwarder {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let log = Arc::clone(&log);
            connections.spawn(async move { connection(stream, to, strip, log).await });
        }
    });
    Forwarder {
        port,
        received,
        _tasks: tasks,
    }
}

impl Forwarder {
    /// Returns the requests that the forwarder has received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Forwards the first request of a connection, and asks the server to close its own connection
/// after the answer.
async fn connection(
    stream: TcpStream,
    to: u16,
    strip: &str,
    log: Arc<Mutex<Vec<Received>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let received = request(&mut stream).await?;
    log.lock().unwrap().push(received.clone());
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
    if received.line.starts_with("CONNECT ") {
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 200 OK\r\n\r\n")
            .await
            .ok()?;
    } else {
        let (method, target) = received.line.split_once(' ').unwrap();
        let Some(target) = target.strip_prefix(strip) else {
            let refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            return stream.get_mut().write_all(refused).await.ok();
        };
        let mut head = format!("{method} {target}\r\nConnection: close\r\n");
        for (name, value) in received
            .headers
            .iter()
            .filter(|(name, _)| name != "connection")
        {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        server.write_all(head.as_bytes()).await.ok()?;
        server.write_all(&received.body).await.ok()?;
    }
    copy_bidirectional(stream.get_mut(), &mut server)
        .await
        .ok()?;
    Some(())
}
