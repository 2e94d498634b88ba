//! Tests what the encoder writes: escapes, values, their order, keys and batches.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use aioinflux_line::{
    Batch, Dialect, Encoder, Error, FieldValue, Key, Options, Outcome, Point, PointEncoder, Rule,
    ToLine,
};
use common::{DIALECTS, encode, text};

#[test]
fn names_tags_and_strings_are_escaped() {
    // Each row of the table contains a string and its encodings on 1.x and 2.x. The encodings are
    // those of a measurement, of a key or tag value, and of a string field.
    let table = [
        ("plain", "plain", "plain", "plain"),
        ("a,b", r"a\,b", r"a\,b", "a,b"),
        ("a b", r"a\ b", r"a\ b", "a b"),
        ("a=b", "a=b", r"a\=b", "a=b"),
        ("a\"b", "a\"b", "a\"b", r#"a\"b"#),
        (r"a\b", r"a\b", r"a\b", r"a\\b"),
        (r"a\\b", r"a\\b", r"a\\b", r"a\\\\b"),
        ("a\tb", "a\tb", "a\tb", "a\tb"),
        ("a\rb\u{7f}", "a\rb\u{7f}", "a\rb\u{7f}", "a\rb\u{7f}"),
        ("é🦀", "é🦀", "é🦀", "é🦀"),
        (" ", r"\ ", r"\ ", " "),
    ];
    for dialect in [Dialect::V1, Dialect::V2] {
        for (name, measurement, key, string) in table {
            let point = Point::new(name).tag(name, name).field(name, name);
            let wanted = format!("{measurement},{key}={key} {key}=\"{string}\"\n");
            assert_eq!(encode(dialect, &point), Ok(wanted), "{dialect:?}");
        }
    }
}

#[test]
fn backslashes_are_doubled_on_v3_only() {
    let point = Point::new(r"m\x")
        .tag(r"t\,", r"v\ ")
        .tag("u", r"\\")
        .field(r"f\=", r"\");
    let point = match point.tags() {
        [first, _] => Point::new(point.measurement())
            .tag(&*first.0, r"v\ w")
            .field(r"f\=g", r"\"),
        _ => unreachable!(),
    };
    let wanted = r#"m\\x,t\\\,=v\\\ w f\\\=g="\\""#.to_owned() + "\n";
    assert_eq!(encode(Dialect::V3, &point), Ok(wanted));
}

#[test]
fn a_backslash_before_a_special_character_is_kept_in_tags() {
    let point = Point::new("m").tag(r"k\,", r"v\=w").field("f", 1);
    assert_eq!(
        encode(Dialect::V1, &point),
        Ok("m,k\\\\,=v\\\\=w f=1i\n".into())
    );
}

#[test]
fn strings_keep_newlines_and_nul() {
    for dialect in DIALECTS {
        let point = Point::new("m").field("s", "a\nb\0\r\n");
        assert_eq!(encode(dialect, &point), Ok("m s=\"a\nb\0\r\n\"\n".into()));
    }
}

#[test]
fn numbers_have_one_form_that_every_server_reads() {
    let table: [(FieldValue, &str); 17] = [
        (0.64.into(), "0.64"),
        (1.0.into(), "1.0"),
        ((-0.0).into(), "-0.0"),
        (0.5_f32.into(), "0.5"),
        (1e300.into(), "1e+300"),
        (5e-324.into(), "5e-324"),
        (f64::MAX.into(), "1.7976931348623157e+308"),
        (2.225_073_858_507_201e-308.into(), "2.225073858507201e-308"),
        (1e16.into(), "1e+16"),
        (123_456_789.0.into(), "123456789.0"),
        (0.1.into(), "0.1"),
        (5_i8.into(), "5i"),
        (i64::MIN.into(), "-9223372036854775808i"),
        (i64::MAX.into(), "9223372036854775807i"),
        (true.into(), "true"),
        (false.into(), "false"),
        (String::from("x").into(), "\"x\""),
    ];
    for dialect in DIALECTS {
        for (value, wanted) in &table {
            let line = encode(dialect, &Point::new("m").field("f", value));
            assert_eq!(line, Ok(format!("m f={wanted}\n")), "{dialect:?}");
        }
    }
}

#[test]
fn unsigned_integers_are_written_as_the_server_knows_them() {
    let point = |value: u64| Point::new("m").field("f", value);
    assert_eq!(encode(Dialect::V1, &point(7)), Ok("m f=7i\n".into()));
    let most = u64::MAX.to_string();
    for dialect in [Dialect::V2, Dialect::V3] {
        assert_eq!(encode(dialect, &point(7)), Ok("m f=7u\n".into()));
        assert_eq!(
            encode(dialect, &point(u64::MAX)),
            Ok(format!("m f={most}u\n"))
        );
    }
    let error = encode(Dialect::V1, &point(u64::MAX)).unwrap_err();
    assert!(error.starts_with("point 0: field `f`: value `18446744073709551615` does not fit"));
}

#[test]
fn tags_are_sorted_and_empty_ones_left_out() {
    let point = Point::new("m")
        .tag("z", "1")
        .tag("a", "2")
        .tag("e", "")
        .tag("b", "3")
        .field("f", 1);
    assert_eq!(
        encode(Dialect::V1, &point),
        Ok("m,a=2,b=3,z=1 f=1i\n".into())
    );
    let sorted = Point::new("m")
        .tag("a", "1")
        .tag("aa", "2")
        .tag("b", "3")
        .field("f", 1);
    assert_eq!(
        encode(Dialect::V1, &sorted),
        Ok("m,a=1,aa=2,b=3 f=1i\n".into())
    );
}

#[test]
fn many_tags_and_fields_are_sorted_and_told_apart() {
    let mut point = Point::new("m");
    for n in (100..250).rev() {
        point = point.tag(format!("t{n}"), "v").field(format!("f{n}"), n);
    }
    let line = encode(Dialect::V3, &point).unwrap();
    assert!(line.starts_with("m,t100=v,t101=v,") && line.ends_with(",f100=100i\n"));
    let twice = encode(Dialect::V3, &point.clone().field("f120", 1)).unwrap_err();
    assert_eq!(
        twice,
        "point 0: field key `f120` is already a field of this point"
    );
    let twice = encode(Dialect::V3, &point.clone().tag("t120", "w")).unwrap_err();
    assert_eq!(
        twice,
        "point 0: tag key `t120` is already a tag of this point"
    );
    let both = encode(Dialect::V3, &point.tag("f120", "w")).unwrap_err();
    assert_eq!(
        both,
        "point 0: field key `f120` is both a tag and a field, which 3.x does not accept"
    );
}

#[test]
fn a_point_without_fields_is_skipped_and_counted() {
    let mut encoder = Encoder::new(Dialect::V1);
    assert_eq!(
        encoder.push(&Point::new("m").tag("t", "v").at(1)),
        Ok(Outcome::Skipped)
    );
    assert_eq!(
        encoder.push(&Point::new("m").field("f", f64::NAN)),
        Ok(Outcome::Skipped)
    );
    let partly = Point::new("m")
        .field("a", f64::NAN)
        .field("b", 1)
        .field("c", f64::NAN);
    assert_eq!(encoder.push(&partly), Ok(Outcome::Written));
    assert_eq!(text(encoder.batch()), "m b=1i\n");
    assert_eq!(encoder.batch().skipped(), 2);
    assert_eq!(encoder.batch().indexes(), [2]);
}

#[test]
fn options_choose_what_becomes_of_nan_and_infinity() {
    let nan = Point::new("m").field("a", f64::NAN).field("b", 1);
    let infinite = Point::new("m").field("a", f64::NEG_INFINITY).field("b", 1);
    let rule =
        |options: Options, point: &Point| Encoder::new(options).push(point).map_err(|e| e.rule());
    let options = Options::new(Dialect::V2);
    assert_eq!(rule(options, &nan), Ok(Outcome::Written));
    assert_eq!(rule(options, &infinite), Err(Rule::Infinite));
    assert_eq!(rule(options.refuse_nan(true), &nan), Err(Rule::NotANumber));
    assert_eq!(
        rule(options.skip_infinities(true), &infinite),
        Ok(Outcome::Written)
    );
}

#[test]
fn newlines_are_removed_and_counted_when_asked() {
    let mut encoder = Encoder::new(Options::new(Dialect::V1).remove_newlines(true));
    encoder.push(&Point::new("m").field("f", 1)).unwrap();
    assert_eq!(encoder.removed_newlines(), None);
    encoder
        .push(&Point::new("m").tag("bad", "a\n\\").field("f", 1))
        .unwrap_err();
    assert_eq!(encoder.removed_newlines(), None);
    encoder
        .push(&Point::new("m\n\n").tag("host", "a\nb").field("f", 1))
        .unwrap();
    encoder
        .push(&Point::new("m").tag("host", "a\nb").field("f", 1))
        .unwrap();
    let removed = encoder.removed_newlines().unwrap();
    assert_eq!(
        (removed.count, &*removed.first),
        (4, r"point 2: measurement `m\n\n`")
    );
    assert!(text(encoder.batch()).ends_with("m,host=ab f=1i\nm,host=ab f=1i\n"));

    let error = encoder.push(
        &Point::new("m")
            .tag("ab", "1")
            .tag("a\nb", "2")
            .field("f", 1),
    );
    assert_eq!(error.unwrap_err().rule(), Rule::DuplicateTag);
    assert_eq!(
        encoder
            .push(&Point::new("\n").field("f", 1))
            .unwrap_err()
            .rule(),
        Rule::Empty
    );
}

#[test]
fn keys_are_written_as_their_names_would_be() {
    for dialect in DIALECTS {
        for name in ["host", "a b,c=d", r"a\b", "é\"", "#1"] {
            let key = Key::new(dialect, name).unwrap();
            let (mut plain, mut cached) = (Encoder::new(dialect), Encoder::new(dialect));
            plain
                .push(&Point::new("m").tag(name, "v").field("f", 1))
                .unwrap();
            plain.push(&Point::new("m").field(name, 1)).unwrap();
            let mut line = cached.point(0);
            line.measurement("m")
                .unwrap()
                .tag(&key, "v")
                .unwrap()
                .field("f", 1)
                .unwrap();
            line.finish(None).unwrap();
            let mut line = cached.point(1);
            line.measurement("m").unwrap().field(&key, 1).unwrap();
            line.finish(None).unwrap();
            assert_eq!(plain.batch(), cached.batch());

            let mut line = cached.point(2);
            let (by_key, by_name) = (
                line.measurement(&key).map(|_| ()).map_err(|e| e.rule()),
                Encoder::new(dialect)
                    .point(2)
                    .measurement(name)
                    .map(|_| ())
                    .map_err(|e| e.rule()),
            );
            assert_eq!(by_key, by_name);
        }
    }
}

#[test]
fn a_key_of_another_dialect_or_option_is_escaped_anew() {
    let key = Key::new(Dialect::V1, r"a\b").unwrap();
    let mut encoder = Encoder::new(Dialect::V3);
    let mut line = encoder.point(0);
    line.measurement(&key)
        .unwrap()
        .tag(&key, "v")
        .unwrap()
        .field("f", 1)
        .unwrap();
    line.finish(None).unwrap();
    assert_eq!(text(encoder.batch()), "a\\\\b,a\\\\b=v f=1i\n");

    let options = Options::new(Dialect::V1).remove_newlines(true);
    let key = Key::new(options, "a\nb").unwrap();
    assert_eq!(
        Key::new(Dialect::V1, "a\nb").unwrap_err().to_string(),
        r"name `a\nb` contains a newline"
    );
    let mut strict = Encoder::new(Dialect::V1);
    assert_eq!(
        strict.point(0).measurement(&key).unwrap_err().rule(),
        Rule::Newline
    );
    let mut lenient = Encoder::new(options);
    let mut line = lenient.point(5);
    line.measurement("m").unwrap().field(&key, 1).unwrap();
    line.finish(None).unwrap();
    assert_eq!(text(lenient.batch()), "m ab=1i\n");
    assert_eq!(
        lenient.removed_newlines().unwrap().first,
        r"point 5: field key `a\nb`"
    );
}

#[test]
fn anything_that_writes_a_line_can_be_pushed() {
    struct Load(f64);
    impl ToLine for Load {
        fn to_line(&self, line: &mut PointEncoder<'_>) -> Result<Option<i64>, Error> {
            line.measurement("load")?
                .tag("host", "a")?
                .field(String::from("v"), self.0)?;
            Ok(Some(5))
        }
    }
    let mut encoder = Encoder::new(Dialect::V1);
    let mixed: [&dyn ToLine; 3] = [
        &Load(1.0),
        &Box::new(Load(2.0)),
        &&Point::new("p").field("f", 1),
    ];
    for point in mixed {
        encoder.push(point).unwrap();
    }
    assert_eq!(
        text(encoder.batch()),
        "load,host=a v=1.0 5\nload,host=a v=2.0 5\np f=1i\n"
    );
}

#[test]
fn a_batch_tells_lines_ends_and_indexes() {
    let mut encoder = Encoder::new(Dialect::V1);
    for (index, value) in [(7, "a\nb"), (3, ""), (9, "c")] {
        let mut line = encoder.point(index);
        line.measurement("m").unwrap().field("s", value).unwrap();
        line.finish(Some(i64::from(index != 3))).unwrap();
    }
    assert_eq!(encoder.next_index(), 0);
    assert_eq!(encoder.len_bytes(), encoder.batch().bytes().len());
    let batch = encoder.take();
    assert!(encoder.batch().is_empty() && encoder.batch().is_stamped());
    let lines = [&b"m s=\"a\nb\" 1"[..], b"m s=\"\" 0", b"m s=\"c\" 1"];
    assert_eq!(batch.lines().collect::<Vec<_>>(), lines);
    assert_eq!(
        (batch.len(), batch.indexes(), batch.index(1)),
        (3, &[7, 3, 9][..], 3)
    );
    assert_eq!(batch.ends(), [12, 21, 31]);
    assert_eq!(batch.range(1..3), b"m s=\"\" 0\nm s=\"c\" 1\n");
    assert_eq!((batch.range(0..0), batch.range(3..3)), (&b""[..], &b""[..]));
    assert_eq!(batch.dialect(), Dialect::V1);
    assert!(!format!("{batch:?}").contains('"'));
    assert_eq!(batch.clone().into_bytes(), batch.bytes());
    assert_eq!(Batch::new(Dialect::V1).len(), 0);
}

#[test]
fn one_undated_line_makes_the_batch_unstamped() {
    let mut encoder = Encoder::new(Dialect::V1);
    encoder.push(&Point::new("m").field("f", 1).at(1)).unwrap();
    assert!(encoder.batch().is_stamped());
    encoder.push(&Point::new("m").field("f", 1)).unwrap();
    assert!(!encoder.batch().is_stamped());
    encoder.clear();
    assert!(encoder.batch().is_stamped() && encoder.next_index() == 0);
}

#[test]
fn a_leaked_point_leaves_nothing_in_the_batch() {
    let leak = |encoder: &mut Encoder| {
        let mut line = encoder.point(9);
        line.measurement("torn").unwrap().tag("a", "b").unwrap();
        std::mem::forget(line);
    };
    let mut encoder = Encoder::new(Dialect::V1);
    leak(&mut encoder);
    assert_eq!(
        (encoder.batch().bytes(), encoder.len_bytes()),
        (&b""[..], 0)
    );
    encoder.push(&Point::new("m").field("v", 1)).unwrap();
    leak(&mut encoder);
    encoder.push_text(b"m v=2i").unwrap();
    leak(&mut encoder);
    assert_eq!(text(encoder.batch()), "m v=1i\nm v=2i\n");
    let batch = encoder.take();
    assert_eq!(batch.lines().collect::<Vec<_>>(), [b"m v=1i", b"m v=2i"]);
    assert_eq!(batch.into_bytes(), b"m v=1i\nm v=2i\n");
}

#[test]
fn shared_points_and_the_common_types_need_no_conversion() {
    let owned = String::from("d");
    let point = Point::new("m")
        .field("a", 3_usize)
        .field("b", -3_isize)
        .field("c", Box::<str>::from("c"))
        .field("d", &owned);
    let wanted = Ok(String::from("m a=3u,b=-3i,c=\"c\",d=\"d\"\n"));
    assert_eq!(
        encode(Dialect::V2, &std::rc::Rc::new(point.clone())),
        wanted
    );
    let shared: std::sync::Arc<dyn ToLine> = std::sync::Arc::new(point);
    assert_eq!(encode(Dialect::V2, &shared), wanted);
}
