//! Fuzzes the Flux decoder with arbitrary bytes. The decoder must never panic, and its result must
//! not depend on how the bytes are cut into pieces.
#![no_main]

use aioinflux::decode::{DecodeError, Decoder, End, Event, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], u8)| {
    let (body, size) = input;
    let whole = decode(body, body.len().max(1));
    let pieces = decode(body, usize::from(size).max(1));
    // Values are compared as text, because NaN is not equal to itself.
    assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
});

fn decode(body: &[u8], size: usize) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(Format::FluxCsv).batch_rows(3);
    let fed = body.chunks(size).try_for_each(|piece| decoder.feed(piece));
    let result = fed.and_then(|()| decoder.finish(End::Proven));
    (std::iter::from_fn(|| decoder.next_event()).collect(), result)
}
