//! Fuzzes the decoder and the line splitter with arbitrary bytes: neither panics, and everything
//! that can be decoded can be encoded and decoded again.
#![no_main]

use aioinflux_line::{Decoder, Dialect, Encoder, Rule, line_ends};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    for dialect in [Dialect::V1, Dialect::V2, Dialect::V3] {
        read_and_write(dialect, text);
        split(dialect, text);
    }
});

fn read_and_write(dialect: Dialect, text: &[u8]) {
    let mut encoder = Encoder::new(dialect);
    for line in Decoder::new(dialect, text).flatten() {
        encoder.clear();
        match encoder.push(&line) {
            Ok(_) => {
                let mut again = Decoder::new(dialect, encoder.batch().bytes());
                let read = again
                    .next()
                    .expect("one line")
                    .expect("a line that was written");
                assert!(again.next().is_none());
                assert_eq!(read.measurement(), line.measurement());
                assert_eq!(read.fields(), line.fields());
                assert_eq!(read.timestamp(), line.timestamp());
                let (mut left, mut right) = (read.tags().to_vec(), line.tags().to_vec());
                left.sort();
                right.sort();
                assert_eq!(left, right);
            }
            Err(error) => assert_eq!(error.rule(), Rule::LineSplit, "{error}"),
        }
    }
}

fn split(dialect: Dialect, text: &[u8]) {
    let mut encoder = Encoder::new(dialect);
    if encoder.push_text(text).is_err() {
        assert!(encoder.batch().is_empty());
        return;
    }
    for line in encoder.batch().lines() {
        // The parser and the line splitter find the same end of the line.
        let mut alone = Encoder::new(dialect);
        alone.push_text(line).expect("a line that was accepted");
        assert_eq!(alone.batch().lines().collect::<Vec<_>>(), [line]);
    }
    // The line after the decoded line must stay a separate line.
    let bytes = [encoder.batch().bytes(), b"m f=1\n"].concat();
    let ends: Vec<usize> = line_ends(dialect, &bytes).collect();
    assert_eq!(&ends[..ends.len() - 1], encoder.batch().ends());
}
