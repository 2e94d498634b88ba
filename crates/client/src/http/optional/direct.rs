//! Plain HTTP/1.1 on the thread that waits for the answer: hyper's connections, and no other task.
//!
//! A request drives its own connection each time it is polled. What comes whole leaves the
//! connection to the next request; everything else closes it, as a request that is dropped does.

use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_ENCODING, HOST, USER_AGENT};
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tower_service::Service as _;
use url::{Position, Url};

use super::reactor::Reactor;
use super::socket::{Plain, Socket};
use crate::config::Config;
use crate::deadline::Progress;
use crate::error::{Error, Limit};
use crate::http::failure::{no_answer, no_connection, root_cause};
use crate::http::message::{AGENT, Head, Prepared, Upload};

/// From so many bytes of an answer on, tokio drives its connection, and decoding is done there.
const AT_HOME: usize = 64 * 1024;
/// A connection that was idle for longer is not used again, as in the pool of reqwest.
const IDLE: Duration = Duration::from_secs(90);
/// Signs of life on idle connections, and how long a lost one goes unnoticed, as in reqwest.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
#[cfg(target_os = "linux")]
const UNANSWERED: Duration = Duration::from_secs(30);

/// Connections to one server that a reactor drives. Clones share them.
#[derive(Clone)]
pub(in crate::http) struct Direct {
    shared: Arc<Shared>,
}

struct Shared {
    reactor: Reactor,
    unix_socket: Option<PathBuf>,
    connect_limit: Option<Duration>,
    idle: Mutex<Vec<(Box<Connection>, Instant)>>,
}

/// A connection, and both ends of the channel to it.
struct Connection {
    /// None once it has ended.
    driver: Option<http1::Connection<TokioIo<Socket>, Upload>>,
    sender: http1::SendRequest<Upload>,
    socket: Socket,
}

/// A body on its way.
pub(in crate::http) struct Receiving {
    /// None when nothing more can come.
    connection: Option<Box<Connection>>,
    incoming: Incoming,
    direct: Direct,
    /// Whether another request may follow on the connection.
    is_kept: bool,
    received: usize,
    /// Bytes that are read before tokio takes over.
    at_home: usize,
    has_left: bool,
}

impl Direct {
    pub(in crate::http) fn new(config: &Config, reactor: &Reactor) -> Self {
        let shared = Shared {
            reactor: reactor.clone(),
            unix_socket: config.unix_socket_path().map(PathBuf::from),
            connect_limit: config.connect_limit(),
            idle: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(in crate::http) async fn execute(
        &self,
        request: Prepared,
    ) -> Result<Head<Receiving>, Error> {
        let url = request.url.clone();
        let mut request = worded(request)?;
        loop {
            let idle = self.idle_connection();
            let is_used = idle.is_some();
            let mut connection = match idle {
                Some(connection) => connection,
                None => self.connect(&url).await?,
            };
            match connection.send(request).await {
                Ok(response) => return Ok(self.head(connection, response)),
                // The server closed it at the same moment, and nothing was sent.
                Err((_, Some(unsent))) if is_used => request = *unsent,
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn head(&self, connection: Box<Connection>, response: Response<Incoming>) -> Head<Receiving> {
        let (parts, incoming) = response.into_parts();
        let mut options = parts.headers.get_all(CONNECTION).iter();
        let closes = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
        let mut receiving = Receiving {
            connection: Some(connection),
            direct: self.clone(),
            is_kept: !options.any(closes),
            received: 0,
            // A few bytes may be inflated to many.
            at_home: if parts.headers.contains_key(CONTENT_ENCODING) {
                0
            } else {
                AT_HOME
            },
            has_left: false,
            incoming,
        };
        let has_length = receiving.incoming.size_hint().exact().is_some();
        if receiving.incoming.is_end_stream() {
            receiving.give_back();
        }
        Head {
            status: parts.status.as_u16(),
            headers: parts.headers,
            has_length,
            source: receiving,
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Box<Connection>, Instant)>> {
        let idle = self.shared.idle.lock();
        idle.unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last and still stands.
    fn idle_connection(&self) -> Option<Box<Connection>> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() > IDLE {
                // Those below it are older.
                self.idle().clear();
                return None;
            }
            let is_home = connection.socket.come_back(&self.shared.reactor).is_ok();
            if is_home && connection.is_ready() {
                return Some(connection);
            }
        }
    }

    async fn connect(&self, url: &Url) -> Result<Box<Connection>, Error> {
        let connecting = pin!(self.connect_now(url));
        match self.shared.connect_limit {
            None => connecting.await,
            Some(limit) => match tokio::time::timeout(limit, connecting).await {
                Ok(done) => done,
                Err(_) => Err(Error::timeout(Limit::Connect, limit)),
            },
        }
    }

    async fn connect_now(&self, url: &Url) -> Result<Box<Connection>, Error> {
        let failed = |error: &(dyn std::error::Error + 'static)| no_connection(error, false);
        let plain = match &self.shared.unix_socket {
            Some(path) => {
                let stream = UnixStream::connect(path).await.map_err(|e| failed(&e))?;
                Plain::Unix(stream.into_std().map_err(|e| failed(&e))?)
            }
            None => Plain::Tcp(tcp(url).await?),
        };
        let socket = Socket::new(plain, &self.shared.reactor).map_err(|e| failed(&e))?;
        let made = http1::Builder::new()
            .ignore_invalid_headers_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .handshake(TokioIo::new(socket.clone()))
            .await;
        let (sender, driver) = made.map_err(|error| failed(&error))?;
        Ok(Box::new(Connection {
            driver: Some(driver),
            sender,
            socket,
        }))
    }
}

/// Looks the name up, and tries its addresses.
async fn tcp(url: &Url) -> Result<std::net::TcpStream, Error> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE));
    connector.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(UNANSWERED));
    let origin: Uri = url[..Position::BeforePath]
        .parse()
        .map_err(|error| Error::config(format!("url: {error}")))?;
    let stream = connector.call(origin).await.map_err(|error| {
        let in_lookup = error.to_string().starts_with("dns error");
        no_connection(&error, in_lookup)
    })?;
    let stream = stream.into_inner().into_std();
    stream.map_err(|error| no_connection(&error, false))
}

/// The request as it goes over a connection: the path alone, and the host in a header.
fn worded(request: Prepared) -> Result<Request<Upload>, Error> {
    let Prepared {
        method,
        url,
        headers,
        body,
    } = request;
    let refused = |error: http::Error| Error::config(format!("url: {error}"));
    let mut out = Request::new(body.unwrap_or_else(nothing));
    *out.method_mut() = method;
    *out.uri_mut() = Uri::try_from(&url[Position::BeforePath..Position::AfterQuery])
        .map_err(|error| refused(error.into()))?;
    *out.headers_mut() = headers;
    let headers = out.headers_mut();
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]);
    headers.insert(HOST, host.map_err(|error| refused(error.into()))?);
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    Ok(out)
}

