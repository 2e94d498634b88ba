#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::dialect::failure::Failure;
use crate::dialect::recorded::recorded;

/// Returns the verdicts on the recorded exchanges, each with the name and status of its exchange.
fn verdicts() -> Vec<(String, u16, Kind, Verdict)> {
    let servers = ["influxdb-2.9", "influxdb-2.9-more"];
    let answers = servers.into_iter().flat_map(recorded);
    let verdicts = answers.filter_map(|answer| {
        let kind = match answer.path.as_str() {
            "/ping" => Kind::Ping,
            "/api/v2/write" => Kind::Write,
            "/api/v2/query" => Kind::Query,
            _ => return None,
        };
        let verdict = classify(kind, answer.status, &answer.headers, answer.body.as_bytes());
        Some((answer.name, answer.status, kind, verdict))
    });
    verdicts.collect()
}

fn refusal(kind: Kind, status: u16, body: &str) -> Failure {
    let headers = Headers::of(&[("content-type", "application/json; charset=utf-8")]);
    match classify(kind, status, &headers, body.as_bytes()) {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{status}: {other:?}"),
    }
}

#[test]
fn recorded_answers_are_judged() {
    let verdicts = verdicts();
    assert!(verdicts.len() > 200, "{}", verdicts.len());
    for (name, status, kind, verdict) in verdicts {
        match (status, verdict) {
            (204, Verdict::Done) if kind != Kind::Query => {}
            (200, Verdict::Answer(Format::FluxCsv)) if kind == Kind::Query => {}
            (_, Verdict::Refused(refusal)) => {
                let said = refusal.said.unwrap();
                let is_error = status >= 400;
                // A query without an answer, which this client does not request.
                assert!(is_error || name == "flux prefer no content", "{name}");
                if is_error {
                    assert!(said.code.is_some(), "{name}");
                    assert!(said.message.is_some_and(|text| !text.is_empty()), "{name}");
                }
                let expected = match status {
                    401 => ErrorKind::Unauthorized,
                    403 => ErrorKind::Forbidden,
                    404 => ErrorKind::NotFound,
                    422 => ErrorKind::PartialWrite,
                    400 if name == "flux missing org" => ErrorKind::NotFound,
                    _ => continue,
                };
                assert_eq!(refusal.kind, expected, "{name}");
            }
            (status, verdict) => panic!("{name}, {status}: {verdict:?}"),
        }
    }
}

#[test]
fn a_page_of_the_user_interface_is_no_success() {
    for kind in [Kind::Ping, Kind::Write, Kind::Query] {
        let headers = Headers::of(&[("content-type", "text/html; charset=utf-8")]);
        let verdict = classify(kind, 200, &headers, b"<!doctype html>");
        assert!(
            matches!(verdict, Verdict::Refused(failure) if failure.kind == ErrorKind::Misdirected)
        );
    }
}

#[test]
fn errors_say_whether_a_retry_can_help() {
    let cases = [
        (
            400,
            "unable to parse 'm': missing fields",
            ErrorKind::Rejected,
            false,
        ),
        (
            422,
            "failure writing points to database: partial write: field type conflict: x dropped=1",
            ErrorKind::PartialWrite,
            false,
        ),
        (
            500,
            "unable to read data: unexpected EOF",
            ErrorKind::Rejected,
            false,
        ),
        (
            500,
            "unexpected error writing points to database: timeout",
            ErrorKind::Server,
            true,
        ),
        (503, "starting", ErrorKind::Server, true),
        (429, "too many requests", ErrorKind::Server, true),
        (413, "too large", ErrorKind::TooLarge, false),
    ];
    for (status, text, kind, retryable) in cases {
        let body = format!(r#"{{"code":"c","message":"{text}"}}"#);
        let failure = refusal(Kind::Write, status, &body);
        assert_eq!(
            (failure.kind, failure.retryable),
            (kind, retryable),
            "{status} {text}"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let texts: Vec<(String, String)> = verdicts()
        .into_iter()
        .filter_map(|(name, _, _, verdict)| match verdict {
            Verdict::Refused(failure) => Some((name, failure.text)),
            _ => None,
        })
        .collect();
    for (name, missing, hint) in [
        (
            "write missing bucket",
            "bucket \"nope\" not found",
            "the bucket does not exist",
        ),
        (
            "write no bucket",
            "bucket not found",
            "the bucket does not exist",
        ),
        (
            "write missing org",
            "organization name \"nope\" not found",
            "the organization does",
        ),
        (
            "write wrong orgID",
            "organization not found",
            "the organization does not exist",
        ),
        (
            "write no org",
            "provide either orgID or org",
            "`Config::organization`",
        ),
        (
            "flux missing org",
            "organization name \"nope\" not found",
            "the organization does",
        ),
        (
            "flux query missing bucket",
            "could not find bucket \"nope\"",
            "may not read it",
        ),
    ] {
        let (_, text) = texts.iter().find(|(other, _)| other == name).unwrap();
        assert!(text.contains(missing), "{name}: {text}");
        assert!(
            text.contains(&format!("; hint: {hint}")) || text.contains(hint),
            "{name}: {text}"
        );
    }
    let secret = texts.iter().find(|(name, _)| name == "flux query secrets");
    assert!(!secret.unwrap().1.contains("hint"));
}

#[test]
fn statements_that_need_a_mapping_name_it() {
    let recorded = recorded("influxdb-2.9-unmapped");
    assert_eq!(recorded.len(), 7);
    for answer in recorded {
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let message = body["results"][0]["error"].as_str().unwrap();
        let hint = hint(message).unwrap();
        assert!(hint.contains("DBRP mapping"), "{message}");
    }
    for message in [
        "measurement not found",
        "not implemented: SHOW USERS",
        "database name required",
    ] {
        assert_eq!(hint(message), None);
    }
}
