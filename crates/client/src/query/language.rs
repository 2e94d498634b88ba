//! Recognizes query text that is in another language than the one in which it would be sent.
//!
//! The servers' errors for such text ("undefined identifier SELECT") do not name the cause. This
//! module looks only at the first words of a text, and only answers if the text cannot be valid in
//! the language in which it would be sent. For all other texts, the server decides.

use super::Language;

/// The first words of InfluxQL statements, each with the words that can follow it. `SELECT` may
/// also be followed by other tokens.
///
/// Flux has functions named `drop` and `set`, but no name of Flux can be followed by another name.
const STATEMENTS: [(&str, &[&str]); 11] = [
    ("SELECT", &[]),
    ("DELETE", &["FROM", "WHERE"]),
    (
        "SHOW",
        &[
            "CONTINUOUS",
            "DATABASES",
            "DIAGNOSTICS",
            "FIELD",
            "GRANTS",
            "MEASUREMENT",
            "MEASUREMENTS",
            "QUERIES",
            "RETENTION",
            "SERIES",
            "SHARD",
            "SHARDS",
            "STATS",
            "SUBSCRIPTIONS",
            "TAG",
            "USERS",
        ],
    ),
    (
        "CREATE",
        &[
            "CONTINUOUS",
            "DATABASE",
            "RETENTION",
            "SUBSCRIPTION",
            "USER",
        ],
    ),
    (
        "DROP",
        &[
            "CONTINUOUS",
            "DATABASE",
            "MEASUREMENT",
            "RETENTION",
            "SERIES",
            "SHARD",
            "SUBSCRIPTION",
            "USER",
        ],
    ),
    ("EXPLAIN", &["SELECT", "ANALYZE"]),
    ("GRANT", &["ALL", "READ", "WRITE"]),
    ("REVOKE", &["ALL", "READ", "WRITE"]),
    ("ALTER", &["RETENTION"]),
    ("SET", &["PASSWORD"]),
    ("KILL", &["QUERY"]),
];

/// Returns the language of a text, if this language is clearly not `language`, in which the text
/// would be sent.
pub(crate) fn clearly_other(text: &str, language: Language) -> Option<Language> {
    match language {
        Language::Flux => is_influxql(text).then_some(Language::InfluxQl),
        Language::InfluxQl => is_flux(text, true).then_some(Language::Flux),
        // SQL allows queries that begin with `from (`.
        Language::Sql => is_flux(text, false).then_some(Language::Flux),
    }
}

fn is_influxql(text: &str) -> bool {
    let text = without_comments(text, &[("--", "\n"), ("/*", "*/")]);
    let (first, rest) = word(text);
    let Some((_, seconds)) = STATEMENTS
        .iter()
        .find(|(name, _)| first.eq_ignore_ascii_case(name))
    else {
        return false;
    };
    let after = without_comments(rest, &[("--", "\n"), ("/*", "*/")]);
    let (second, _) = word(after);
    match seconds {
        // Flux text that begins with a name continues with an operator, a parenthesis, a bracket
        // or a dot.
        [] => {
            after.len() < rest.len() && after.starts_with(is_of_word)
                || after.starts_with(['"', '\'', '$'])
                || after.strip_prefix('*').is_some_and(is_behind_all)
        }
        seconds => seconds.iter().any(|one| second.eq_ignore_ascii_case(one)),
    }
}

/// Returns whether `SELECT *` can continue with this text.
fn is_behind_all(text: &str) -> bool {
    let text = text.trim_start();
    let (first, _) = word(text);
    let known = ["FROM", "INTO"]
        .iter()
        .any(|one| first.eq_ignore_ascii_case(one));
    known || text.starts_with(',')
}

