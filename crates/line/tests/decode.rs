//! Tests what the decoder reads, and which errors it returns for lines that it refuses.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{Decoder, Dialect, FieldValue, Line, Point};
use common::{DIALECTS, encode};

use Dialect::{V1, V2, V3};

fn one(dialect: Dialect, text: &str) -> Result<Point, String> {
    let mut lines = Decoder::new(dialect, text.as_bytes());
    let line = lines
        .next()
        .expect("a line")
        .map_err(|error| error.to_string())?;
    assert!(lines.next().is_none(), "one line: {text:?}");
    Ok(line.to_point())
}

fn m() -> Point {
    Point::new("m")
}

#[test]
fn lines_are_read_in_every_form_that_the_server_takes() {
    let table = [
        ("m f=1", m().field("f", 1.0)),
        ("m f=1 5", m().field("f", 1.0).at(5)),
        ("  \tm  f=1   -5  ", m().field("f", 1.0).at(-5)),
        (
            "m,z=1,a=2 f=1",
            m().tag("z", "1").tag("a", "2").field("f", 1.0),
        ),
        (r"a\ b\,c=d f=1", Point::new("a b,c=d").field("f", 1.0)),
        (
            r"m,k\=\,\ =v\=\,\  f\=\,\ =1",
            m().tag("k=, ", "v=, ").field("f=, ", 1.0),
        ),
        (
            r"m\x,t\x=v\x f\x=1",
            Point::new(r"m\x").tag(r"t\x", r"v\x").field(r"f\x", 1.0),
        ),
        (r#"m f="a\"b\\c\d,e =""#, m().field("f", r#"a"b\c\d,e ="#)),
        ("m f=\"a\nb\"", m().field("f", "a\nb")),
        ("m f=\"\",g=\"\" 5", m().field("f", "").field("g", "").at(5)),
        (
            "m\",t\"=\" \"=1",
            Point::new("m\"").tag("t\"", "\"").field("\"", 1.0),
        ),
        (
            "m f=1i,g=-1i,h=t",
            m().field("f", 1).field("g", -1).field("h", true),
        ),
        (
            "m f=1e5,g=1E+5,h=-1.5e-3",
            m().field("f", 1e5).field("g", 1e5).field("h", -1.5e-3),
        ),
        ("m f=007i,g=007", m().field("f", 7).field("g", 7.0)),
    ];
    for dialect in DIALECTS {
        for (text, wanted) in &table {
            assert_eq!(
                one(dialect, text).as_ref(),
                Ok(wanted),
                "{dialect:?} {text}"
            );
        }
    }
}

#[test]
fn booleans_have_ten_spellings() {
    for dialect in DIALECTS {
        for (value, spellings) in [
            (true, ["t", "T", "true", "True", "TRUE"]),
            (false, ["f", "F", "false", "False", "FALSE"]),
        ] {
            for spelling in spellings {
                assert_eq!(
                    one(dialect, &format!("m f={spelling}")),
                    Ok(m().field("f", value))
                );
            }
        }
        for bad in ["tr", "tRUE", "yes", "falsee", "true1"] {
            assert!(one(dialect, &format!("m f={bad}")).is_err(), "{bad}");
        }
    }
}

#[test]
fn dialects_differ_as_their_servers_do() {
    // Each row of the table contains a line, and whether 1.x, 2.x and 3.x accept the line.
    let table = [
        ("m f=1.", [true, true, false]),
        ("m f=.5", [true, true, false]),
        ("m f=-.5", [true, true, false]),
        ("m f=1.e5", [true, true, false]),
        ("m f=5u", [false, true, true]),
        ("m f=18446744073709551615u", [false, true, true]),
        ("m f=1 ", [true, true, false]),
        ("m f=1 \t5", [true, true, false]),
        ("m \tf=1", [true, true, false]),
        ("m,t=a=b f=1", [false, false, true]),
        ("m,a,b=c f=1", [false, false, true]),
        ("m f,g=1", [false, false, true]),
        ("m f=1,", [false, false, true]),
        ("m,t=a\tb f=1", [true, true, false]),
        ("m,t=a\rb f=1", [true, true, false]),
        (r"m,t=a\\,b f=1", [true, true, false]),
        (r"m,t=a\\\,b f=1", [true, true, true]),
        ("m,_field=a f=1", [true, false, true]),
        ("m,f=a f=1", [true, true, false]),
        ("m f=1 9223372036854775807", [false, false, true]),
        ("m f=1 9223372036854775806", [true, true, true]),
        ("\0m f=1", [true, true, false]),
    ];
    for (text, wanted) in table {
        let taken = DIALECTS.map(|dialect| one(dialect, text).is_ok());
        assert_eq!(
            taken,
            wanted,
            "{text:?} {:?}",
            DIALECTS.map(|dialect| one(dialect, text))
        );
    }
}

#[test]
fn what_no_server_keeps_is_an_error() {
    let table = [
        "m",
        "m ",
        "m,t=a",
        "m,t f=1",
        "m,=a f=1",
        "m,t= f=1",
        "m, f=1",
        ",t=a f=1",
        "m =1",
        "m f=",
        "m f",
        "m f=1,g",
        "m f=1,=2",
        "m f=a",
        "m f=+1",
        "m f=nan",
        "m f=NaN",
        "m f=inf",
        "m f=0x1",
        "m f=1_0",
        "m f=1e",
        "m f=1e400",
        "m f=--1",
        "m f=.",
        "m f=-",
        "m f=i",
        "m f=-i",
        "m f=1.5i",
        "m f=-5u",
        "m f=9223372036854775808i",
        "m f=18446744073709551616u",
        "m f=\"a",
        "m f=\"a\"b",
        "m f=\"a\"\r",
        "m f=1\r",
        "m f=1 5\r",
        "m f=1 5 6",
        "m f=1 a",
        "m f=1 -",
        "m f=1 1.5",
        "m f=1 99999999999999999999",
        "m,t=a,t=b f=1",
        "m f=1,f=2",
        "m time=1",
        "m,time=a f=1",
        "m\\ f=1",
        "m,t=a\\ f=1",
        "m f\\=1",
        "m\0x f=1",
    ];
    for dialect in DIALECTS {
        for text in table {
            assert!(one(dialect, text).is_err(), "{dialect:?} {text:?}");
        }
    }
}

#[test]
fn backslashes_that_the_server_would_drop_are_errors() {
    for text in [r"m\\,x=1 f=1", r"m\\=x f=1", r#"m\\"x f=1"#, r#"m f\\\"=1"#] {
        for dialect in [V1, V2] {
            let error = one(dialect, text).unwrap_err();
            assert!(error.contains("contains a backslash before"), "{error}");
        }
    }
    for text in [r"m\=x f=1", r#"m\"x f=1"#, r#"m f\"=1"#] {
        let error = one(V2, text).unwrap_err();
        assert!(error.contains("contains a backslash before"), "{error}");
    }
    assert_eq!(
        one(V3, r#"m\"x f=1"#),
        Ok(Point::new(r#"m\"x"#).field("f", 1.0))
    );
    assert_eq!(one(V3, r"m\\x f=1"), Ok(Point::new(r"m\x").field("f", 1.0)));
}

#[test]
fn escapes_that_are_not_needed_are_read_as_1x_reads_them() {
    let point = |name, key| Ok(Point::new(name).field(key, 1.0));
    assert_eq!(one(V1, r"m\=x f=1"), point("m=x", "f"));
    assert_eq!(one(V1, r#"m\"x f=1"#), point("m\"x", "f"));
    assert_eq!(one(V1, r#"m f\"=1"#), point("m", "f\""));
}

#[test]
fn errors_tell_line_column_and_what_was_expected() {
    let table = [
        ("m,host f=1", "line 1:7: expected `=` after tag key `host`"),
        (
            "m f=1\n\n# c\nm f",
            "line 4:4: expected `=` after field key `f`",
        ),
        (
            "m é=x",
            "line 1:5: expected a number, boolean or quoted string",
        ),
        (
            "m f=\"a\nb\"x",
            "line 2:3: expected a comma, a space or the end of the line after the string",
        ),
        ("m f=\"a\nb", "line 2:2: expected a closing quote"),
        ("m f=1 5x", "line 1:7: expected an integer timestamp"),
        (
            "m,a=1,a=2 f=1",
            "line 1:2: expected each tag key once, but `a` appears twice",
        ),
        (
            "m f=1,f=2",
            "line 1:3: expected each field key once, but `f` appears twice",
        ),
        (
            "m time=2",
            "line 1:3: expected a different field key: `time` is reserved for the timestamp",
        ),
        ("m,t=a", "line 1:6: expected a space and a field"),
        (",t=a f=1", "line 1:1: expected a measurement"),
    ];
    for (text, message) in table {
        let error = Decoder::new(V1, text.as_bytes())
            .find_map(Result::err)
            .unwrap();
        assert_eq!(error.to_string(), message);
    }
    let error = Decoder::new(V1, b"m f=1\nm \xc3\xa9=\"\xff\"")
        .nth(1)
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (error.line(), error.column(), error.expected()),
        (2, 6, "UTF-8 text")
    );
}

#[test]
fn it_goes_on_after_a_bad_line() {
    let text = b"m f=1\nm f=\nbad\n\xff\n# c\n\nm f=2";
    let good: Vec<Line<'_>> = Decoder::new(V1, text).filter_map(Result::ok).collect();
    assert_eq!(good.len(), 2);
    assert_eq!(Decoder::new(V1, text).filter(Result::is_err).count(), 3);
}

#[test]
fn text_without_escapes_is_borrowed() {
    let text = b"m,t=a f=\"x\",g=\"y\\\"\"".to_vec();
    let line = Decoder::new(V2, &text).next().unwrap().unwrap();
    let borrowed = |value: &str| text.as_ptr_range().contains(&value.as_ptr());
    assert!(
        borrowed(line.measurement()) && borrowed(&line.tags()[0].0) && borrowed(&line.tags()[0].1)
    );
    let strings: Vec<&str> = line
        .fields()
        .iter()
        .map(|(_, value)| match value {
            FieldValue::String(text) => &**text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(borrowed(strings[0]) && !borrowed(strings[1]));
}

#[test]
fn a_decoded_line_can_be_encoded_for_another_dialect() {
    let text = br"a\b,t=x\\y v=5u 7";
    let line = Decoder::new(V2, text).next().unwrap().unwrap();
    assert_eq!(encode(V3, &line), Ok("a\\\\b,t=x\\\\\\\\y v=5u 7\n".into()));
    assert_eq!(encode(V1, &line), Ok("a\\b,t=x\\\\y v=5i 7\n".into()));
}

#[test]
fn a_wide_line_is_read_and_written_in_good_time() {
    // Comparing every tag of the line with every field would take ten billion comparisons.
    let list = |prefix: &str, end: &str, count| {
        let items: Vec<String> = (0..count).map(|n| format!("{prefix}{n:06}{end}")).collect();
        items.join(",")
    };
    for (dialect, tags) in [(V1, 4_000), (V2, 4_000), (V3, 100_000)] {
        let fields = list("f", "=1i", 100_000);
        let text = format!("m,{} {fields}\n", list("t", "=v", tags));
        let line = Decoder::new(dialect, text.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        assert_eq!((line.tags().len(), line.fields().len()), (tags, 100_000));
        assert!(encode(dialect, &line).is_ok());
    }
    let tags = list("t", "=v", 100);
    let text = format!("m,{tags} f=1,t000007=1");
    assert_eq!(
        one(V3, &text).unwrap_err(),
        "line 1:1: expected tags and fields with different names, but `t000007` is both"
    );
    assert!(one(V2, &text).is_ok());
}
