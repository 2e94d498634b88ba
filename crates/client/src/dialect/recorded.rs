//! Recorded answers of servers, for the tests of the verdicts.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::headers::Headers;

/// A recorded answer, with the name of its exchange and the path of its request.
pub(super) struct Recorded {
    pub(super) name: String,
    /// The path without the query keys.
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) headers: Headers,
    /// The parts of the body that are text.
    pub(super) body: String,
}

#[derive(Deserialize)]
struct Exchange {
    name: String,
    request: Asked,
    response: Answered,
}

#[derive(Deserialize)]
struct Asked {
    path: String,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    chunks: Vec<Value>,
}

/// Returns the recorded answers of a server, such as `influxdb-1.6`.
pub(super) fn recorded(server: &str) -> Vec<Recorded> {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/../../tests/captures/{server}.jsonl"));
    let text = text.expect("the captures are in the tree");
    let exchanges = text.lines().map(|line| {
        let Exchange {
            name,
            request,
            response,
        } = serde_json::from_str(line).expect("a line of JSON");
        let headers = response.headers.iter();
        let headers: Vec<_> = headers.map(|(key, value)| (&**key, &**value)).collect();
        Recorded {
            name,
            path: request
                .path
                .split('?')
                .next()
                .unwrap_or_default()
                .to_owned(),
            status: response.status,
            headers: Headers::of(&headers),
            body: response.chunks.iter().filter_map(Value::as_str).collect(),
        }
    });
    exchanges.collect()
}
