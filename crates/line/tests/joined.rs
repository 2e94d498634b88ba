//! Tests that pre-encoded lines are refused if a server would join them, and that the error
//! contains the line number.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aioinflux_line::{Dialect, Encoder, Place, Rule, line_ends};

const DIALECTS: [Dialect; 3] = [Dialect::V1, Dialect::V2, Dialect::V3];
const GO: [Dialect; 2] = [Dialect::V1, Dialect::V2];

/// Returns the rule that refuses `text`, and the line number in the error. Returns `None` if `text`
/// is accepted.
fn refusal(dialect: Dialect, text: &str) -> Option<(Rule, usize)> {
    let mut encoder = Encoder::new(dialect);
    encoder.push_text(b"m f=0 1\n").unwrap();
    let before = encoder.batch().clone();
    let error = encoder.push_text(text.as_bytes()).err()?;
    assert_eq!((encoder.batch(), encoder.next_index()), (&before, 1));
    Some((error.rule(), error.line().unwrap()))
}

#[track_caller]
fn assert_refused(dialects: &[Dialect], text: &str, rule: Rule, line: usize) {
    for dialect in dialects {
        let refused = refusal(*dialect, text);
        assert_eq!(refused, Some((rule, line)), "{dialect:?} {text:?}");
    }
}

#[test]
fn a_string_that_goes_on_after_its_closing_quote_is_refused() {
    let swallowing = "m s=\"a\"b\" 1\nm v=2 2\nm s=\"c\"d\" 3\nm v=4 4";
    assert_refused(&DIALECTS, swallowing, Rule::AfterString, 1);
    for text in [
        "# c\n\nm v=1 1\nm s=\"a\"b 1",
        "m v=1\nm s=\"x\ny\" 1\nm s=\"a\"b\"c\" 1\nm v=2",
        "m v=1\nm s=\"x\ny\" 1\nm v=1,s=\"\"\"\" 1",
        "m v=1\r\n# \"\r\n \r\nm s=\"a\"\t1",
        "m v=1\n\n\nm s=\"a\"\0",
        "m v=1\n\n\nm s=\"a\"\r\r\n",
        "m v=1\n\n\nm s=\"a\\\\\"b\" 1",
        "m v=1\n\n\nm,t=\\\"a s=\"a\"=\"b\" 1",
    ] {
        assert_refused(&DIALECTS, text, Rule::AfterString, 4);
    }
}

#[test]
fn the_error_shows_point_line_and_what_to_write() {
    let mut encoder = Encoder::new(Dialect::V1);
    let error = encoder.push_text(b"\nm v=1 1\nm s=\"a\"b\" 1").unwrap_err();
    assert_eq!(
        (error.index(), error.line(), error.place()),
        (Some(1), Some(3), Place::Text)
    );
    assert_eq!(
        error.to_string(),
        "point 1 (line 3 of the text): `m s=\"a\"b\" 1` has text after the closing quote of a \
         string; write a quote inside a string as `\\\"`"
    );
}

#[test]
fn a_newline_outside_of_a_string_is_refused() {
    for text in [
        // In the following inputs, a backslash escapes the line feed.
        "m v=1\nm v=1\\\nm v=2 2",
        "m v=1\nm v=1 1\\\nm v=2 2",
        "m v=1\nm\\\nn v=1",
        "m v=1\nm,t=a\\\nb v=1",
        "m v=1\nm,t\\\nu=a v=1",
        "m v=1\nm v\\\nw=1",
        "m v=1\nm s=\"a\" 1\\\nm v=2",
        // In the following inputs, quotes do not delimit a string.
        "m v=1\nm v=1\" 1\nm v=2\" 2",
        "m v=1\nm v=1\"\nm v=2\"\nm v=3",
        "m v=1\nm v=t\"a\nb\" 1",
    ] {
        assert_refused(&DIALECTS, text, Rule::JoinedLines, 2);
    }
    // For this input, the server's splitter assumes that the fields begin inside the tag, and that
    // a string begins in the next line.
    let misled = "m v=1\nm,t=a\\\\ b\\\\=c\" v=1\nm v=2\nm,t=\" v=3";
    assert_refused(&GO, misled, Rule::JoinedLines, 2);
}

