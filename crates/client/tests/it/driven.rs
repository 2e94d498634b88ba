//! Tests clients whose connections are driven by a reactor, as happens in event loops other than
//! tokio's.

use std::future::Future;
use std::os::fd::AsRawFd as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aioinflux::engine::Reactor;
use aioinflux::{Client, Config, Dialect, Encoder, ErrorKind, Gzip, Point, Proxy, WriteOptions};
use mio::unix::SourceFd;
use mio::{Events, Interest, Token};
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Handle, Runtime};

use crate::config;
use crate::scripted::{Scripted, always, answer, close, done, hang, json, keep, serve};

/// Returns a copy of the client that uses a reactor, which a task of the running test serves. If
/// there is no runtime, or if the client uses TLS or a proxy, returns `client` itself.
pub(crate) fn beside_tokio(client: Client) -> Client {
    let reactor = Reactor::new().unwrap();
    let (Ok(runtime), Some(driven)) = (Handle::try_current(), client.driven_by(&reactor)) else {
        return client;
    };
    runtime.spawn(async move {
        #[expect(
            deprecated,
            reason = "the other way is unsafe, and a reactor keeps its descriptor"
        )]
        let watched = AsyncFd::new(reactor).unwrap();
        loop {
            watched.readable().await.unwrap().clear_ready();
            watched.get_ref().turn().unwrap();
        }
    });
    driven
}

/// An event loop for a single future.
struct EventLoop {
    reactor: Reactor,
    poll: mio::Poll,
    runtime: Runtime,
    /// Whether the loop has moved its future to tokio.
    moved: bool,
}

struct Woken {
    is_woken: AtomicBool,
    reactor: Reactor,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.reactor.wake().unwrap();
    }
}

impl EventLoop {
    fn new() -> Self {
        let reactor = Reactor::new().unwrap();
        let poll = mio::Poll::new().unwrap();
        poll.registry()
            .register(
                &mut SourceFd(&reactor.as_raw_fd()),
                Token(0),
                Interest::READABLE,
            )
            .unwrap();
        Self {
            reactor,
            poll,
            runtime: Runtime::new().unwrap(),
            moved: false,
        }
    }

    fn client(&self, config: Config) -> Client {
        let client = Client::new(config).unwrap();
        client.driven_by(&self.reactor).unwrap()
    }

    fn serve(&self, server: impl Future<Output = Scripted>) -> Scripted {
        self.runtime.block_on(server)
    }

    fn run<F: Future>(&mut self, future: F) -> F::Output {
        let woken = Arc::new(Woken {
            is_woken: AtomicBool::new(true),
            reactor: self.reactor.clone(),
        });
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        let mut events = Events::with_capacity(1);
        loop {
            let entered = self.runtime.enter();
            while woken.is_woken.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
                if self.reactor.wants_tokio() {
                    drop(entered);
                    self.moved = true;
                    return self.runtime.block_on(future);
                }
            }
            self.poll.poll(&mut events, None).unwrap();
            self.reactor.turn().unwrap();
        }
    }
}

/// Returns a JSON answer with `count` rows.
fn rows(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(|n| format!("[{n},1.5]")).collect();
    format!(
        r#"{{"results":[{{"statement_id":0,"series":[{{"name":"m","columns":["time","v"],"values":[{}]}}]}}]}}"#,
        rows.join(",")
    )
}

#[test]
fn requests_use_one_connection_one_after_the_other() {
    let mut host = EventLoop::new();
    let server = host.serve(always(keep(done())));
    let client = host.client(config(server.port));
    for n in 0..3 {
        let written = host.run(client.write(&[Point::new("m").field("v", n)]));
        assert_eq!(written.unwrap().points, 1);
    }
    assert_eq!(server.received().len(), 3);
    assert_eq!(server.connections(), 1);
}

