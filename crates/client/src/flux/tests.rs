#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;

use super::*;

/// Returns the number of bytes of the string at the start of `text`, as Flux's scanner determines
/// it. Returns `None` if there is no string, or if the string contains an expression.
fn string_end(text: &[u8]) -> Option<usize> {
    assert_eq!(text[0], b'"');
    let mut at = 1;
    loop {
        at += match text.get(at..)? {
            [b'"', ..] => return Some(at + 1),
            [b'$', b'"', ..] => return Some(at + 2),
            [b'$', b'{', ..] => return None,
            // After `$`, the second byte is any byte, even a backslash.
            [b'$', _, ..] | [b'\\', b'n' | b'r' | b't' | b'\\' | b'"', ..] => 2,
            [b'\\', b'$', b'{', ..] => 3,
            [b'\\', b'x', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => 4,
            [b'\\', ..] | [] => return None,
            _ => 1,
        }
    }
}

/// Returns the value of a string, as Flux's parser determines it.
fn string_value(literal: &str) -> String {
    let inner = &literal[1..literal.len() - 1];
    let mut bytes = Vec::new();
    let mut rest = inner.chars();
    while let Some(one) = rest.next() {
        match (one == '\\').then(|| rest.next().unwrap()) {
            None => bytes.extend(one.to_string().into_bytes()),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = [rest.next().unwrap(), rest.next().unwrap()]
                    .iter()
                    .collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(other) => bytes.extend(other.to_string().into_bytes()),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Returns the number of bytes of the regular expression at the start of `text`: it ends at the
/// first slash that is not after a backslash.
fn regex_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    assert_eq!(bytes[0], b'/');
    let end = (2..bytes.len()).find(|&at| bytes[at] == b'/' && bytes[at - 1] != b'\\');
    end.map(|at| at + 1)
}

/// Returns the pattern that Flux's parser passes on, without the escapes of this pattern.
fn regex_value(literal: &str) -> String {
    let mut value = String::new();
    let mut rest = literal[1..literal.len() - 1].chars();
    while let Some(one) = rest.next() {
        match (one == '\\').then(|| rest.next().unwrap()) {
            None => value.push(one),
            Some('/') => value.push('/'),
            Some('x') => panic!("{literal}: Flux would read another character"),
            Some(other) => value.extend(['\\', other]),
        }
    }
    value
}

/// Texts in which those characters are frequent that a scanner treats differently.
fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\"", "\\", "$", "{", "}", "${", "$\"", "\\\"", "\\${", "\n", "\r", "\t", "\0", "/", "//",
        "x24", "\\x", "|>", "é", "日", "\u{2028}", " ", "a",
    ]);
    let any = any::<char>().prop_map(String::from);
    let piece = prop_oneof![4 => special.prop_map(str::to_owned), 1 => any];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_string_ends_where_it_was_closed_and_has_its_value(text in hostile(), tail in hostile()) {
        let quoted = string(&text);
        let all = format!("{quoted}{tail}");
        prop_assert_eq!(string_end(all.as_bytes()), Some(quoted.len()), "{}", all);
        prop_assert_eq!(string_value(&quoted), text);
    }

    #[test]
    fn a_pattern_ends_where_it_was_closed(text in hostile(), tail in hostile()) {
        if let Ok(quoted) = regex(&text) {
            let all = format!("{quoted}{tail}");
            prop_assert_eq!(regex_end(&all), Some(quoted.len()), "{}", all);
            if !text.contains("\\x") && !quoted.ends_with("(?:\\\\)/") {
                let expected = text.replace("\\\\", "\0").replace("\\/", "/").replace('\0', "\\\\");
                prop_assert_eq!(regex_value(&quoted), expected);
            }
        }
    }

    #[test]
    fn numbers_have_no_exponent_and_their_value(float in any::<f64>(), integer in any::<i64>()) {
        if float.is_finite() {
            let text = literal(float).unwrap();
            let plain = text.trim_matches(['(', ')']);
            let digits = plain.trim_start_matches('-');
            prop_assert!(digits.bytes().all(|one| one == b'.' || one.is_ascii_digit()), "{}", text);
            prop_assert_eq!(plain.parse::<f64>().unwrap().to_bits(), float.to_bits());
            prop_assert_eq!(plain != digits, text.starts_with('('));
        }
        let text = literal(integer).unwrap();
        prop_assert_eq!(text.trim_matches(['(', ')']).parse::<i64>().unwrap(), integer);
    }
}

