#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::dialect::failure::Failure;
use crate::dialect::recorded::recorded;
use crate::error::Error;

/// Returns the verdicts on the recorded exchanges with a server, each with the name of its
/// exchange.
fn verdicts(server: &str) -> Vec<(String, Verdict)> {
    let verdicts = recorded(server).into_iter().filter_map(|answer| {
        let kind = match answer.path.as_str() {
            "/ping" => Kind::Ping,
            "/write" => Kind::Write,
            "/query" => Kind::Query,
            _ => return None,
        };
        let verdict = classify(kind, answer.status, &answer.headers, answer.body.as_bytes());
        Some((answer.name, verdict))
    });
    verdicts.collect()
}

fn refusal(server: &str, name: &str) -> Failure {
    let found = verdicts(server)
        .into_iter()
        .find(|(other, _)| other == name);
    match found.unwrap().1 {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{server}, {name}: {other:?}"),
    }
}

fn judged(kind: Kind, status: u16, media: &str, body: &str) -> Failure {
    let headers = Headers::of(&[("content-type", media)]);
    match classify(kind, status, &headers, body.as_bytes()) {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{status}: {other:?}"),
    }
}

const SERVERS: [&str; 2] = ["influxdb-1.6", "influxdb-1.12"];

#[test]
fn recorded_answers_are_judged() {
    for server in SERVERS {
        let verdicts = verdicts(server);
        assert!(verdicts.len() > 60, "{server}: {}", verdicts.len());
        for (name, verdict) in verdicts {
            match (name.as_str(), verdict) {
                (name, Verdict::Done) => {
                    // InfluxDB 1.6 treats an unknown precision as nanoseconds.
                    let lax = name == "write bad precision" && server == "influxdb-1.6";
                    let fine = ["ping", "ping verbose", "write", "write gzip"];
                    let fine = fine.contains(&name) || name == "write precision s";
                    assert!(fine || lax || name == "write empty", "{server}, {name}");
                }
                ("accept csv" | "accept text/csv" | "accept application/csv", verdict) => {
                    assert!(
                        matches!(verdict, Verdict::Refused(r) if r.kind == ErrorKind::Misdirected)
                    );
                }
                (name, Verdict::Answer(Format::Msgpack)) => {
                    assert!(name.contains("msgpack"), "{name}");
                }
                (name, Verdict::Answer(_)) => assert!(!name.contains("msgpack"), "{name}"),
                (name, Verdict::Refused(refusal)) => {
                    assert!(
                        refusal.said.as_ref().unwrap().message.is_some(),
                        "{server}, {name}: {refusal:?}"
                    );
                    assert!(
                        refusal.said.as_ref().unwrap().status >= 400,
                        "{server}, {name}: {refusal:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn recorded_errors_have_their_kinds() {
    for (name, kind) in [
        ("write to missing database", ErrorKind::NotFound),
        ("write unknown retention policy", ErrorKind::Rejected),
        ("write no database", ErrorKind::Rejected),
        ("write parse error partial", ErrorKind::PartialWrite),
        ("write field type conflict", ErrorKind::PartialWrite),
        ("write outside retention", ErrorKind::PartialWrite),
        ("write truncated gzip", ErrorKind::Rejected),
        ("parse error", ErrorKind::Rejected),
        ("missing q", ErrorKind::Rejected),
        ("bind missing", ErrorKind::Rejected),
    ] {
        for server in SERVERS {
            let refusal = refusal(server, name);
            assert_eq!(refusal.kind, kind, "{server}, {name}");
            assert!(!refusal.retryable, "{server}, {name}");
        }
    }
}

#[test]
fn the_message_of_an_error_is_kept_whole() {
    let found = refusal("influxdb-1.6", "write to missing database");
    assert_eq!(
        found.said.as_ref().unwrap().message.as_deref(),
        Some("database not found: \"nope\"")
    );
    assert_eq!(found.text, "status 404: database not found: \"nope\"");
    let error = Error::from(found);
    assert_eq!(error.status(), Some(404));
    assert_eq!(error.header("X-INFLUXDB-VERSION"), Some("1.6.7~rc0"));
}

#[test]
fn statuses_and_texts_tell_kind_and_retry() {
    use ErrorKind::{Forbidden, NotFound, PartialWrite, Rejected, Server, TooLarge, Unauthorized};
    for (status, body, kind, retryable) in [
        (
            400,
            r#"{"error":"partial write: x dropped=1 for database: d"}"#,
            PartialWrite,
            false,
        ),
        (
            400,
            r#"{"error":"unable to parse 'a': missing fields"}"#,
            Rejected,
            false,
        ),
        (
            401,
            r#"{"error":"authorization failed"}"#,
            Unauthorized,
            false,
        ),
        (403, r#"{"error":"user not authorized"}"#, Forbidden, false),
        (404, "404 page not found\n", NotFound, false),
        (405, "", Rejected, false),
        (408, "", Server, true),
        (
            413,
            r#"{"error":"Request Entity Too Large"}"#,
            TooLarge,
            false,
        ),
        (422, "", Rejected, false),
        (429, "", Server, true),
        (500, r#"{"error":"timeout"}"#, Server, true),
        (500, r#"{"error":"write failed"}"#, Server, true),
        (500, r#"{"error":"partial write"}"#, Server, true),
        (
            500,
            r#"{"error":"engine: cache-max-memory-size exceeded: (1/1)"}"#,
            Server,
            true,
        ),
        (
            500,
            r#"{"error":"retention policy not found: x"}"#,
            Rejected,
            false,
        ),
        (
            500,
            r#"{"error":"engine: unable to parse x"}"#,
            Rejected,
            false,
        ),
        (500, "Internal Server Error", Server, true),
        (501, "", Rejected, false),
        (503, "request throttled, queue full", Server, true),
        (529, "", Server, true),
    ] {
        let refusal = judged(Kind::Write, status, "application/json", body);
        assert_eq!(
            (refusal.kind, refusal.retryable),
            (kind, retryable),
            "{status} {body}"
        );
    }
}

#[test]
fn only_204_is_a_write_that_succeeded() {
    for status in [200, 201, 202, 206] {
        let refusal = judged(Kind::Write, status, "text/html", "<html>");
        assert_eq!(refusal.kind, ErrorKind::Misdirected);
        assert!(!refusal.text.contains("html>"));
    }
}

#[test]
fn a_query_answered_with_anything_but_json_or_msgpack_is_misdirected() {
    for media in ["text/html; charset=utf-8", "text/csv", ""] {
        assert_eq!(
            judged(Kind::Query, 200, media, "").kind,
            ErrorKind::Misdirected
        );
    }
    assert_eq!(
        judged(Kind::Query, 204, "", "").kind,
        ErrorKind::Misdirected
    );
}

#[test]
fn a_web_page_is_named() {
    let refusal = judged(Kind::Query, 200, "text/html; charset=utf-8", "<html>");
    assert!(refusal.text.contains("is a web page"), "{}", refusal.text);
    assert!(refusal.text.contains("check the port"), "{}", refusal.text);
}

#[test]
fn every_answer_of_3_x_stops_a_client_that_expects_1_x() {
    let verdicts = verdicts("influxdb-3-for-1x");
    assert_eq!(verdicts.len(), 11);
    for (name, verdict) in verdicts {
        let Verdict::Refused(refusal) = verdict else {
            panic!("{name}: {verdict:?}")
        };
        for part in ["the server is InfluxDB 3.x", "set `Config::dialect` to V3"] {
            assert!(refusal.text.contains(part), "{name}: {}", refusal.text);
        }
        let requires = refusal.text.contains("requires a token");
        assert_eq!(requires, refusal.said.unwrap().status == 401, "{name}");
        let stored = refusal.text.contains("which stored the lines");
        assert_eq!(stored, name == "3.10 v1 write", "{name}");
    }
}

#[test]
fn a_2_x_server_that_refuses_a_client_says_what_it_requires() {
    for name in ["auth none v1", "auth none v1 query"] {
        let refusal = refusal("influxdb-2.9-more", name);
        assert_eq!(refusal.kind, ErrorKind::Unauthorized);
        let hint = "; hint: this is InfluxDB 2.x and requires a token, or a user";
        assert!(refusal.text.contains(hint), "{}", refusal.text);
    }
    let headers = [
        ("x-influxdb-version", "v2.9.1"),
        ("content-type", "application/json"),
    ];
    let body = br#"{"code":"unauthorized","message":"unauthorized access"}"#;
    for (status, expected) in [(401, true), (403, false), (400, false)] {
        let Verdict::Refused(refusal) = classify(Kind::Write, status, &Headers::of(&headers), body)
        else {
            panic!()
        };
        assert_eq!(
            refusal.text.contains("this is InfluxDB 2.9.1 and"),
            expected,
            "{status}"
        );
    }
    let refusal = refusal("influxdb-2.9-more", "v1 write db=nope");
    assert_eq!(refusal.kind, ErrorKind::NotFound);
    assert!(refusal.text.contains("a DBRP mapping"), "{}", refusal.text);
}

#[test]
fn errors_of_1_x_get_no_hint_about_2_x() {
    for server in SERVERS {
        for (name, verdict) in verdicts(server) {
            if let Verdict::Refused(refusal) = verdict {
                assert!(!refusal.text.contains("hint"), "{name}: {}", refusal.text);
            }
        }
    }
}

#[test]
fn a_redirect_is_named_without_its_secrets() {
    let to = "https://user:hunter2@other.example/login?token=hunter2";
    let headers = Headers::of(&[("location", to)]);
    let Verdict::Refused(refusal) = classify(Kind::Write, 307, &headers, b"") else {
        panic!()
    };
    assert_eq!(refusal.kind, ErrorKind::Misdirected);
    let text = "status 307: redirects are not followed, and this one points to \
                `https://***@other.example/login`";
    assert_eq!(refusal.text, text);
}

#[test]
fn html_is_never_read() {
    let refusal = judged(Kind::Query, 502, "text/html", "<h1>Bad gateway</h1>");
    assert_eq!(refusal.text, "status 502 (bad gateway)");
}

#[test]
fn the_code_of_an_error_is_kept() {
    let body = r#"{"code":"invalid","message":"no"}"#;
    let refusal = judged(Kind::Query, 400, "application/json", body);
    assert_eq!(
        refusal.said.as_ref().unwrap().code.as_deref(),
        Some("invalid")
    );
    assert_eq!(
        refusal.said.as_ref().unwrap().message.as_deref(),
        Some("no")
    );
}

#[test]
fn an_error_in_msgpack_is_read_too() {
    let headers = Headers::of(&[("content-type", MSGPACK)]);
    let verdict = classify(Kind::Query, 400, &headers, b"\x81\xa5error\xa7no such");
    let Verdict::Refused(refusal) = verdict else {
        panic!()
    };
    assert_eq!(
        refusal.said.as_ref().unwrap().message.as_deref(),
        Some("no such")
    );
}