/// Returns whether a text is Flux. `calls` states whether a call of a function shows that, because
/// the other language has no statement that begins like one.
fn is_flux(text: &str, calls: bool) -> bool {
    let text = without_comments(text, &[("//", "\n")]);
    let (first, rest) = word(text);
    let is_statement = |(name, _): &(&str, _)| first.eq_ignore_ascii_case(name);
    if first.is_empty() || STATEMENTS.iter().any(is_statement) {
        return false;
    }
    let after = without_comments(rest, &[("//", "\n")]);
    match first {
        "import" => after.starts_with('"'),
        "package" | "option" | "builtin" => after.len() < rest.len() && !word(after).0.is_empty(),
        _ if is_assignment(after) => true,
        "from" if !calls => after.strip_prefix('(').is_some_and(|arguments| {
            let arguments = arguments.trim_start();
            arguments
                .strip_prefix("bucket")
                .is_some_and(|rest| rest.trim_start().starts_with(':'))
        }),
        _ => calls && is_call(after),
    }
}

/// Returns whether the text behind a name makes it the target of an assignment.
fn is_assignment(after: &str) -> bool {
    let value = after.strip_prefix('=');
    value.is_some_and(|value| !value.starts_with(['=', '~', '>']))
}

/// Returns whether the text behind a name makes it a call, as in `buckets()` and `array.from(...)`.
fn is_call(mut after: &str) -> bool {
    while let Some(member) = after.strip_prefix('.') {
        let (name, rest) = word(member.trim_start());
        if name.is_empty() {
            return false;
        }
        after = rest.trim_start();
    }
    after.starts_with('(')
}

/// Splits a text behind the word at its start, which may be empty.
fn word(text: &str) -> (&str, &str) {
    let is_first = |one: char| is_of_word(one) && !one.is_numeric();
    if !text.starts_with(is_first) {
        return ("", text);
    }
    let end = text.find(|one| !is_of_word(one));
    text.split_at(end.unwrap_or(text.len()))
}

fn is_of_word(one: char) -> bool {
    one == '_' || one.is_alphanumeric()
}

