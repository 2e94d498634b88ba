//! Decodes answers of random shape, and compares the results with those of the reference decoder
//! and with each other.

use aioinflux::answer::Answer;
use aioinflux::decode::{Decoder, End, Format};
use proptest::prelude::*;

use super::model::{self, Cell, Statement};
use super::reference;
use super::support::{collect, decode, decode_whole, rows, to_seen, to_seen_without_views};
use super::tree::Tree;

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Json), Just(Format::Msgpack)]
}

fn chunk_size() -> impl Strategy<Value = Option<usize>> {
    prop::option::of(1..6_usize)
}

/// Cuts a body into pieces at the positions `cuts`, which are fractions of its length.
fn pieces<'a>(body: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    places.extend([0, body.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &body[pair[0]..pair[1]])
        .collect()
}

/// Returns whether the decoded value equals the encoded value, even if its type has changed.
#[expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "exactly the float that Go wrote without a point"
)]
fn is_same(read: &Tree, written: &Cell) -> bool {
    match (read, written) {
        (Tree::Null, Cell::Null) => true,
        (Tree::Boolean(read), Cell::Boolean(written)) => read == written,
        (Tree::Text(read), Cell::Text(written)) => read == written,
        (Tree::Integer(read), Cell::Integer(written)) => *read == i128::from(*written),
        (Tree::Time(read), Cell::Integer(written)) => read == written,
        (Tree::Integer(read), Cell::Unsigned(written)) => *read == i128::from(*written),
        (Tree::Float(read), Cell::Float(written)) => read.to_bits() == written.to_bits(),
        (Tree::Float(read), Cell::Integer(written)) => *read == *written as f64,
        (Tree::Float(read), Cell::Unsigned(written)) => *read == *written as f64,
        (Tree::Integer(read), Cell::Float(written)) => *read as f64 == *written,
        (Tree::Time(read), Cell::Float(written)) => *read as f64 == *written,
        _ => false,
    }
}

/// Compares a decoded answer with the statements that were encoded. In a `MessagePack` answer that
/// is not chunked, the results that follow a failed statement are lost.
fn check(answer: &Answer, written: &[Statement], lost_by_error: bool) {
    assert_eq!(answer.statements.len(), written.len());
    for (index, (read, written)) in answer.statements.iter().zip(written).enumerate() {
        assert_eq!(usize::try_from(read.id), Ok(index));
        assert_eq!(read.error, written.error);
        if lost_by_error && written.error.is_some() {
            continue;
        }
        let messages: Vec<_> = read
            .messages
            .iter()
            .map(|m| (m.level.clone(), m.text.clone()))
            .collect();
        assert_eq!(messages, written.messages);
        assert_eq!(read.series.len(), written.series.len());
        for (read, written) in read.series.iter().zip(&written.series) {
            assert_eq!(read.name, written.name);
            let mut tags = written.tags.clone();
            tags.sort();
            assert_eq!(read.tags, tags);
            assert_eq!(read.rows(), written.rows.len());
            let cells = read.batches.iter().flat_map(rows).flatten();
            for (read, written) in cells.zip(written.rows.iter().flatten()) {
                assert!(is_same(&read, written), "{read:?} for {written:?}");
            }
            for batch in &read.batches {
                let schema = batch.schema();
                let names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
                assert_eq!(names, written.columns.iter().collect::<Vec<_>>());
            }
        }
    }
}

proptest! {
    #[test]
    fn answers_in_pieces_give_what_the_reference_decoder_gives(
        written in model::answer(),
        format in format(),
        chunk_size in chunk_size(),
        batch_rows in 1..8_usize,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let body = model::write(format, &written, chunk_size);
        let reference = reference::decode(format, &body, batch_rows);
        prop_assert!(reference.complete);
        let decoder = || Decoder::new(format).batch_rows(batch_rows);
        let (events, result) = decode(decoder(), pieces(&body, &cuts), End::Proven);
        prop_assert_eq!(result, Ok(()));
        let seen: Vec<_> = events.iter().map(to_seen).collect();
        prop_assert_eq!(&seen, &reference.seen);
        let (events, result) = decode(decoder().text_views(), pieces(&body, &cuts), End::Proven);
        prop_assert_eq!(result, Ok(()));
        let seen: Vec<_> = events.iter().map(to_seen_without_views).collect();
        prop_assert_eq!(seen, reference.seen);
    }

    #[test]
    fn answers_that_end_early_are_refused_unless_the_part_is_complete(
        written in model::answer(),
        format in format(),
        chunk_size in chunk_size(),
        cut in any::<prop::sample::Index>(),
    ) {
        let body = model::write(format, &written, chunk_size);
        let head = &body[..cut.index(body.len() + 1)];
        let (_, result) = decode_whole(format, head);
        prop_assert_eq!(result.is_ok(), reference::decode(format, head, 8192).complete);
        let (_, result) = decode(Decoder::new(format), [head], End::Unproven);
        prop_assert!(result.is_err());
    }

    #[test]
    fn every_form_of_an_answer_gives_the_values_that_were_written(
        written in model::answer(),
        chunk_size in 1..6_usize,
    ) {
        for format in [Format::Json, Format::Msgpack] {
            for chunk_size in [None, Some(chunk_size)] {
                let body = model::write(format, &written, chunk_size);
                let (events, result) = decode_whole(format, &body);
                prop_assert_eq!(result, Ok(()));
                let lost_by_error = format == Format::Msgpack && chunk_size.is_none();
                check(&collect(events), &written, lost_by_error);
            }
        }
    }

    #[test]
    fn a_changed_byte_is_no_panic_and_the_same_in_pieces(
        written in model::answer(),
        format in format(),
        chunk_size in chunk_size(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = model::write(format, &written, chunk_size);
        let place = place.index(body.len());
        body[place] = byte;
        let (events, result) = decode_whole(format, &body);
        let (pieced, pieced_result) = decode(Decoder::new(format), body.chunks(1), End::Proven);
        prop_assert_eq!(events, pieced);
        prop_assert_eq!(result, pieced_result);
    }

    #[test]
    fn arbitrary_bytes_are_no_panic(
        format in format(),
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..5),
    ) {
        let pieces = pieces.iter().map(Vec::as_slice);
        let _ = decode(Decoder::new(format), pieces, End::Proven);
    }

    #[test]
    fn arbitrary_rows_are_no_panic(
        values in "[\\[\\]{},:\"\\\\0-9.eE+\\-ntu \u{e9}]{0,40}",
    ) {
        let head = r#"{"results":[{"series":[{"columns":["time","b"],"values":[[0,"#;
        let body = format!("{head}{values}");
        let (whole, result) = decode_whole(Format::Json, body.as_bytes());
        let pieces = body.as_bytes().chunks(1);
        let (pieced, pieced_result) = decode(Decoder::new(Format::Json), pieces, End::Proven);
        prop_assert_eq!(whole, pieced);
        prop_assert_eq!(result, pieced_result);
    }
}
