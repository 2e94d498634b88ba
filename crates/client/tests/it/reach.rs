//! Tests connections to a real InfluxDB 1.x through sockets, TLS and proxies, with users and with
//! base paths.

use aioinflux::{Config, ErrorKind, Proxy};

use crate::connect;
use crate::forward::forward;
use crate::influxd::{Influxd, Settings, shared};
use crate::live::{cpu, database};

#[tokio::test]
async fn a_unix_socket_reaches_the_server() {
    let config = Config::new("http://nowhere.invalid")
        .unwrap()
        .unix_socket(&shared().socket);
    let client = database(config, "socket").await;
    client.write(&cpu(1)).await.unwrap();
    assert_eq!(client.query("SELECT * FROM cpu").await.unwrap().rows(), 1);
}

#[tokio::test]
async fn an_error_of_a_unix_socket_names_its_path() {
    let config = Config::new("http://localhost").unwrap();
    let client = connect(config.unix_socket("/nowhere/influxd.sock")).unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let text = "ping of `unix:/nowhere/influxd.sock`: no connection: ";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[tokio::test]
async fn tls_with_an_own_authority_reaches_the_server() {
    let authority = crate::tls::authority();
    let identity = authority.sign("localhost");
    let server = Influxd::start(&Settings {
        https: Some(&identity),
        ..Settings::default()
    });
    let url = format!("https://localhost:{}", server.port);
    let client = database(Config::new(&url).unwrap().tls(authority.tls()), "tls").await;
    client.write(&cpu(1)).await.unwrap();
    assert_eq!(client.query("SELECT * FROM cpu").await.unwrap().rows(), 1);
    let stranger = Config::new(&url)
        .unwrap()
        .tls(crate::tls::authority().tls());
    let error = connect(stranger).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
}

#[tokio::test]
async fn authentication_grants_and_refuses() {
    let server = Influxd::start(&Settings {
        auth: true,
        ..Settings::default()
    });
    let config = Config::new(&format!("http://127.0.0.1:{}?db=auth", server.port)).unwrap();
    let nobody = connect(config.clone()).unwrap();
    nobody
        .query("CREATE USER root WITH PASSWORD 'pass:wörd' WITH ALL PRIVILEGES")
        .await
        .unwrap();
    let root = database(config.clone().credentials("root", "pass:wörd"), "auth").await;
    root.query("CREATE USER reader WITH PASSWORD 'x'; GRANT READ ON auth TO reader")
        .await
        .unwrap();
    root.write(&cpu(1)).await.unwrap();
    let reader = connect(config.clone().credentials("reader", "x")).unwrap();
    assert_eq!(reader.query("SELECT * FROM cpu").await.unwrap().rows(), 1);

    let wrong = connect(config.clone().credentials("root", "hunter2")).unwrap();
    for (client, kind) in [
        (&nobody, ErrorKind::Unauthorized),
        (&wrong, ErrorKind::Unauthorized),
        (&reader, ErrorKind::Forbidden),
    ] {
        let error = client.write(&cpu(1)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, false),
            "{error}"
        );
        let shown = format!("{error} {error:?} {client:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("wörd"),
            "{shown}"
        );
    }
    assert_eq!(
        wrong.query("SHOW USERS").await.unwrap_err().kind(),
        ErrorKind::Unauthorized
    );
}

#[tokio::test]
async fn a_base_path_is_kept() {
    let forwarder = forward(shared().port, "/base/path").await;
    let url = format!("http://127.0.0.1:{}/base/path", forwarder.port);
    let client = database(Config::new(&url).unwrap(), "base").await;
    client.ping().await.unwrap();
    client.write(&cpu(1)).await.unwrap();
    assert_eq!(client.query("SELECT * FROM cpu").await.unwrap().rows(), 1);
    assert!(
        forwarder.received()[1]
            .line
            .starts_with("GET /base/path/ping ")
    );
}

