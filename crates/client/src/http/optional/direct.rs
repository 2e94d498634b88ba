//! Sends plain HTTP/1.1 requests on the thread that waits for the answer. Uses hyper's connections
//! without spawning a task.
//!
//! Each time a request is polled, it drives its own connection. After a complete answer, the
//! connection stays open for the next request. If the answer is not read completely, for example
//! because the request is dropped, the connection is closed.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, HOST};
use http::uri::Authority;
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::rt::TokioIo;

use super::reactor::Reactor;
use super::socket::{Plain, Socket};
use crate::error::Error;
use crate::http::connector::Connector;
use crate::http::failure::{no_answer, no_connection, root_cause};
use crate::http::message::{Head, Prepared, Upload, poll_piece};
use crate::http::pooled::IDLE;

/// The number of bytes of an answer after which tokio drives the connection. tokio's threads then
/// decode the rest of the answer.
const AT_HOME: usize = 64 * 1024;

/// The connections to one server that a reactor drives. Clones of this value share the connections.
#[derive(Clone)]
pub(in crate::http) struct Direct {
    shared: Arc<Shared>,
}

struct Shared {
    reactor: Reactor,
    connector: Connector,
    idle: Mutex<Vec<(Box<Connection>, Instant)>>,
}

/// A connection to the server, with hyper's sender and driver for the connection.
struct Connection {
    /// hyper's driver of the connection, or `None` once the connection has ended.
    driver: Option<http1::Connection<TokioIo<Socket>, Upload>>,
    sender: http1::SendRequest<Upload>,
    socket: Socket,
}

/// The body of an answer that is still being received.
pub(in crate::http) struct Receiving {
    /// The connection, or `None` once no more of the body can be received.
    connection: Option<Box<Connection>>,
    incoming: Incoming,
    direct: Direct,
    /// Whether the connection can be used for another request after this answer.
    is_kept: bool,
    received: usize,
    /// The number of bytes of the body that are read before tokio drives the connection.
    at_home: usize,
    has_left: bool,
}

impl Direct {
    pub(in crate::http) fn new(connector: Connector, reactor: &Reactor) -> Self {
        let shared = Shared {
            reactor: reactor.clone(),
            connector,
            idle: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(in crate::http) fn connector(&self) -> &Connector {
        &self.shared.connector
    }

    pub(in crate::http) async fn execute(
        &self,
        request: Prepared,
    ) -> Result<Head<Receiving>, Error> {
        let mut request = request.into_request()?;
        let server = in_origin_form(&mut request)?;
        loop {
            let idle = self.idle_connection();
            let is_used = idle.is_some();
            let mut connection = match idle {
                Some(connection) => connection,
                None => self.connect(&server).await?,
            };
            match connection.send(request).await {
                Ok(response) => return Ok(self.head(connection, response)),
                // The server closed the idle connection before any part of the request was sent, so
                // the request is sent again.
                Err((_, Some(unsent))) if is_used => request = *unsent,
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn head(&self, connection: Box<Connection>, response: Response<Incoming>) -> Head<Receiving> {
        let head = Head::new(response);
        let mut options = head.headers.get_all(CONNECTION).iter();
        let closes = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
        let is_kept = !options.any(closes);
        // A few bytes of a compressed body may expand to many bytes, so tokio drives the connection
        // from the start.
        let is_coded = head.headers.contains_key(CONTENT_ENCODING);
        head.from(|incoming| {
            let mut receiving = Receiving {
                connection: Some(connection),
                direct: self.clone(),
                is_kept,
                received: 0,
                at_home: if is_coded { 0 } else { AT_HOME },
                has_left: false,
                incoming,
            };
            if receiving.incoming.is_end_stream() {
                receiving.give_back();
            }
            receiving
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Box<Connection>, Instant)>> {
        let idle = self.shared.idle.lock();
        idle.unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the most recently used of the idle connections that are still open.
    fn idle_connection(&self) -> Option<Box<Connection>> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() > IDLE {
                // The other connections in the list have been idle even longer than this one.
                self.idle().clear();
                return None;
            }
            let is_home = connection.socket.come_back(&self.shared.reactor).is_ok();
            if is_home && connection.is_ready() {
                return Some(connection);
            }
        }
    }

    async fn connect(&self, server: &Uri) -> Result<Box<Connection>, Error> {
        let dialed = self.connector().dial(server.clone()).await?;
        let failed = |error: &(dyn std::error::Error + 'static)| no_connection(error, false, None);
        let plain = Plain::new(dialed).map_err(|error| failed(&error))?;
        let socket = Socket::new(plain, &self.shared.reactor).map_err(|error| failed(&error))?;
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

/// Changes the request to the form that a server expects: the target contains only the path, and
/// the `Host` header contains the host. Returns the original URI of the request.
fn in_origin_form(request: &mut Request<Upload>) -> Result<Uri, Error> {
    let server = std::mem::take(request.uri_mut());
    if let Some(path) = server.path_and_query() {
        *request.uri_mut() = path.clone().into();
    }
    let host = server.authority().map_or("", Authority::as_str);
    let host = HeaderValue::from_str(host);
    let host = host.map_err(|error| Error::config(format!("url: {error}")))?;
    request.headers_mut().insert(HOST, host);
    Ok(server)
}

impl Connection {
    /// Makes as much progress on the connection as possible without waiting.
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

    /// Whether the connection can be used for a request: the server has neither closed it nor sent
    /// unexpected data.
    fn is_ready(&mut self) -> bool {
        // No future waits for an idle connection. The future that sends the next request polls the
        // connection.
        let mut context = Context::from_waker(Waker::noop());
        self.drive(&mut context).is_ok() && self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer. If no answer arrives, the error says
    /// why. If no part of the request was sent, the error comes with the request, so that the
    /// request can be sent again.
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
            // Only the connection's driver can complete the future `answer`, and the driver was
            // just polled, so no waker is needed.
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
    /// Returns the next piece of the body, or the reason why no piece can be received.
    pub(in crate::http) async fn next(&mut self) -> Result<Option<Bytes>, String> {
        if self.received >= self.at_home && !self.has_left {
            self.leave().await;
        }
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, String>> {
        // The first call of `poll_piece` tells the connection that the body is being read.
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

    /// Returns a piece of the body that the connection has received but not yet returned. Only the
    /// connection's driver can produce another piece, so no waker is needed here.
    fn poll_piece(&mut self) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        poll_piece(&mut self.incoming, &mut Context::from_waker(Waker::noop()))
    }

    /// Makes tokio drive the connection from now on. The host should then move the future that
    /// reads this body to tokio.
    async fn leave(&mut self) {
        let mut asked = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut asked, true) {
                return Poll::Ready(());
            }
            // If the calling program does not move the future to tokio, the future continues on
            // this thread.
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

    /// Returns the connection to the list of idle connections, for the next request.
    fn give_back(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.is_kept
            && connection.driver.is_some()
        {
            let now = Instant::now();
            let mut idle = self.direct.idle();
            // The first connections in the list of idle connections have been idle the longest.
            while idle.first().is_some_and(|(connection, since)| {
                connection.socket.is_read_closed() || now.duration_since(*since) > IDLE
            }) {
                idle.remove(0);
            }
            idle.push((connection, now));
        }
    }
}