#[test]
fn strings_have_no_expressions() {
    assert_eq!(string("a\"b\\c\n$${x}\0"), r#""a\"b\\c\n\x24\x24{x}\x00""#);
    // The scanner of the test finds both attacks on escapes with a backslash.
    assert_eq!(string_end(br#""$\" |> drop()""#), Some(4));
    assert_eq!(string_end(br#""$\${x}""#), None);
}

#[test]
fn values_become_literals() {
    for (value, text) in [
        (Param::from(5), "5"),
        (Param::from(-5), "(-5)"),
        (Param::from(i64::MIN), r#"int(v: "-9223372036854775808")"#),
        (Param::from(u64::MAX), r#"uint(v: "18446744073709551615")"#),
        (Param::from(1.0), "1.0"),
        (Param::from(-0.0), "(-0.0)"),
        (Param::from(1e21), "1000000000000000000000.0"),
        (Param::from(f64::NAN), r#"float(v: "NaN")"#),
        (Param::from(f64::NEG_INFINITY), r#"float(v: "-Inf")"#),
        (Param::from(true), "true"),
        (Param::Time(1), "1970-01-01T00:00:00.000000001Z"),
        (Param::Duration("1y2mo3w5µ6u".into()), "1y2mo3w5us6us"),
        (Param::Duration("-1h30m".into()), "(-1h30m)"),
        (Param::Regex("a/b".into()), "/a\\/b/"),
        (Param::from(vec!["a", "b"]), r#"["a", "b"]"#),
        (Param::Array(Vec::new()), "[]"),
    ] {
        assert_eq!(literal(value).unwrap(), text);
    }
}

#[test]
fn patterns_keep_their_meaning() {
    for (pattern, written) in [
        (r"a\/b", r"/a\/b/"),
        (r"\\/", r"/\\\/"),
        (r"a\.\d", r"/a\.\d/"),
        (r"\x2e\x41\x{e9}\x5c\x2f", r"/\.Aé\\\//"),
        (r"[\x5d]\x0a", r"/[\]]\n/"),
        (r"a\\", r"/a(?:\\)/"),
    ] {
        let written = if written.ends_with("\\/") {
            format!("{written}/")
        } else {
            written.into()
        };
        assert_eq!(regex(pattern).unwrap(), written, "{pattern}");
    }
}

#[test]
fn values_that_flux_cannot_express_are_refused() {
    for (value, why) in [
        (
            Param::Identifier("a".into()),
            "no parameters for identifiers",
        ),
        (
            Param::Array(vec![1.into(), "a".into()]),
            "value 0 is an integer and value 1 is a string",
        ),
        (Param::Regex(String::new()), "empty"),
        (Param::Regex("a\\".into()), "escapes nothing"),
        (Param::Regex("\\x0".into()), "without a character"),
        (Param::Regex("\\x{110000}".into()), "without a character"),
        (Param::Regex("\\x{}".into()), "without a character"),
        (Param::Regex("a\0".into()), "NUL"),
        (Param::Regex("\\x00".into()), "NUL"),
        (
            Param::Duration("9223372036854775807s".into()),
            "beyond 64-bit",
        ),
        (Param::Duration("1h;".into()), "expected whole numbers"),
    ] {
        let error = literal(value).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for text in [
        "",
        "-",
        "1",
        "h",
        "1.5h",
        "--1h",
        "+1h",
        "1h ",
        "1H",
        "9223372036854775808ns",
    ] {
        assert!(literal(Param::Duration(text.into())).is_err(), "{text}");
    }
}