#[test]
fn a_newline_in_a_closed_string_is_data() {
    for text in [
        "m s=\"a\nb\" 1",
        "m s=\"\n\" 1",
        "m s=\"a\r\n\n\\\nb\\\\\" 1",
        "m s=\"a\\\"\nb\",v=1,w=\"\n\" 1",
        "m,t=a\"b,u=\\\"\\  s=\"\nm v=1\n\",v=2",
        "m \"s\"=\"a\nb\"",
        "m s=\"# a\n# b=\\\"\n\" 1",
    ] {
        for dialect in DIALECTS {
            let text = [text, "\nm v=1 1\n"].concat();
            let mut encoder = Encoder::new(dialect);
            encoder.push_text(text.as_bytes()).unwrap();
            assert_eq!(encoder.batch().bytes(), text.as_bytes());
            assert_eq!(encoder.batch().len(), 2, "{dialect:?} {text:?}");
        }
    }
}

#[test]
fn a_string_that_never_ends_is_refused_where_it_begins() {
    for text in [
        "m v=1\nm s=\"a 1\nm v=2 2\nm v=3 3",
        "m v=1\nm s=\"a\\\" 1\nm v=2 2\n",
        "m v=1\nm v=1,s=\"\n\n",
        "m v=1\nm v=1 \\",
        "m v=1\nm v=1\\\r\n",
        "m v=1\nm,t=a\\\n",
    ] {
        assert_refused(&DIALECTS, text, Rule::OpenLine, 2);
    }
    // The splitter misses the string in this input, because it assumes that the string is between
    // fields. The input is refused even though the splitter misses the string.
    assert_refused(
        &DIALECTS,
        "m v=1\nm v=1,a,s=\"b\nm v=2 2",
        Rule::OpenLine,
        2,
    );
}

#[test]
fn a_field_key_that_ends_in_a_backslash_is_refused_where_it_damages_the_server() {
    for text in ["m v=1\nm f\\\\=\"x=y\" 1", "m v=1\nm v=1,f\\\\\\\\=2 1"] {
        assert_refused(&GO, text, Rule::FieldKeyBackslash, 2);
    }
    for dialect in GO {
        // An escaped equals sign is part of the field key.
        assert_eq!(refusal(dialect, "m f\\==1 1\nm a\\b\\ =\"x\" 2"), None);
    }
    assert_eq!(refusal(Dialect::V3, "m f\\\\=\"x=y\" 1"), None);
}

#[test]
fn quotes_and_backslashes_elsewhere_are_left_to_the_server() {
    for text in [
        "\"m\",t=\"a\" v=1 1\nm,t=b\" \"v\"=2 2",
        "m,t=a\\b v=1 1\nm,t=C:\\\\x v=2 2",
        "m,t=a\\,b\\=c\\ d v=1 1\nm\\,n\\ o v=2 2",
    ] {
        for dialect in DIALECTS {
            assert_eq!(refusal(dialect, text), None, "{dialect:?} {text:?}");
        }
    }
    // No server accepts the following lines, and every server reports the error for the invalid
    // line alone.
    for dialect in DIALECTS {
        assert_eq!(refusal(dialect, "m \\\"\nm v=1x 1\nm \"\nm v=2 2"), None);
    }
}

