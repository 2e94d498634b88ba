//! Compresses line protocol to gzip, several times as fast as a general compressor.
//!
//! Lines share text mainly at the starts of their parts (`,host=`, ` value=`). The rest is mostly
//! digits, which differ from line to line. Therefore the compressor searches for repetitions only
//! at the starts of parts, and encodes everything else as literals. The Huffman codes of a block
//! are made from the first bytes of the block, so that the block can be written in one pass. If the
//! rest of the block turns out to differ from its start, the block is written again with other
//! codes. The result is valid gzip for any text, but text without commas and spaces is compressed
//! badly.

mod bits;
mod huffman;
mod matches;
mod symbols;

use std::ops::Range;

use self::bits::Bits;
use self::huffman::Code;
use self::matches::{Matcher, Sink};
use self::symbols::{distance_symbol, length_symbol};

/// The maximum number of bytes of text in a block. Each block has its own Huffman codes.
const BLOCK: usize = 1 << 20;

/// The number of bytes at the start of a block from which the codes of the block are made. With
/// twice this number, compressing a DataFrame takes 2 % longer, and its compressed lines become at
/// most 0.5 % smaller.
const SAMPLE: usize = 32 << 10;

/// The number of symbols for literals, for the end of a block, and for lengths. The alphabet of the
/// format has two more symbols, which are never used.
const LITERALS: usize = 286;
const END: usize = 256;
const DISTANCES: usize = 30;

/// Compresses `text` to gzip with a single member.
pub(crate) fn compress(text: &[u8]) -> Vec<u8> {
    // The header contains the gzip ID, the method deflate, no flags, no time, the fastest
    // compression level and an unknown operating system.
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
    let mut out = Bits::new(HEADER.to_vec(), text.len() / 3);
    let mut matcher = Matcher::new(text);
    let mut start = 0;
    loop {
        let end = text.len().min(start + BLOCK);
        block(&mut matcher, start..end, end == text.len(), &mut out);
        if end == text.len() {
            break;
        }
        start = end;
    }
    let mut out = out.finish();
    out.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
    // The gzip format requires the size of the text modulo 2^32.
    #[expect(clippy::cast_possible_truncation, reason = "that is the modulo")]
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out
}

fn block(matcher: &mut Matcher<'_>, range: Range<usize>, last: bool, out: &mut Bits) {
    let sample = range.start..range.end.min(range.start + SAMPLE);
    let (before, start) = (matcher.clone(), out.place());
    if !write(matcher, &sample, &range, last, out) {
        // The start of the block was not representative, so the codes are now made from the whole
        // block.
        *matcher = before;
        out.back_to(&start);
        write(matcher, &range, &range, last, out);
    }
}

/// Writes the block `range` with codes that are made from the bytes in `sample`. Returns whether
/// the block is similar to the sample. A block counts as similar if it takes at most one and a half
/// times as many bits as the sample predicts.
fn write(
    matcher: &mut Matcher<'_>,
    sample: &Range<usize>,
    range: &Range<usize>,
    last: bool,
    out: &mut Bits,
) -> bool {
    let mut counts = Counts::default();
    matcher.clone().run(sample.clone(), &mut counts);
    counts.literals[END] += 1;
    let is_whole = sample == range;
    if !is_whole {
        // Every symbol gets a code, because symbols that do not occur in the sample may occur in
        // the rest of the block.
        counts.literals.iter_mut().for_each(|count| *count += 1);
        counts.distances.iter_mut().for_each(|count| *count += 1);
    }
    let literals = Code::new(&counts.literals, huffman::LONGEST);
    let distances = Code::new(&counts.distances, huffman::LONGEST);
    let expected = literals.bits_of(&counts.literals) + distances.bits_of(&counts.distances);
    let start = out.len();
    out.push(u64::from(last), 1);
    // These two bits mark a block that has its own Huffman codes.
    out.push(0b10, 2);
    huffman::write_header(&literals, &distances, out);
    let mut writer = Writer::new(&literals, distances, out);
    matcher.run(range.clone(), &mut writer);
    let (code, length) = literals.get(END);
    out.push(code, length);
    let bits = 8 * (out.len() - start) as u64;
    is_whole || 2 * bits * sample.len() as u64 <= 3 * expected * range.len() as u64
}

/// The number of times that each symbol occurs.
struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
        }
    }
}

impl Sink for Counts {
    fn literals(&mut self, text: &[u8]) {
        for &byte in text {
            self.literals[usize::from(byte)] += 1;
        }
    }

    fn repeat(&mut self, length: usize, distance: usize) {
        self.literals[length_symbol(length).code] += 1;
        self.distances[distance_symbol(distance).code] += 1;
    }
}

struct Writer<'o> {
    /// The codes of the byte values.
    bytes: [(u16, u8); 256],
    /// The codes of repetition lengths, together with their extra bits. The index is the length.
    lengths: [(u32, u8); matches::LONGEST + 1],
    distances: Code,
    out: &'o mut Bits,
}

impl<'o> Writer<'o> {
    fn new(literals: &Code, distances: Code, out: &'o mut Bits) -> Self {
        let mut lengths = [(0, 0); matches::LONGEST + 1];
        for (length, entry) in lengths.iter_mut().enumerate().skip(3) {
            *entry = literals.with_extra(&length_symbol(length));
        }
        Self {
            bytes: literals.first(),
            lengths,
            distances,
            out,
        }
    }

    #[inline]
    fn byte(&self, byte: u8) -> (u64, u32) {
        let (code, length) = self.bytes[usize::from(byte)];
        (u64::from(code), u32::from(length))
    }
}

impl Sink for Writer<'_> {
    #[inline]
    fn literals(&mut self, text: &[u8]) {
        self.out.reserve(text.len() * 2 + 16);
        let mut fours = text.chunks_exact(4);
        for four in &mut fours {
            // Four codes of at most 12 bits are combined in two pairs. The two pairs do not depend
            // on each other, so the processor can combine them in parallel.
            let code = |at: usize| self.byte(four[at]);
            let (first, second) = (joined(code(0), code(1)), joined(code(2), code(3)));
            let (bits, width) = joined(first, second);
            self.out.push(bits, width);
        }
        for &byte in fours.remainder() {
            let (code, length) = self.byte(byte);
            self.out.push(code, length);
        }
    }

    #[inline]
    fn repeat(&mut self, length: usize, distance: usize) {
        self.out.reserve(16);
        let (bits, width) = self.lengths[length];
        let (more, more_width) = self.distances.with_extra(&distance_symbol(distance));
        let length = (u64::from(bits), u32::from(width));
        let (bits, width) = joined(length, (u64::from(more), u32::from(more_width)));
        self.out.push(bits, width);
    }
}

/// Joins two groups of bits, where the first group becomes the lower bits.
#[inline]
fn joined((first, width): (u64, u32), (second, more): (u64, u32)) -> (u64, u32) {
    (first | second << width, width + more)
}

#[cfg(test)]
mod tests;