#[test]
fn requests_at_once_use_connections_of_their_own() {
    let mut host = EventLoop::new();
    let server = host.serve(always(keep(done())));
    let client = host.client(config(server.port));
    let (one, two) = host.run(async { tokio::join!(client.ping(), client.ping()) });
    one.unwrap();
    two.unwrap();
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_large_answer_goes_on_in_tokio_and_its_connection_comes_back() {
    let mut host = EventLoop::new();
    let large = json("200 OK", &rows(50_000));
    let server = host.serve(always(keep(large)));
    let client = host.client(config(server.port));
    for _ in 0..2 {
        host.moved = false;
        let answer = host.run(client.query("q")).unwrap();
        assert_eq!(answer.rows(), 50_000);
        assert!(host.moved);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_small_answer_stays() {
    let mut host = EventLoop::new();
    let server = host.serve(always(keep(json("200 OK", &rows(10)))));
    let client = host.client(config(server.port));
    assert_eq!(host.run(client.query("q")).unwrap().rows(), 10);
    assert!(!host.moved);
}

#[test]
fn a_body_that_finds_no_room_in_the_socket_waits_for_it() {
    let mut host = EventLoop::new();
    let server = host.serve(always(keep(done())));
    let client = host.client(config(server.port).gzip(Gzip::Never));
    let mut encoder = Encoder::new(Dialect::V1);
    for n in 0..400_000 {
        encoder
            .push(&Point::new("measurement").field("f", n))
            .unwrap();
    }
    let batch = Arc::new(encoder.take());
    assert!(batch.bytes().len() > 8 << 20);
    let options = WriteOptions::new();
    let written = host
        .run(client.write_batch(Arc::clone(&batch), &options))
        .unwrap();
    assert_eq!(written.points, 400_000);
    assert_eq!(server.received()[0].body, batch.bytes());
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_not_used() {
    let mut host = EventLoop::new();
    let mut server = host.serve(always(close(done())));
    let client = host.client(config(server.port));
    for connections in 1..4 {
        host.run(client.ping()).unwrap();
        host.runtime.block_on(server.closed());
        assert_eq!(server.connections(), connections);
    }
}

#[test]
fn what_a_server_says_unasked_is_not_the_answer_to_the_next_request() {
    let mut host = EventLoop::new();
    let unasked = [done(), json("200 OK", &rows(1))].concat();
    let server = host.serve(serve(move |request| {
        if request.line.starts_with("GET") {
            return keep(unasked.clone());
        }
        keep(json("200 OK", &rows(3)))
    }));
    let client = host.client(config(server.port));
    host.run(client.ping()).unwrap();
    assert_eq!(host.run(client.query("q")).unwrap().rows(), 3);
}

#[test]
fn an_answer_that_asks_for_it_ends_its_connection() {
    let mut host = EventLoop::new();
    let head = ["Content-Type: application/json", "Connection: close"];
    let server = host.serve(always(keep(answer("200 OK", &head, rows(1)))));
    let client = host.client(config(server.port));
    for connections in 1..3 {
        host.run(client.query("q")).unwrap();
        assert_eq!(server.connections(), connections);
    }
}

#[test]
fn a_request_that_is_dropped_closes_its_connection() {
    let mut host = EventLoop::new();
    let mut server = host.serve(always(hang("")));
    let client = host.client(config(server.port));
    host.run(async {
        let mut asking = pin!(client.query("q"));
        // Polls the query until the server has received its request.
        std::future::poll_fn(|context| {
            assert!(asking.as_mut().poll(context).is_pending());
            match server.received().len() {
                0 => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            }
        })
        .await;
    });
    host.runtime.block_on(server.closed());
}

#[test]
fn a_name_that_nobody_knows_and_a_port_that_nobody_listens_at_are_told_apart() {
    let mut host = EventLoop::new();
    let unknown = host.client(Config::new("http://nobody.invalid:8086").unwrap());
    let error = host.run(unknown.ping()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("no such host: "), "{error}");
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let closed = host.client(config(port));
    let error = host.run(closed.ping()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("no connection: "), "{error}");
}

#[test]
fn where_tls_or_a_proxy_is_on_the_way_no_reactor_drives() {
    let reactor = Reactor::new().unwrap();
    let plain = Config::new("http://db.invalid:8086").unwrap();
    for (config, is_driven) in [
        (plain.clone().proxy(Proxy::None), true),
        (plain.clone().unix_socket("/nowhere"), true),
        (
            plain.proxy(Proxy::Url("http://proxy.invalid".into())),
            false,
        ),
        (Config::new("https://127.0.0.1:8086").unwrap(), false),
    ] {
        let client = Client::new(config).unwrap();
        assert_eq!(client.driven_by(&reactor).is_some(), is_driven);
    }
}