#[test]
fn comments_are_left_out_whatever_they_hold() {
    for start in ["#", " #", "\t#", "  \t #", "\u{feff}#", "\u{feff} #"] {
        let text = format!("{start} it's =\" and \\\nm v=1 1\n # =\"\n\t#\\\r\n#\\\nm v=2 2\n#=\"");
        for dialect in DIALECTS {
            let mut encoder = Encoder::new(dialect);
            encoder.push_text(text.as_bytes()).unwrap();
            assert_eq!(
                encoder.batch().bytes(),
                b"m v=1 1\nm v=2 2\n",
                "{dialect:?} {text:?}"
            );
        }
    }
    // The servers of 1.x and 2.x also skip a NUL before a line, so they read the first line as a
    // comment.
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push_text(b"\0# =\"\nm v=1 1\n").unwrap();
    assert_eq!(encoder.batch().bytes(), b"m v=1 1\n");
}

#[test]
fn a_byte_order_mark_before_a_text_is_dropped_and_data_within() {
    for dialect in DIALECTS {
        let mut encoder = Encoder::new(dialect);
        encoder.push_text("\u{feff}m v=1 1\n".as_bytes()).unwrap();
        encoder.push_text("\u{feff}".as_bytes()).unwrap();
        encoder.push_text("\u{feff}\r\nm v=2 2".as_bytes()).unwrap();
        assert_eq!(encoder.batch().bytes(), b"m v=1 1\nm v=2 2\n");
        assert_eq!(encoder.next_index(), 2);
    }
    for text in ["\n\u{feff}m v=2 2\n", "m,t=\u{feff} s=\"\n\u{feff}\" 1\n"] {
        for dialect in DIALECTS {
            let mut encoder = Encoder::new(dialect);
            encoder.push_text(text.as_bytes()).unwrap();
            assert_eq!(encoder.batch().bytes(), text.trim_start().as_bytes());
        }
    }
}

#[test]
fn a_tag_key_that_comes_twice_is_refused_for_3x() {
    let many = ",t0=a,t1=a,t2=a,t3=a,t4=a,t5=a,t6=a,t7=a,t8=a,t9=a,ta=a,tb=a,tc=a,td=a";
    for (text, key) in [
        ("m v=1\nm,t=a,t=b v=1 1".into(), "t"),
        ("m v=1\nm,a=1,b=2,a=1 v=1 1".into(), "a"),
        ("m v=1\nm,a\\ b=1,c=2,a\\ b=1 s=\"x\" 1".into(), "a b"),
        // In the next line, two tags have the same key, written in two ways.
        ("m v=1\nm,a\\b=1,a\\\\b=2 v=1 1".into(), "a\\b"),
        ("m v=1\nm,t=x\\,u\\,t=y,t=b v=1 1".into(), "t"),
        (format!("m v=1\nm{many},t7=b v=1 1"), "t7"),
        ("m v=1\n\tm\\,n,é=1,é=2 v=1".into(), "é"),
    ] {
        let mut encoder = Encoder::new(Dialect::V3);
        let error = encoder.push_text(text.as_bytes()).unwrap_err();
        assert_eq!(
            (error.rule(), error.place(), error.line()),
            (Rule::DuplicateTag, Place::TagKey, Some(2)),
            "{text:?}"
        );
        assert_eq!(error.value(), key);
        assert!(encoder.batch().is_empty());
        // The servers of 1.x and 2.x refuse a line with a duplicate tag themselves.
        for dialect in GO {
            assert_eq!(refusal(dialect, &text), None, "{dialect:?} {text:?}");
        }
    }
    for text in [
        "m,a=1,b=1,A=1 a=1 1".into(),
        "m,a=1,aa=1,a\\=1=1 v=1".into(),
        "m\\,a,a=x\\,a\\=1,b=2 v=1".into(),
        "m v=1,a=1,a=2".into(),
        format!("m{many},u=b v=1 1"),
    ] {
        assert_eq!(refusal(Dialect::V3, &text), None, "{text:?}");
    }
}

