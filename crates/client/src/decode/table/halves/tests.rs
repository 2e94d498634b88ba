//! Tests that reading rows in two halves has the same result as reading the rows one after the
//! other.

use super::super::ROOM;
use super::*;
use crate::decode::influxql::json::JsonRows;
use crate::decode::{DecodeError, Decoder, End, Event, Format};

/// The number of rows in a test body. Memory is reserved after the first `ROOM` rows, and each half
/// then has about `ROOM` rows.
const ROWS: usize = 3 * ROOM;

const HEAD: &str = concat!(
    r#"{"results":[{"statement_id":0,"series":[{"name":"m","columns":"#,
    r#"["time","f","i","s","b","u","n"],"values":["#
);
const TAIL: &str = "]}]}]}";

/// Replacements for one cell of a test body: values of other types, nulls, strings that look like
/// rows, and invalid cells.
#[rustfmt::skip]
const OTHERS: [&str; 16] = [
    "null", "7", "-7", "0.25", "true", r#""text""#, r#""a \"quote\" \ud83e\udd80 \ud800""#,
    r#"",0],[1,0.5,2,\"x\",true,9,null],[""#, r#"],[1,0.5,2,"x",true,9,null],["#,
    "9223372036854775808", "18446744073709551615", "9007199254740993", "[1]", "{}", "", "nul",
];

fn row(n: usize) -> Vec<String> {
    vec![
        format!("17000000000000000{n:05}"),
        format!("{}.{}", n * 3, n % 10),
        format!("{}", n * 977),
        format!("\"state {}{}\"", n % 10, "x".repeat(n % 20)),
        n.is_multiple_of(2).to_string(),
        format!("{}", 9_223_372_036_854_775_800 + n as u64),
        "null".to_owned(),
    ]
}

fn body(rows: usize, change: impl Fn(usize, &mut Vec<String>)) -> String {
    let rows = (0..rows).map(|n| {
        let mut cells = row(n);
        change(n, &mut cells);
        format!("[{}]", cells.join(","))
    });
    format!("{HEAD}{}{TAIL}", rows.collect::<Vec<_>>().join(","))
}

type Decoded = (Vec<Event>, Result<(), DecodeError>);

fn decoded(pieces: &[&str], ahead: usize, views: bool) -> Decoded {
    decoded_within(limits(ahead), pieces, views)
}

fn decoded_within(limits: BatchLimits, pieces: &[&str], views: bool) -> Decoded {
    let mut decoder = Decoder::new(Format::Json);
    *decoder.limits() = limits;
    if views {
        decoder = decoder.text_views();
    }
    let fed = pieces
        .iter()
        .try_for_each(|piece| decoder.feed(piece.as_bytes()));
    let ended = fed.and_then(|()| decoder.finish(End::Proven));
    (std::iter::from_fn(|| decoder.next_event()).collect(), ended)
}

/// Values of `BatchLimits::ahead` with which the decoder reads the test body in one round, two
/// rounds, and several rounds.
const AHEAD: [usize; 3] = [600_000, 250_000, 60_000];

fn check(pieces: &[&str], what: &str) {
    check_with(&AHEAD, pieces, what);
}

fn check_with(ahead: &[usize], pieces: &[&str], what: &str) {
    for views in [false, true] {
        let expected = decoded(pieces, 0, views);
        for ahead in ahead {
            let given = decoded(pieces, *ahead, views);
            assert_eq!(given, expected, "{what}, {ahead} bytes ahead");
        }
    }
}

/// Returns the index of the row where the second half begins, if the rows after the first `ROOM`
/// rows are read in two halves.
fn middle(body: &str) -> usize {
    let rows = &body[HEAD.len()..];
    let first = rows
        .match_indices("],[")
        .nth(ROOM - 1)
        .map_or(0, |(at, _)| HEAD.len() + at + 2);
    let half = first + (body.len() - first) / 2;
    body[..half].matches("],[").count()
}

/// Returns a table that contains the first rows of a body, and the index after these rows.
fn begun(body: &str) -> (Table, usize) {
    let mut table = Table::new((0..7).map(|n| format!("c{n}")).collect(), true, false);
    let rows = table.add_rows::<JsonRows>(body.as_bytes(), HEAD.len(), 100, limits(0));
    (table, rows.unwrap().end + 1)
}

fn limits(ahead: usize) -> BatchLimits {
    BatchLimits {
        rows: usize::MAX,
        bytes: usize::MAX,
        ahead,
    }
}

#[test]
fn both_halves_are_added_in_each_round() {
    let body = body(ROWS, |_, _| ());
    for ahead in AHEAD {
        let (mut table, at) = begun(&body);
        let run = table.add_in_halves::<JsonRows>(body.as_bytes(), at, u32::MAX, limits(ahead));
        if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
            let left = body.len() - run.end;
            assert!(left <= ahead / 4 + TAIL.len(), "{left} of {ahead}");
            assert_eq!(run.next.is_none(), left == TAIL.len());
        } else {
            assert_eq!(run.count, 0);
        }
        assert_eq!(table.rows, 100 + run.count as usize);
        // `table.bytes` counts all bytes of the rows, but not the commas between the rows.
        assert_eq!(table.bytes, run.end - HEAD.len() - (table.rows - 1));
    }
}