/// The body of a request that has none.
fn nothing() -> Upload {
    Upload::new(Bytes::new(), &Progress::new(None))
}

impl Connection {
    /// Moves what can be moved.
    fn drive(&mut self, context: &mut Context<'_>) -> Result<(), hyper::Error> {
        let Some(driver) = &mut self.driver else {
            return Ok(());
        };
        match Pin::new(driver).poll(context) {
            Poll::Pending => Ok(()),
            Poll::Ready(end) => {
                self.driver = None;
                end
            }
        }
    }

    /// Whether the server has not closed it, nor said anything unasked.
    fn is_ready(&mut self) -> bool {
        // Nobody waits for it here: who sends a request next polls it.
        let mut context = Context::from_waker(Waker::noop());
        self.drive(&mut context).is_ok() && self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer. The error says why there is none, and
    /// gives back a request of which nothing was sent.
    async fn send(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, (Error, Option<Box<Request<Upload>>>)> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let failed = |mut error: TrySendError<Request<Upload>>| {
            let unsent = error.take_message().map(Box::new);
            (no_answer(error.error()), unsent)
        };
        std::future::poll_fn(|context| {
            let driven = self.drive(context);
            // Woken by what drives the connection alone, which has just been done.
            let mut none = Context::from_waker(Waker::noop());
            if let Poll::Ready(done) = answer.as_mut().poll(&mut none) {
                return Poll::Ready(done.map_err(failed));
            }
            match driven {
                Err(error) => Poll::Ready(Err((no_answer(&error), None))),
                Ok(()) if self.driver.is_none() => {
                    let error = Error::transport("the connection was closed");
                    Poll::Ready(Err((error, None)))
                }
                Ok(()) => Poll::Pending,
            }
        })
        .await
    }
}

impl Receiving {
    /// The next piece, or the cause why there is none.
    pub(in crate::http) async fn next(&mut self) -> Result<Option<Bytes>, String> {
        if self.received >= self.at_home && !self.has_left {
            self.leave().await;
        }
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, String>> {
        // The first look tells the connection that there is somebody who reads.
        let mut piece = self.poll_piece();
        let mut driven = Ok(());
        if piece.is_pending()
            && let Some(connection) = &mut self.connection
        {
            driven = connection.drive(context);
            piece = self.poll_piece();
        }
        if piece.is_pending()
            && let Err(error) = driven
        {
            return Poll::Ready(Err(root_cause(&error)));
        }
        Poll::Ready(match ready!(piece) {
            Some(Ok(bytes)) => {
                self.received += bytes.len();
                Ok(Some(bytes))
            }
            Some(Err(error)) => Err(root_cause(&error)),
            None => {
                self.give_back();
                Ok(None)
            }
        })
    }

    /// What has been read and not handed out. Woken by what drives the connection alone.
    fn poll_piece(&mut self) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        let mut none = Context::from_waker(Waker::noop());
        loop {
            return match ready!(Pin::new(&mut self.incoming).poll_frame(&mut none)) {
                None => Poll::Ready(None),
                Some(Err(error)) => Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => Poll::Ready(Some(Ok(bytes))),
                    // Trailers.
                    Err(_) => continue,
                },
            };
        }
    }

    /// Has tokio drive the connection from now on: what polls this is to be moved there.
    async fn leave(&mut self) {
        let mut asked = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut asked, true) {
                return Poll::Ready(());
            }
            // Who does not move it goes on here.
            context.waker().wake_by_ref();
            if let Some(connection) = &self.connection {
                connection.socket.leave();
            }
            self.direct.shared.reactor.ask_for_tokio();
            Poll::Pending
        })
        .await;
        self.has_left = true;
    }

    /// Leaves the connection to the next request.
    fn give_back(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.is_kept
            && connection.driver.is_some()
        {
            let now = Instant::now();
            let mut idle = self.direct.idle();
            // The first ones are those that have been idle for the longest time.
            while idle.first().is_some_and(|(connection, since)| {
                connection.socket.is_read_closed() || now.duration_since(*since) > IDLE
            }) {
                idle.remove(0);
            }
            idle.push((connection, now));
        }
    }
}