#[test]
fn lines_without_a_timestamp_get_that_of_the_clock() {
    for (line, stamped) in [
        ("m v=1", "m v=1 7"),
        ("m v=1 5", "m v=1 5"),
        ("m v=1 -5  ", "m v=1 -5  "),
        ("m v=1  ", "m v=1 7"),
        ("  m,t=a  v=1\r\n", "  m,t=a  v=1 7"),
        ("m s=\"a 5\"", "m s=\"a 5\" 7"),
        ("m s=\"a\n5\" 5", "m s=\"a\n5\" 5"),
        ("m\\ 1 v=1,w\\ 5=2", "m\\ 1 v=1,w\\ 5=2 7"),
        ("m,t=a\\  v=1", "m,t=a\\  v=1 7"),
        ("m,t=a\\  v=1 5", "m,t=a\\  v=1 5"),
        ("# m v=1\n\n", ""),
    ] {
        for dialect in DIALECTS {
            let mut encoder = Encoder::new(dialect);
            encoder.set_clock(Some(|| 7));
            encoder.push_text(line.as_bytes()).unwrap();
            let bytes = encoder.batch().bytes();
            let wanted = [stamped, "\n"].concat();
            let wanted = if stamped.is_empty() { "" } else { &wanted };
            assert_eq!(bytes, wanted.as_bytes(), "{dialect:?} {line:?}");
            assert!(encoder.batch().is_stamped());
            assert_eq!(line_ends(dialect, bytes).count(), encoder.batch().len());
        }
    }
    // Only 3.x treats two backslashes as a pair.
    for (dialect, stamped) in [
        (Dialect::V1, &b"m,t=a\\\\ v=1 5 7\n"[..]),
        (Dialect::V3, b"m,t=a\\\\ v=1 5\n"),
    ] {
        let mut encoder = Encoder::new(dialect);
        encoder.set_clock(Some(|| 7));
        encoder.push_text(b"m,t=a\\\\ v=1 5").unwrap();
        assert_eq!(encoder.batch().bytes(), stamped, "{dialect:?}");
    }
}

#[test]
fn a_measurement_that_2x_would_not_find_is_refused() {
    for name in ["m\\=x", "m\\\"x", "m\\\\,x", "m\\\\\\ x"] {
        let text = ["m v=1\n", name, " v=1"].concat();
        assert_refused(&[Dialect::V2], &text, Rule::BackslashBeforeSpecial, 2);
        assert_eq!(refusal(Dialect::V1, &text), None, "{name}");
    }
    // Escaped characters, a backslash before any other character, and tags are not affected.
    for text in [
        "m\\,\\ \\x=\" v=1",
        "m,t=a\\=b v=1",
        "m,t\\=a=b v=1",
        "m v\\=a=1",
    ] {
        assert_eq!(refusal(Dialect::V2, text), None, "{text}");
    }
}

#[test]
fn tags_in_text_with_the_name_of_a_column_of_2x_are_refused() {
    for key in [
        "_field",
        "_measurement",
        "_time",
        "_value",
        "_start",
        "_stop",
    ] {
        for tags in [format!("{key}=a"), format!("b=\\\\ ,{key}=a,c=d")] {
            let text = format!("m v=1\nm,{tags} v=1");
            assert_refused(&[Dialect::V2], &text, Rule::ReservedTag, 2);
            assert_eq!(refusal(Dialect::V1, &text), None, "{text}");
        }
        // The same names are allowed in fields, and as parts of other names.
        for text in [
            format!("m v=1,{key}=1"),
            format!("m {key}=1"),
            format!("m,{key}x=1,x{key}=1 v=1"),
            format!("m,t=a\\,{key}\\=b v=1"),
            format!("m\\,{key}=1 v=1"),
            format!("m s=\",{key}=1\""),
        ] {
            assert_eq!(refusal(Dialect::V2, &text), None, "{text}");
        }
    }
    let mut encoder = Encoder::new(Dialect::V2);
    let error = encoder.push_text(b"m v=1\nm,_time=1 v=1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "point 1 (line 2 of the text): tag key `_time` is a column that 2.x adds to every table; \
         use a different key"
    );
}
