//! Tests that the compressed output of any input is valid gzip and decompresses to the input.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Read as _;

use flate2::read::GzDecoder;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{LITERALS, compress, distance_symbol, huffman, length_symbol};

fn inflate(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut text).unwrap();
    text
}

#[track_caller]
fn comes_back(text: &[u8]) {
    assert!(inflate(&compress(text)) == text);
}

/// Returns `count` lines, whose pattern differs for each seed.
fn lines(count: u32, seed: u32) -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..count {
        let random = n.wrapping_add(seed).wrapping_mul(2_654_435_761);
        let (host, value) = (random >> 20, f64::from(random) / 7.0);
        let line = format!("cpu,host=server{host},region=eu value={value},n={n}i 17{random:017}\n");
        text.extend_from_slice(line.as_bytes());
    }
    text
}

#[test]
fn texts_of_all_sizes_come_back() {
    let text = lines(40_000, 1);
    assert!(text.len() > 2 << 20);
    for length in (0..300).chain([65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, text.len()]) {
        comes_back(&text[..length]);
    }
}

#[test]
fn a_sample_that_is_like_nothing_that_follows_will_do() {
    let mut text = vec![b'x'; 70_000];
    text.extend(lines(5000, 3));
    text.extend((0..=255).cycle().take(100_000));
    comes_back(&text);
    text.reverse();
    comes_back(&text);
}

#[test]
fn a_block_that_goes_on_otherwise_than_it_began_is_not_larger_than_its_text() {
    let digits = |n: u32| n.wrapping_mul(2_654_435_761).to_string().repeat(6);
    let others = |n: u32| -> String {
        let letter = |at: u32| char::from_u32(0x4e00 + (n * 31 + at * 977) % 5000).unwrap();
        (0..20).map(letter).collect()
    };
    for (first, count) in [(2000, 20_000), (100, 3000), (20_000, 20_100)] {
        let mut text = Vec::new();
        for n in 0..count {
            let value = if n < first { digits(n) } else { others(n) };
            text.extend_from_slice(format!("m v=\"{value}\" {n}\n").as_bytes());
        }
        comes_back(&text);
        assert!(compress(&text).len() < text.len(), "{first} of {count}");
    }
}

#[test]
fn repetitions_of_every_length_and_distance_come_back() {
    for distance in [8, 16, 257, 4096, 32_767, 32_768, 32_769, 40_000] {
        for length in (0..40).chain(250..270) {
            let mut text = vec![b','];
            text.extend((0..length).map(|at| b'a' + u8::try_from(at % 23).unwrap()));
            let part = text.clone();
            text.resize(distance, b'.');
            text.extend_from_slice(&part);
            text.extend_from_slice(b" and an end of some length");
            comes_back(&text);
        }
    }
}

#[test]
fn lines_shrink() {
    let text = lines(10_000, 5);
    assert!(compress(&text).len() * 2 < text.len());
}

#[test]
fn symbols_are_those_of_the_format() {
    let symbols = |length| {
        let symbol = length_symbol(length);
        (symbol.code, symbol.extra_bits, symbol.extra)
    };
    assert_eq!(symbols(3), (257, 0, 0));
    assert_eq!(symbols(10), (264, 0, 0));
    assert_eq!(symbols(11), (265, 1, 0));
    assert_eq!(symbols(34), (272, 2, 3));
    assert_eq!(symbols(257), (284, 5, 30));
    assert_eq!(symbols(258), (285, 0, 0));
    let distances = |distance| {
        let symbol = distance_symbol(distance);
        (symbol.code, symbol.extra_bits, symbol.extra)
    };
    assert_eq!(distances(1), (0, 0, 0));
    assert_eq!(distances(4), (3, 0, 0));
    assert_eq!(distances(5), (4, 1, 0));
    assert_eq!(distances(32_768), (29, 13, 8191));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_come_back(text in vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(inflate(&compress(&text)), text);
    }

    #[test]
    fn texts_of_few_letters_come_back(
        text in vec(prop::sample::select(b"aab,= \n".to_vec()), 0..5000)
    ) {
        prop_assert_eq!(inflate(&compress(&text)), text);
    }

    /// Checks Kraft's sum for codes of at most 12 bits, because decoders refuse incomplete and
    /// oversubscribed codes. The sum is multiplied by 2^12, so that it is an integer.
    #[test]
    fn codes_are_complete_and_short(
        counts in vec(prop_oneof![3 => Just(0), 2 => 1_u32..50, 1 => any::<u32>()], LITERALS)
    ) {
        let code = huffman::Code::new(&counts, huffman::LONGEST);
        let room: u32 = (0..LITERALS)
            .map(|symbol| code.get(symbol).1)
            .filter(|length| *length > 0)
            .map(|length| 0x1000 >> length)
            .sum();
        prop_assert_eq!(room, 0x1000);
    }
}
