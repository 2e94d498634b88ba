//! Tests tokens that come from files and functions, with a scripted server that accepts only one
//! token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aioinflux::{Auth, Client, Config, Dialect, ErrorKind, Point};
use tokio::task::JoinSet;

use crate::connect;
use crate::scripted::{Act, Received, Scripted, answer, json, keep, serve};

/// Starts a server that accepts only the token `new`, and refuses all others with 401.
async fn server() -> Scripted {
    serve(|received: &Received| -> Act {
        keep(if received.header("authorization") == Some("Token new") {
            answer("204 No Content", &["X-Influxdb-Version: 2.7.1"], "")
        } else {
            json(
                "401 Unauthorized",
                r#"{"code":"unauthorized","message":"unauthorized access"}"#,
            )
        })
    })
    .await
}

fn config(server: &Scripted, auth: Auth) -> Config {
    Config::new(&format!("http://127.0.0.1:{}", server.port))
        .unwrap()
        .auth(auth)
        .bucket("b")
        .dialect(Dialect::V2)
}

/// Returns a client whose token is `old` when it is read first, and `token` from then on, and the
/// number of times it was read.
fn rotated(server: &Scripted, token: &'static str) -> (Client, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let auth = Auth::token_from(move || {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        Ok::<_, String>(if is_first { "old" } else { token }.to_owned())
    });
    (connect(config(server, auth)).unwrap(), count)
}

async fn write(client: Client) -> Result<(), aioinflux::Error> {
    let written = client.write(&[Point::new("m").field("f", 1).at(1)]).await;
    written.map(drop)
}

#[tokio::test]
async fn a_refused_token_is_read_again_once_for_all_requests() {
    let server = server().await;
    let (client, count) = rotated(&server, "new");
    let mut writes: JoinSet<_> = (0..20).map(|_| write(client.clone())).collect();
    while let Some(written) = writes.join_next().await {
        written.unwrap().unwrap();
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_that_stays_wrong_is_an_error_without_a_second_request() {
    let server = server().await;
    let (client, count) = rotated(&server, "old");
    let error = write(client).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_generation_is_asked_for_with_the_new_token() {
    let server = server().await;
    let url = format!("http://127.0.0.1:{}", server.port);
    let tokens = AtomicUsize::new(0);
    let auth = Auth::token_from(move || {
        let number = tokens.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(["old", "new"][number].to_owned())
    });
    let client = connect(Config::new(&url).unwrap().auth(auth)).unwrap();
    assert_eq!(client.dialect().await.unwrap(), Dialect::V2);
}

#[tokio::test]
async fn a_token_file_is_read_when_it_is_needed() {
    let server = server().await;
    let path = std::env::temp_dir().join(format!("aioinflux token {}", server.port));
    let client = connect(config(&server, Auth::token_file(&path))).unwrap();
    let error = write(client.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("token: file `"), "{text}");
    std::fs::write(&path, "old\n").unwrap();
    assert_eq!(write(client.clone()).await.unwrap_err().status(), Some(401));
    std::fs::write(&path, " new\n").unwrap();
    write(client).await.unwrap();
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn debug_shows_no_token() {
    let auth = Auth::token_from(|| Ok::<_, String>("t0ken".to_owned()));
    let text = format!("{:?}", Config::default().auth(auth));
    assert!(text.contains("***") && !text.contains("t0ken"), "{text}");
}