/// Returns the text behind the blanks and comments at its start. A comment that is not closed
/// continues to the end of the text.
fn without_comments<'a>(mut text: &'a str, comments: &[(&str, &str)]) -> &'a str {
    loop {
        text = text.trim_start().trim_start_matches(';').trim_start();
        let begun = comments.iter().find(|(start, _)| text.starts_with(start));
        let Some((start, end)) = begun else {
            return text;
        };
        let body = &text[start.len()..];
        text = body.find(end).map_or("", |at| &body[at + end.len()..]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INFLUXQL: [&str; 22] = [
        "SELECT * FROM m",
        "select f from m",
        "SELECT *,f FROM m",
        "SELECT /* all */ \"f\" FROM m",
        "SELECT 1",
        "SELECT $f FROM m",
        "-- a comment\nSELECT f FROM m",
        "/* from(bucket: 1) */ ;; show\tMEASUREMENTS",
        "SHOW TAG KEYS FROM m",
        "SHOW FIELD KEYS",
        "SHOW RETENTION POLICIES ON db",
        "DELETE FROM m",
        "DELETE WHERE time < 5",
        "DROP MEASUREMENT m",
        "drop series from m",
        "CREATE DATABASE db",
        "CREATE RETENTION POLICY a ON db DURATION 1d REPLICATION 1",
        "ALTER RETENTION POLICY a ON db DURATION 1d",
        "GRANT ALL TO u",
        "SET PASSWORD FOR u = 'p'",
        "KILL QUERY 5",
        "EXPLAIN ANALYZE SELECT f FROM m",
    ];

    const FLUX: [&str; 22] = [
        "from(bucket: \"b\") |> range(start: -1h)",
        "from (bucket: params.bucket)",
        "from\n(\n  bucket: \"b\")",
        "buckets()",
        "import \"array\"\narray.from(rows: [{x: 1}])",
        "import \"array\" array.from(rows: [{x: 1}])",
        "// SELECT * FROM m\nfrom(bucket: \"b\")",
        "//\n\n  // x\nimport \"array\"",
        "package main\nfrom(bucket: \"b\")",
        "option now = () => 2020-01-01T00:00:00Z\nfrom(bucket: \"b\")",
        "option v = {a: 1}",
        "x = 5",
        "data = from(bucket: \"b\")",
        "f = (r) => r",
        "array.from(rows: [])",
        "a.b.c(x: 1)",
        "drop(columns: [\"a\"])",
        "set(key: \"a\", value: \"b\")",
        "drop = 5",
        "select = from(bucket: \"b\")",
        "select=1",
        "show(x: 1)",
    ];

    #[test]
    fn influxql_is_recognized() {
        for text in INFLUXQL {
            let found = clearly_other(text, Language::Flux);
            assert_eq!(found, Some(Language::InfluxQl), "{text}");
            assert_eq!(clearly_other(text, Language::InfluxQl), None, "{text}");
            assert_eq!(clearly_other(text, Language::Sql), None, "{text}");
        }
    }

    #[test]
    fn flux_is_recognized() {
        // The last texts begin like statements, so the server decides about them.
        for (index, text) in FLUX.into_iter().enumerate() {
            let found = clearly_other(text, Language::InfluxQl);
            let expected = (index < 16).then_some(Language::Flux);
            assert_eq!(found, expected, "{text}");
            assert_eq!(clearly_other(text, Language::Flux), None, "{text}");
        }
        let begin = "from(bucket: \"b\")";
        assert_eq!(clearly_other(begin, Language::Sql), Some(Language::Flux));
    }

    #[test]
    fn texts_that_may_be_valid_or_are_neither_are_left_to_the_server() {
        for text in [
            "",
            " ",
            "-- only",
            "/* open",
            "// only",
            "(SELECT 1)",
            "5",
            "\"a\"",
            "SELEC * FROM m",
            "select",
            "show",
            "SELECT",
            "select.a",
            "select |> f()",
            "select(a)",
            "select == 1",
            "select * 5",
            "select * fromage",
            "select - 1",
            "drop",
            "DROP m",
            "show measurement_names()",
            "set == 1",
            "delete.from(a)",
            "SELECT\u{0}",
            "é",
            "1h",
            "-1",
            "[1]",
            "{a: 1}",
            "if a then b else c",
        ] {
            assert_eq!(clearly_other(text, Language::Flux), None, "{text}");
        }
        for text in [
            "",
            " ",
            "-- x\nbuckets()",
            "/* x */ buckets()",
            "SELECT",
            "SELEC * FROM m",
            "import",
            "import x",
            "option",
            "x == 1",
            "x =~ /a/",
            "x => 1",
            "a.(",
            "a.5(",
            "5(",
            "(a)",
            "SHOW = 1",
            "from m",
            "FROM m SELECT *",
            "é",
            "WITH a AS (SELECT 1) SELECT * FROM a",
        ] {
            assert_eq!(clearly_other(text, Language::InfluxQl), None, "{text}");
        }
        for text in [
            "from (select 1)",
            "FROM (VALUES (1))",
            "from(t)",
            "buckets()",
            "f.g(1)",
        ] {
            assert_eq!(clearly_other(text, Language::Sql), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_in_at_most_one_other_language(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "SELECT", "select", "from", "(", ")", "bucket", ":", "=", "==", "import", "\"",
                    "--", "//", "/*", "*/", "\n", " ", "x", ".", ";", "é", "*", "|>", "drop",
                    "series", "option", "'",
                ]),
                0..10,
            ),
        ) {
            let text = pieces.concat();
            let as_flux = clearly_other(&text, Language::Flux);
            let as_influxql = clearly_other(&text, Language::InfluxQl);
            prop_assert!(as_flux.is_none() || as_influxql.is_none(), "{}", text);
        }

        #[test]
        fn comments_and_blanks_before_a_text_make_no_difference(
            at in 0_usize..22,
            comment in "[ -~&&[^*/;\n]]{0,20}",
        ) {
            let influxql = format!(" --{comment}\n/*{comment}*/\t{}", INFLUXQL[at]);
            prop_assert_eq!(clearly_other(&influxql, Language::Flux), Some(Language::InfluxQl));
            prop_assert_eq!(clearly_other(&influxql, Language::InfluxQl), None);
            let flux = format!("\t//{comment}\n \n{}", FLUX[at]);
            prop_assert_eq!(clearly_other(&flux, Language::Flux), None);
            let alone = clearly_other(FLUX[at], Language::InfluxQl);
            prop_assert_eq!(clearly_other(&flux, Language::InfluxQl), alone);
        }
    }
}
