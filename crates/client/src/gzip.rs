//! Compresses request bodies, and decompresses answers piece by piece.
//!
//! Pure. Answers are decompressed in small steps, so a few bytes that expand to gigabytes cannot
//! exhaust the memory. An answer counts as ended only after the checksum of its last gzip member
//! has been verified.

use std::collections::VecDeque;
use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};

#[cfg(feature = "line-deflate")]
use crate::optional::deflate;

/// The number of compressed bytes that are decompressed in one step. These compressed bytes expand
/// to at most 4 MiB.
const STEP: usize = 4096;

/// The size from which on this crate's own gzip compressor is faster than the general one. The
/// first 200 bytes that this crate's own compressor produces are a table.
#[cfg(feature = "line-deflate")]
const LARGE: usize = 64 << 10;

/// Compresses lines in the same way as the client compresses the body of a write. The result is
/// ordinary gzip data, and the compression is optimized for speed.
///
/// # Errors
/// No error can occur, because the output is in memory.
pub fn compress(body: &[u8]) -> io::Result<Vec<u8>> {
    #[cfg(feature = "line-deflate")]
    if body.len() >= LARGE {
        return Ok(deflate::compress(body));
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Decompresses an answer that arrives in pieces.
pub(crate) struct Inflater {
    decoder: MultiGzDecoder<Vec<u8>>,
    waiting: VecDeque<Bytes>,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Vec::new()),
            waiting: VecDeque::new(),
        }
    }

    /// Takes a piece of the compressed answer; `next` returns its decompressed bytes.
    pub(crate) fn feed(&mut self, piece: Bytes) {
        self.waiting.push_back(piece);
    }

    /// Returns the next decompressed bytes, or `None` if more input is needed.
    pub(crate) fn next(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(piece) = self.waiting.front_mut() {
            let step = piece.split_to(piece.len().min(STEP));
            if piece.is_empty() {
                self.waiting.pop_front();
            }
            self.decoder.write_all(&step)?;
            if let Some(out) = self.take() {
                return Ok(Some(out));
            }
        }
        Ok(None)
    }

    /// Returns the last decompressed bytes, if any. Fails if the gzip trailer does not confirm that
    /// the answer is complete.
    pub(crate) fn finish(&mut self) -> io::Result<Option<Bytes>> {
        self.decoder.try_finish()?;
        Ok(self.take())
    }

    fn take(&mut self) -> Option<Bytes> {
        let out = std::mem::take(self.decoder.get_mut());
        (!out.is_empty()).then(|| out.into())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn inflate(pieces: &[&[u8]]) -> io::Result<Vec<u8>> {
        let mut inflater = Inflater::new();
        let mut out = Vec::new();
        for piece in pieces {
            inflater.feed(Bytes::copy_from_slice(piece));
            while let Some(bytes) = inflater.next()? {
                out.extend_from_slice(&bytes);
            }
        }
        if let Some(bytes) = inflater.finish()? {
            out.extend_from_slice(&bytes);
        }
        Ok(out)
    }

    #[test]
    fn an_answer_of_several_members_cut_anywhere_comes_back() {
        let mut packed = compress(b"first ").unwrap();
        packed.extend(compress(&b"second ".repeat(50)).unwrap());
        let whole = [b"first ".as_slice(), &b"second ".repeat(50)].concat();
        for cut in 0..=packed.len() {
            assert_eq!(
                inflate(&[&packed[..cut], &packed[cut..]]).unwrap(),
                whole,
                "cut {cut}"
            );
        }
        let bytes: Vec<&[u8]> = packed.chunks(1).collect();
        assert_eq!(inflate(&bytes).unwrap(), whole);
    }

    #[test]
    fn an_answer_that_ends_early_is_refused_wherever_it_ends() {
        let packed = compress(&b"some text ".repeat(50)).unwrap();
        for cut in 0..packed.len() {
            assert!(inflate(&[&packed[..cut]]).is_err(), "cut {cut}");
        }
    }

    #[test]
    fn junk_after_the_trailer_is_refused() {
        let mut packed = compress(b"text").unwrap();
        packed.extend_from_slice(b"junk");
        assert!(inflate(&[&packed]).is_err());
    }

    #[test]
    fn a_bomb_comes_out_in_steps() {
        let packed = compress(&vec![0; 8 << 20]).unwrap();
        let mut inflater = Inflater::new();
        inflater.feed(packed.into());
        let mut total = 0;
        while let Some(bytes) = inflater.next().unwrap() {
            assert!(bytes.len() <= 5 << 20);
            total += bytes.len();
        }
        total += inflater.finish().unwrap().map_or(0, |bytes| bytes.len());
        assert_eq!(total, 8 << 20);
    }
}