#[tokio::test]
async fn a_proxy_that_is_given_is_used_and_its_password_shown_nowhere() {
    let port = shared().port;
    let forwarder = forward(port, "http://db.invalid:8086").await;
    let proxy = Proxy::Url(format!("http://me:hunter2@127.0.0.1:{}", forwarder.port));
    let config = Config::new("http://db.invalid:8086")
        .unwrap()
        .proxy(proxy.clone());
    let client = database(config, "proxy").await;
    client.write(&cpu(1)).await.unwrap();
    assert_eq!(client.query("SELECT * FROM cpu").await.unwrap().rows(), 1);
    let received = &forwarder.received()[0];
    assert_eq!(
        received.header("proxy-authorization"),
        Some("Basic bWU6aHVudGVyMg==")
    );

    let lost = Config::new("http://other.invalid").unwrap().proxy(proxy);
    let error = connect(lost).unwrap().ping().await.unwrap_err();
    let shown = format!("{error} {error:?} {client:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("aHVudGVyMg"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named_without_its_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let proxy = Proxy::Url(format!("http://me:hunter2@127.0.0.1:{port}"));
    let config = Config::new("http://db.invalid:8086").unwrap().proxy(proxy);
    let error = connect(config).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let start = format!(
        "ping of `http://db.invalid:8086/`: no connection through the proxy `http://127.0.0.1:{port}/`: "
    );
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[tokio::test]
async fn a_proxy_carries_tls_through() {
    let authority = crate::tls::authority();
    let identity = authority.sign("db.invalid");
    let server = Influxd::start(&Settings {
        https: Some(&identity),
        ..Settings::default()
    });
    let forwarder = forward(server.port, "").await;
    let proxy = Proxy::Url(format!("http://127.0.0.1:{}", forwarder.port));
    let config = Config::new("https://db.invalid")
        .unwrap()
        .proxy(proxy)
        .tls(authority.tls());
    connect(config).unwrap().ping().await.unwrap();
    assert_eq!(
        forwarder.received()[0].line,
        "CONNECT db.invalid:443 HTTP/1.1"
    );
}

/// The environment variable that holds the server's port in the process of a test that runs itself
/// again.
const PORT: &str = "AIOINFLUX_TEST_PORT";

/// Runs a test of this file again in a separate process. The process has no proxy variables except
/// those in `variables`. A separate process is needed because all tests in one process share the
/// environment.
async fn run_again(name: &str, port: u16, variables: &[(&str, &str)]) {
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args([&format!("reach::{name}"), "--exact"]);
    for kind in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        child.env_remove(kind).env_remove(kind.to_lowercase());
    }
    child
        .env(PORT, port.to_string())
        .envs(variables.iter().copied());
    let output = child.output().await.unwrap();
    assert!(output.status.success(), "{variables:?}: {output:?}");
}

#[tokio::test]
async fn the_environment_names_a_proxy_which_loopback_hosts_do_not_use() {
    if let Ok(port) = std::env::var(PORT) {
        for url in [
            "http://db.invalid:8086",
            &format!("http://127.0.0.1:{port}"),
        ] {
            connect(Config::new(url).unwrap())
                .unwrap()
                .ping()
                .await
                .unwrap();
        }
        let direct = Config::new("http://db.invalid:8086")
            .unwrap()
            .proxy(Proxy::None);
        let error = connect(direct).unwrap().ping().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        return;
    }
    let port = shared().port;
    let name = "the_environment_names_a_proxy_which_loopback_hosts_do_not_use";
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let forwarder = forward(port, "http://db.invalid:8086").await;
        let proxy = format!("http://127.0.0.1:{}", forwarder.port);
        run_again(name, port, &[(variable, &proxy)]).await;
        assert_eq!(forwarder.received().len(), 1, "{variable}");
    }
}

#[tokio::test]
async fn a_host_of_no_proxy_and_another_scheme_do_not_use_the_environments_proxy() {
    let config = Config::new("http://db.invalid:8086").unwrap();
    if std::env::var(PORT).is_ok() {
        let error = connect(config).unwrap().ping().await.unwrap_err();
        assert!(error.to_string().contains("no such host: "), "{error}");
        return;
    }
    let port = shared().port;
    let name = "a_host_of_no_proxy_and_another_scheme_do_not_use_the_environments_proxy";
    let forwarder = forward(port, "http://db.invalid:8086").await;
    let proxy = format!("http://127.0.0.1:{}", forwarder.port);
    run_again(
        name,
        port,
        &[("ALL_PROXY", &proxy), ("NO_PROXY", ".invalid")],
    )
    .await;
    run_again(name, port, &[("HTTPS_PROXY", &proxy)]).await;
    assert!(forwarder.received().is_empty());
}
