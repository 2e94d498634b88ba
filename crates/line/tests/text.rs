//! Tests text that consists of encoded lines, and where each of these lines ends.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aioinflux_line::{Dialect, Encoder, Point, Rule, line_ends};

fn ends(dialect: Dialect, text: &str) -> Vec<usize> {
    line_ends(dialect, text.as_bytes()).collect()
}

#[test]
fn lines_end_where_the_server_ends_them() {
    let table: [(&str, &[usize]); 12] = [
        ("", &[]),
        ("m f=1", &[5]),
        ("m f=1\nm f=2\n", &[6, 12]),
        ("\n\nm f=1\n", &[1, 2, 8]),
        ("m f=\"a\nb\"\nm f=1\n", &[10, 16]),
        ("m f=\"a\\\"\nb\"\nm f=1\n", &[12, 18]),
        // Quotes in keys, or before the fields, are literal.
        ("m\",t=\" f=1\nm \"f\"=1\n", &[11, 19]),
        // A second string begins after the comma.
        ("m f=\"a\",g=\"\n\" 1\nm f=1\n", &[16, 22]),
        // The backslash escapes the line feed.
        ("m f=1\\\nm f=2\n", &[13]),
        // A string that is not closed continues to the end of the encoded text.
        ("m f=\"a\nm f=1\n", &[13]),
        // A comment ends with its line, whatever the comment contains.
        ("# it's =\"\nm f=1\n", &[10, 16]),
        (" # =\"\\\nm f=1\n", &[7, 13]),
    ];
    for dialect in [Dialect::V1, Dialect::V2, Dialect::V3] {
        for (text, wanted) in table {
            assert_eq!(ends(dialect, text), wanted, "{dialect:?} {text:?}");
        }
    }
}

#[test]
fn text_is_taken_unchanged_but_for_blank_lines_and_comments() {
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push(&Point::new("p").field("f", 1).at(1)).unwrap();
    encoder
        .push_text(b"\n# c\n m  f=\"x\ny\"  5 \n\t\nm f=1i 7")
        .unwrap();
    encoder.push(&Point::new("p").field("f", 1).at(1)).unwrap();
    let batch = encoder.batch();
    let lines = [
        &b"p f=1i 1"[..],
        b" m  f=\"x\ny\"  5 ",
        b"m f=1i 7",
        b"p f=1i 1",
    ];
    assert_eq!(batch.lines().collect::<Vec<_>>(), lines);
    assert_eq!(batch.indexes(), [0, 1, 2, 3]);
    assert!(batch.is_stamped());
}

#[test]
fn a_line_is_stamped_when_it_ends_in_a_timestamp() {
    let table = [
        ("m f=1 10", true),
        ("m f=1 -10 ", true),
        ("m,t=a f=\"x y\" 10", true),
        ("m f=1", false),
        ("m f=1 ", false),
        ("m f=\"a 10\"", false),
        ("m\\ 10 f=1", false),
        ("m f=1,b\\ 10", false),
        ("m f=1 -", false),
        ("m f=1 1x", false),
        ("m 10", false),
    ];
    for (line, stamped) in table {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder.push_text(line.as_bytes()).unwrap();
        assert_eq!(encoder.batch().is_stamped(), stamped, "{line}");
    }
}

#[test]
fn text_that_would_swallow_the_next_line_is_refused() {
    for text in [
        "m f=1\nm f=\"a\n",
        "m f=1\nm f=\"a\\\"",
        "m f=1\nm f=1\\",
        "m f=1\nm f=1 \\\n",
        "m f=1\nm f=1\\\r\nm f=2",
        "m f=1\nm f=1\\\\\\\r",
    ] {
        let mut encoder = Encoder::new(Dialect::V1);
        encoder.push_text(b"m f=0 1\n").unwrap();
        let before = encoder.batch().clone();
        let error = encoder.push_text(text.as_bytes()).unwrap_err();
        assert_eq!(
            (error.rule(), error.index()),
            (Rule::OpenLine, Some(2)),
            "{text:?}"
        );
        assert_eq!((encoder.batch(), encoder.next_index()), (&before, 1));
    }
}

#[test]
fn text_for_3x_must_be_utf8() {
    let text = b"m f=\"\xff\"\n";
    assert!(Encoder::new(Dialect::V1).push_text(text).is_ok());
    let error = Encoder::new(Dialect::V3).push_text(text).unwrap_err();
    assert_eq!(error.rule(), Rule::NotUtf8);
}

#[test]
fn a_cr_before_the_end_of_a_line_is_dropped() {
    let table: [(&str, &[&str]); 9] = [
        (
            "crlf v=\"x\"\r\ncrlf,a=b v=\"z\"\r\n",
            &["crlf v=\"x\"", "crlf,a=b v=\"z\""],
        ),
        ("\r\nm v=1 5\r\n \r\n# c\r\n", &["m v=1 5"]),
        // A CR LF inside a string does not end the line, and the CR is part of the value.
        ("m v=\"a\r\nb\"\r\nm v=1\r\n", &["m v=\"a\r\nb\"", "m v=1"]),
        // The line feed that is missing at the end is added, but must not form a CR LF with the
        // last CR.
        ("m v=\"x\"\r", &["m v=\"x\""]),
        ("\r", &[]),
        // Only one CR is dropped, and only if it is directly before the end of a line.
        ("m v=1\r\r\n", &["m v=1\r"]),
        ("m,t=a\rb v=1 \r5\n", &["m,t=a\rb v=1 \r5"]),
        // The two backslashes form a pair, so they do not escape the end of the line, and the line
        // ends there.
        ("m v=\\\\\r\nm v=1", &["m v=\\\\", "m v=1"]),
        ("# \\\r\nm v=1", &["m v=1"]),
    ];
    for dialect in [Dialect::V1, Dialect::V2, Dialect::V3] {
        for (text, wanted) in table {
            let mut encoder = Encoder::new(dialect);
            encoder.push_text(text.as_bytes()).unwrap();
            let lines: Vec<&[u8]> = encoder.batch().lines().collect();
            let wanted: Vec<&[u8]> = wanted.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(lines, wanted, "{dialect:?} {text:?}");
            assert_eq!(encoder.next_index(), wanted.len() as u64);
        }
    }
}

#[test]
fn text_in_pieces_may_be_cut_between_cr_and_lf() {
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push_text(b"m v=1 1\r").unwrap();
    encoder.push_text(b"\nm v=2 2\r\n").unwrap();
    assert_eq!(encoder.batch().bytes(), b"m v=1 1\nm v=2 2\n");
    assert!(encoder.batch().is_stamped());
}
