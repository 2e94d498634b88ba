#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Result<String, String> {
    let parsed = Predicate::parse(text).map_err(|error| error.to_string())?;
    parsed.to_delete().map_err(|error| error.to_string())
}

#[test]
fn text_with_one_meaning_is_accepted_and_quoted() {
    for (text, sent) in [
        (r#"_measurement="del""#, r#""_measurement" = "del""#),
        ("k=k1", r#""k" = "k1""#),
        (r#""k"!="a b""#, r#""k" != "a b""#),
        (
            r#"a="1" and (b="2" AND c != "3")"#,
            r#""a" = "1" AND "b" = "2" AND "c" != "3""#,
        ),
        ("((k=v))", r#""k" = "v""#),
        (r#"q="x\"y\\\n""#, r#""q" = "x\"y\\\n""#),
        ("v = -1.5 AND é=ü", r#""v" = "-1.5" AND "é" = "ü""#),
        (r#"k="k1" AND k="k2""#, r#""k" = "k1" AND "k" = "k2""#),
    ] {
        assert_eq!(parsed(text).as_deref(), Ok(sent), "{text}");
    }
}

#[test]
fn text_that_the_server_refuses_or_misreads_is_refused() {
    for (text, why) in [
        ("", "position 1: expected the name of a tag, got the end"),
        ("   ", "position 4: expected the name of a tag, got the end"),
        ("()", "position 2: expected the name of a tag, got `)`"),
        ("AND", "position 1: expected the name of a tag, got `AND`"),
        (
            r#"a="1" AND"#,
            "position 10: expected the name of a tag, got the end",
        ),
        (r#"a="1" b="2""#, "position 7: expected AND, got `b`"),
        (
            r#"a="1" AND b="2" c="3""#,
            "position 17: expected AND, got `c`",
        ),
        (r#"a="1" OR b="2""#, "position 7: OR is not supported"),
        ("a or", "position 3: expected `=` or `!=`, got `or`"),
        (
            "_measurement='del'",
            "position 14: expected a value in double quotes, got `'`; hint",
        ),
        (
            "m=~/de/",
            "position 2: expected `=` or `!=`, got `=~`; hint: the server cannot delete by",
        ),
        ("_time > 3", "position 7: expected `=` or `!=`, got `>`"),
        ("(a=b", "position 5: expected `)`, got the end"),
        ("a=b)", "position 4: there is no `(` for this `)`"),
        ("a=\"b", "position 3: the closing `\"` is missing"),
        ("a=\"b\\t\"", "position 5: expected `\\\"`"),
        ("a=\"b\nc\"", "position 5: write a line feed"),
        ("a == b", "position 3: expected `=` or `!=`, got `==`"),
        ("a <> b", "position 3: expected `=` or `!=`, got `<>`"),
        ("1 = 2", "position 1: expected the name of a tag, got `1`"),
        ("a = b; DROP", "position 6: expected AND, got `;`"),
        ("a = b -- c", "position 7: expected AND, got `--`"),
        ("_field=v", "`_field` cannot be used"),
        ("_field!=v", "`_field` cannot be used"),
        ("_measurement != m", "servers cannot exclude a measurement"),
        ("time=1", "`time` is not a tag; hint: pass `start`"),
        ("k=\"\"", "the value of `k` is empty"),
        ("\"\"=k", "the name of a tag is empty"),
        ("k=\"a\rb\"", "contains a NUL or a carriage return"),
    ] {
        let error = parsed(text).unwrap_err();
        let rest = error.strip_prefix("predicate: ").unwrap();
        assert!(
            rest.starts_with(why) || rest.contains(why),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_predicate_is_written_for_every_generation() {
    let predicate = Predicate::new()
        .measurement("m \"x\"")
        .tag("a b", "it's $x ${y}")
        .not_tag("k", "\\\n");
    assert_eq!(
        predicate.to_delete().unwrap(),
        r#""_measurement" = "m \"x\"" AND "a b" = "it's $x ${y}" AND "k" != "\\\n""#
    );
    let (measurement, condition) = predicate.to_influxql().unwrap();
    assert_eq!(measurement.as_deref(), Some(r#""m \"x\"""#));
    assert_eq!(
        condition,
        r#""a b" = 'it\'s $x ${y}' AND "k" != '\\\n' AND "k" != ''"#
    );
    assert_eq!(
        predicate.to_flux().unwrap(),
        r#"r["_measurement"] == "m \"x\"" and r["a b"] == "it's \x24x \x24{y}" and exists r["k"] and r["k"] != "\\\n""#
    );
    assert_eq!(Predicate::new().to_flux().unwrap(), "true");
}

#[test]
fn parentheses_are_limited() {
    let text = |count: usize| format!("{}a=b{}", "(".repeat(count), ")".repeat(count));
    assert!(Predicate::parse(&text(100)).is_ok());
    let error = Predicate::parse(&text(100_000)).unwrap_err().to_string();
    assert!(
        error.contains("position 101: too many parentheses"),
        "{error}"
    );
}

#[test]
fn a_value_that_looks_like_a_joint_stays_a_value() {
    let predicate = Predicate::new().tag("k", "a AND b").tag("l", "c and d");
    assert_eq!(
        predicate.to_flux().unwrap(),
        r#"r["k"] == "a AND b" and r["l"] == "c and d""#
    );
}

#[test]
fn one_measurement_is_all_that_1x_can_delete_from() {
    let two = Predicate::new().measurement("m").measurement("n");
    let error = two.to_influxql().unwrap_err().to_string();
    assert!(error.contains("one measurement or of all"), "{error}");
}

proptest! {
    #[test]
    fn what_is_written_is_parsed_back(
        terms in prop::collection::vec(("[^\0\r]{1,8}", any::<bool>(), "[^\0\r]{1,8}"), 1..5)
    ) {
        let mut predicate = Predicate::new();
        for (key, is_equal, value) in terms {
            predicate = predicate.with(key, is_equal, value);
        }
        let text = predicate.to_delete();
        prop_assume!(text.is_ok());
        prop_assert_eq!(Predicate::parse(&text.unwrap()).unwrap(), predicate);
    }

    #[test]
    fn parsing_any_text_ends_without_a_panic(text in ".{0,40}") {
        if let Ok(predicate) = Predicate::parse(&text) {
            prop_assert!(!predicate.is_empty());
        }
    }
}
