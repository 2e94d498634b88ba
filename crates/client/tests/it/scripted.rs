//! Runs a server that answers each request with bytes that a script determines.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A request as the server received it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server does after it has read a request.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// The server waits for the next request.
    Keep,
    /// The server closes the connection normally.
    Close,
    /// The server resets the connection.
    Reset,
    /// The server keeps the connection open, but sends nothing more.
    Hang,
}

/// Returns the action of sending bytes, and then waiting for the next request.
pub(crate) fn keep(bytes: impl Into<Vec<u8>>) -> Act {
    Act {
        bytes: bytes.into(),
        then: Then::Keep,
    }
}

/// Returns the action of sending bytes, and then closing the connection.
pub(crate) fn close(bytes: impl Into<Vec<u8>>) -> Act {
    Act {
        bytes: bytes.into(),
        then: Then::Close,
    }
}

/// Returns the action of sending bytes, and then resetting the connection.
pub(crate) fn reset(bytes: impl Into<Vec<u8>>) -> Act {
    Act {
        bytes: bytes.into(),
        then: Then::Reset,
    }
}

/// Returns the action of sending bytes, and then sending nothing more.
pub(crate) fn hang(bytes: impl Into<Vec<u8>>) -> Act {
    Act {
        bytes: bytes.into(),
        then: Then::Hang,
    }
}

/// Returns a complete HTTP answer with this status, these headers and this body.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut out = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        out.push_str(header);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

/// Returns a complete HTTP answer whose body is JSON.
pub(crate) fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, &["Content-Type: application/json"], body)
}

/// 204.
pub(crate) fn done() -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\n\r\n".to_vec()
}

/// The server. Dropping this value ends the server and its connections.
pub(crate) struct Scripted {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    closed: mpsc::UnboundedReceiver<()>,
    _tasks: JoinSet<()>,
}

type Script = Arc<dyn Fn(&Received) -> Act + Send + Sync>;

/// A function that wraps each connection to a server, for example in TLS.
pub(crate) type Accept = Arc<dyn Fn(TcpStream) -> Wrapped + Send + Sync>;
pub(crate) type Wrapped =
    std::pin::Pin<Box<dyn Future<Output = Option<Box<dyn Connection>>> + Send>>;

pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {
    fn abort(&self) {}
}

impl Connection for TcpStream {
    #[expect(
        deprecated,
        reason = "a linger of zero is what makes the reset, and does not block"
    )]
    fn abort(&self) {
        self.set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

/// Starts a server that answers each request as the function `script` determines.
pub(crate) async fn serve(script: impl Fn(&Received) -> Act + Send + Sync + 'static) -> Scripted {
    let plain: Accept =
        Arc::new(|stream| Box::pin(async move { Some(Box::new(stream) as Box<dyn Connection>) }));
    serve_with(script, plain).await
}

/// Starts a server that performs this action after every request.
pub(crate) async fn always(act: Act) -> Scripted {
    serve(move |_| act.clone()).await
}

pub(crate) async fn serve_with(
    script: impl Fn(&Received) -> Act + Send + Sync + 'static,
    accept: Accept,
) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::new(Mutex::new(Vec::new()));
    let (closing, closed) = mpsc::unbounded_channel();
    let script: Script = Arc::new(script);
    let log = Arc::clone(&received);
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let (script, log, closing) = (Arc::clone(&script), Arc::clone(&log), closing.clone());
            let accepted = accept(stream);
            connections.spawn(async move {
                if let Some(stream) = accepted.await {
                    connection(stream, script, log).await;
                }
                let _ = closing.send(());
            });
        }
    });
    Scripted {
        port,
        received,
        connections,
        closed,
        _tasks: tasks,
    }
}

impl Scripted {
    /// Returns the requests that the server has received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the number of connections that the server has accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until one of the server's connections has ended.
    pub(crate) async fn closed(&mut self) {
        self.closed.recv().await.unwrap();
    }
}

async fn connection(stream: Box<dyn Connection>, script: Script, log: Arc<Mutex<Vec<Received>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = request(&mut stream).await {
        let act = script(&request);
        log.lock().unwrap().push(request);
        if stream.get_mut().write_all(&act.bytes).await.is_err() {
            return;
        }
        let _ = stream.get_mut().flush().await;
        match act.then {
            Then::Keep => {}
            Then::Close => {
                let _ = stream.get_mut().shutdown().await;
                return;
            }
            Then::Reset => return stream.get_ref().abort(),
            Then::Hang => {
                // The server waits until the client disconnects.
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
        }
    }
}

/// Reads one request from the client. If the client has disconnected, returns `None`.
pub(crate) async fn request<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Received> {
    let line = text_line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let header = text_line(stream).await?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut received = Received {
        line,
        headers,
        body: Vec::new(),
    };
    let length = received
        .header("content-length")
        .map_or(0, |n| n.parse().unwrap());
    received.body = vec![0; length];
    stream.read_exact(&mut received.body).await.ok()?;
    Some(received)
}

async fn text_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(1..) => Some(line.trim_end().to_owned()),
        _ => None,
    }
}
