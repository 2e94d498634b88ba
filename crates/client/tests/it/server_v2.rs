//! Connects to a real InfluxDB 2.x, which the environment names: `AIOINFLUX_TEST_V2_URL`,
//! `AIOINFLUX_TEST_V2_TOKEN` and `AIOINFLUX_TEST_V2_ORG`. The token must be allowed to create buckets.
//! The tests that need this server are ignored by default; `make test-server` runs them.

use aioinflux::{Auth, Client, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::connect;

/// Returns a client for a new bucket with this name. A bucket with the same name is deleted first. If `seconds` is not 0, the bucket keeps points only
/// for this long.
pub(crate) async fn client(bucket: &str, seconds: u64) -> Client {
    let [url, token, organization] = ["URL", "TOKEN", "ORG"].map(variable);
    let server = Server { url, token };
    server.create(&organization, bucket, seconds).await;
    let config = Config::new(&server.url).unwrap();
    let config = config.auth(Auth::token(server.token.as_str()));
    connect(config.organization(organization).bucket(bucket)).unwrap()
}

/// Returns a variable of the environment that names the server.
pub(crate) fn variable(name: &str) -> String {
    let name = format!("AIOINFLUX_TEST_V2_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} names no server"))
}

struct Server {
    url: String,
    token: String,
}

impl Server {
    async fn create(&self, organization: &str, bucket: &str, seconds: u64) {
        let all = self.ask("GET", "/api/v2/orgs?limit=100", "").await;
        let known = |list: &Value, name: &str| {
            let found = list.as_array().unwrap().iter();
            let mut found = found.filter(|one| one["name"] == name);
            found
                .next()
                .map(|one| one["id"].as_str().unwrap().to_owned())
        };
        let organization = known(&all["orgs"], organization).unwrap();
        let path = format!("/api/v2/buckets?name={}", bucket.replace(' ', "%20"));
        let all = self.ask("GET", &path, "").await;
        if let Some(old) = known(&all["buckets"], bucket) {
            self.ask("DELETE", &format!("/api/v2/buckets/{old}"), "")
                .await;
        }
        let rules = json!([{"type": "expire", "everySeconds": seconds}]);
        let body = json!({"orgID": organization, "name": bucket, "retentionRules": rules});
        self.ask("POST", "/api/v2/buckets", &body.to_string()).await;
    }

    /// Returns the JSON of an answer, or null if the answer has no body.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let host = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut socket = TcpStream::connect(host).await.unwrap();
        let (token, length) = (&self.token, body.len());
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Token {token}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        assert!(status.starts_with('2'), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_default()
    }
}
