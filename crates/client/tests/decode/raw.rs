//! Tests the function that checks raw JSON answers.

use aioinflux::decode::raw::{Verdict, check};

#[test]
fn a_good_answer_is_whole() {
    for body in [
        "{}",
        "{\"results\":[]}\n",
        r#"{"results":[{"statement_id":0}]}"#,
        r#"{"results":[{"statement_id":0,"series":[{"columns":["v"],"values":[["error",1e5]]}]}]}"#,
    ] {
        assert_eq!(check(body.as_bytes()), Verdict::Whole, "{body}");
    }
}

#[test]
fn errors_are_found_at_the_top_and_in_statements() {
    assert_eq!(
        check(br#"{"error":"no \"db\""}"#),
        Verdict::Error("no \"db\"".to_owned())
    );
    let body = br#"{"results":[{"statement_id":0},{"statement_id":1,"error":"a"},{"error":"b"}]}"#;
    let errors = vec![(1, "a".to_owned()), (2, "b".to_owned())];
    assert_eq!(check(body), Verdict::StatementErrors(errors));
}

#[test]
fn a_cut_by_the_row_limit_is_found_on_series_and_results() {
    for body in [
        r#"{"results":[{"statement_id":0},{"statement_id":1,"series":[{},{"partial":true}]}]}"#,
        r#"{"results":[{"statement_id":0},{"statement_id":1,"partial":true}]}"#,
    ] {
        assert_eq!(
            check(body.as_bytes()),
            Verdict::Partial { statement: 1 },
            "{body}"
        );
    }
}

#[test]
fn every_early_end_is_truncated() {
    let body = br#"{"results":[{"statement_id":0,"series":[{"values":[[1,"a",null]]}]}]}"#;
    for cut in 0..body.len() {
        let verdict = check(&body[..cut]);
        assert!(
            matches!(verdict, Verdict::Truncated(_)),
            "cut at {cut}: {verdict:?}"
        );
    }
}

#[test]
fn chunks_are_whole_when_each_mark_is_followed_by_its_piece() {
    let open = r#"{"results":[{"statement_id":0,"series":[{"name":"m","partial":true}]}]}"#;
    let end = r#"{"results":[{"statement_id":0,"series":[{"name":"m"}]}]}"#;
    let other = r#"{"results":[{"statement_id":1,"series":[{"name":"m"}]}]}"#;
    let part = r#"{"results":[{"statement_id":0,"series":[{"name":"m"}],"partial":true}]}"#;
    let failed = r#"{"results":[{"statement_id":0,"error":"no"}]}"#;
    let cut = Verdict::Partial { statement: 0 };
    for (chunks, verdict) in [
        (vec![open, end], Verdict::Whole),
        (vec![open, open, end, other], Verdict::Whole),
        (vec![part, end, other], Verdict::Whole),
        (vec![end, end], Verdict::Whole),
        (vec![open], cut.clone()),
        (vec![end, part], cut.clone()),
        (vec![open, other], cut),
        (
            vec![open, failed],
            Verdict::StatementErrors(vec![(0, "no".to_owned())]),
        ),
    ] {
        assert_eq!(check(chunks.join("\n").as_bytes()), verdict, "{chunks:?}");
    }
}

#[test]
fn junk_is_malformed_wherever_it_is() {
    for body in [
        "{\"results\":[]}\njson: error calling MarshalJSON",
        "<!DOCTYPE html>",
        "\u{1f}\u{8b}",
        r#"{"results":[1]}"#,
        r#"{"version":"2"}"#,
        r#"{"results":null}"#,
        r#"{"error":null}"#,
        "[]",
    ] {
        let verdict = check(body.as_bytes());
        assert!(
            matches!(verdict, Verdict::Malformed(_)),
            "{body}: {verdict:?}"
        );
    }
}