#[test]
fn no_more_rows_are_added_than_are_asked_for() {
    let body = body(ROWS, |_, _| ());
    for most in [0, 1, 5000, 5592, 5593, 9000, 12_187, 12_188] {
        for ahead in AHEAD {
            let (mut table, at) = begun(&body);
            let run = table.add_in_halves::<JsonRows>(body.as_bytes(), at, most, limits(ahead));
            assert!(run.count <= most);
            assert_eq!(table.rows, 100 + run.count as usize);
        }
    }
}

#[test]
fn batches_end_where_those_of_one_thread_do() {
    let long = format!("\"{}\"", "x".repeat(100_000));
    for place in [0, ROOM + 100, 2 * ROOM - 100, 2 * ROOM, ROWS - 9] {
        let body = body(ROWS, |n, cells| {
            if n == place {
                long.clone_into(&mut cells[3]);
            }
        });
        for bytes in (350_000..body.len() + 50_000).step_by(43_210) {
            let limits = limits(0);
            let expected = decoded_within(BatchLimits { bytes, ..limits }, &[&body], false);
            for ahead in AHEAD {
                let limits = BatchLimits {
                    bytes,
                    ahead,
                    ..limits
                };
                let given = decoded_within(limits, &[&body], false);
                assert_eq!(given, expected, "{bytes} bytes, {ahead} ahead, {place}");
            }
        }
    }
}

#[test]
fn rows_are_those_of_one_thread() {
    for rows in [ROOM, ROOM + 1, ROOM + 2, ROOM + 20, 2 * ROOM, ROWS] {
        let ahead = [1000, 4000, 60_000, 250_000, 600_000];
        check_with(&ahead, &[&body(rows, |_, _| ())], &format!("{rows} rows"));
    }
}

#[test]
fn another_cell_anywhere_changes_nothing_else() {
    let middle = middle(&body(ROWS, |_, _| ()));
    let places = [
        ROOM + 1,
        middle - 1,
        middle,
        middle + 1,
        middle + 9,
        ROWS - 1,
    ];
    for (index, other) in OTHERS.iter().enumerate() {
        for (turn, place) in places.into_iter().enumerate() {
            let column = (index + turn) % 7;
            let body = body(ROWS, |n, cells| {
                if n == place {
                    (*other).clone_into(&mut cells[column]);
                }
            });
            check(
                &[&body],
                &format!("{other} in row {place}, column {column}"),
            );
        }
    }
}

#[test]
fn columns_that_change_for_good_are_those_of_one_thread() {
    let middle = middle(&body(ROWS, |_, _| ()));
    let changes: [(usize, &str); 5] = [
        (2, "0.5"),
        (6, "1"),
        (6, "\"late\""),
        (5, "-1"),
        (1, "\"x\""),
    ];
    for (column, other) in changes {
        for from in [10, ROOM + 10, middle, middle + 10, ROWS - 10] {
            let body = body(ROWS, |n, cells| {
                if n >= from {
                    other.clone_into(&mut cells[column]);
                }
            });
            check(
                &[&body],
                &format!("{other} in column {column} from row {from} on"),
            );
        }
    }
}

#[test]
fn texts_that_read_like_rows_are_texts() {
    let like = r#""],[17,0.5,2,\"x\",true,9,null],[18,0.5,3,""#;
    for every in [1, 2, 7] {
        let body = body(ROWS, |n, cells| {
            if n.is_multiple_of(every) {
                like.clone_into(&mut cells[3]);
            }
        });
        check(&[&body], &format!("each {every}. row"));
    }
    // The text inside this string looks like many rows and contains no quotes.
    let inside = format!("\"{}\"", "],[1,2,3,4,5,6,7".repeat(20_000));
    let body = body(ROWS, |n, cells| {
        if n == ROOM + 100 {
            inside.clone_into(&mut cells[3]);
        }
    });
    check(&[&body], "rows in a text");
}

#[test]
fn bodies_in_pieces_and_cut_ones_are_those_of_one_thread() {
    let body = body(ROWS, |_, _| ());
    for parts in 1..24 {
        let at = body.len() / 24 * parts + parts;
        check(&[&body[..at], &body[at..]], &format!("in pieces at {at}"));
        check(&[&body[..at]], &format!("cut at {at}"));
    }
}

#[test]
fn the_series_behind_is_another_one() {
    let one = body(ROWS, |_, _| ());
    let rows = &one[HEAD.len()..one.len() - TAIL.len()];
    let series =
        format!(r#"]}},{{"name":"n","columns":["time","f","i","s","b","u","n"],"values":[{rows}"#);
    let two = format!("{HEAD}{rows}{series}{TAIL}");
    check(&[&two], "two series");
    let short = format!(
        "{HEAD}{}{series}{TAIL}",
        &rows[..=rows.find("],[").unwrap_or(0)]
    );
    check(&[&short], "a short series before");
}
