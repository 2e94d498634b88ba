//! Reads cells and rows of CSV as InfluxDB servers write it. Cells are separated by commas, and
//! rows end with LF or CRLF. A cell that contains a comma, a quote or a line end is enclosed in
//! quotes. Quotes inside such a cell are doubled.

use memchr::{memchr, memchr3};

use crate::decode::error::{DecodeErrorKind, Fault, Stop};

/// The maximum number of cells in a row.
const MAX_CELLS: usize = 1 << 20;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The content of a CSV cell, without the enclosing quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text<'a> {
    Plain(&'a [u8]),
    /// The content of a quoted cell, in which quotes are still doubled.
    Quoted(&'a [u8]),
}

impl<'a> Text<'a> {
    pub(super) fn raw(self) -> &'a [u8] {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text,
        }
    }

    /// Appends the content of the cell to `out`, and replaces each doubled quote with one quote.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Plain(text) => out.extend_from_slice(text),
            Self::Quoted(mut text) => {
                while let Some(at) = memchr(b'"', text) {
                    out.extend_from_slice(&text[..=at]);
                    text = text.get(at + 2..).unwrap_or_default();
                }
                out.extend_from_slice(text);
            }
        }
    }

    fn to_text(self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// Reads the cell that starts at `at`. Returns the cell, and the index after it. A comma or a line
/// end must follow the cell.
#[inline]
pub(super) fn cell(input: &[u8], at: usize) -> Result<(Text<'_>, usize), Stop> {
    let rest = input.get(at..).unwrap_or_default();
    if rest.first() == Some(&b'"') {
        return quoted(input, at);
    }
    // A CR without an LF is part of the cell.
    let Some(length) = memchr3(b',', b'\n', b'"', rest) else {
        return Err(Stop::Short);
    };
    let (text, end) = (&rest[..length], at + length);
    match rest[length] {
        b'"' => Err(Fault::unexpected(input, end, "`,` or the end of the row").into()),
        b'\n' if text.last() == Some(&b'\r') => Ok((Text::Plain(&text[..length - 1]), end - 1)),
        _ => Ok((Text::Plain(text), end)),
    }
}

/// Returns the end of the cell at `at`, if the cell is short, is not empty and has no quotes. The
/// code processes eight bytes at a time.
#[inline]
pub(super) fn plain_end(input: &[u8], at: usize) -> Option<usize> {
    let window = input.get(at..)?.first_chunk::<33>()?;
    for (index, bytes) in window.as_chunks::<8>().0.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        // The high bit of a byte is set if the byte is at most a comma, as the bytes are that can
        // end a cell. High bits after the first one may be set for other bytes, too.
        let mut small = word.wrapping_sub(LOW_BITS * (u64::from(b',') + 1)) & !word & HIGH_BITS;
        while small != 0 {
            let end = 8 * index + small.trailing_zeros() as usize / 8;
            match (window[end], window[end + 1]) {
                (b',' | b'\n', _) | (b'\r', b'\n') => return (end > 0).then_some(at + end),
                (b'"', _) => return None,
                _ => small &= small - 1,
            }
        }
    }
    None
}

fn quoted(input: &[u8], at: usize) -> Result<(Text<'_>, usize), Stop> {
    let start = at + 1;
    let mut end = start;
    loop {
        end += memchr(b'"', &input[end..]).ok_or(Stop::Short)?;
        match input.get(end + 1) {
            Some(b'"') => end += 2,
            // The byte after a quote decides whether the quote ends the cell, but this byte has not
            // arrived yet.
            None => return Err(Stop::Short),
            Some(_) => return Ok((Text::Quoted(&input[start..end]), end + 1)),
        }
    }
}

/// Returns the index after the line end that starts at `at`.
#[inline]
pub(super) fn line_end(input: &[u8], at: usize, expected: &str) -> Result<usize, Stop> {
    match (input.get(at), input.get(at + 1)) {
        (Some(b'\n'), _) => Ok(at + 1),
        (Some(b'\r'), Some(b'\n')) => Ok(at + 2),
        (None, _) | (Some(b'\r'), None) => Err(Stop::Short),
        _ => Err(Fault::unexpected(input, at, expected).into()),
    }
}

/// Reads the comma at `at` in a row of `width` cells. Returns the index after the comma.
#[inline]
pub(super) fn comma(input: &[u8], at: usize, width: usize) -> Result<usize, Stop> {
    match input.get(at) {
        Some(b',') => Ok(at + 1),
        Some(_) => Err(uneven(input, at, width)),
        None => Err(Stop::Short),
    }
}

#[cold]
fn uneven(input: &[u8], at: usize, width: usize) -> Stop {
    Fault::unexpected(input, at, &format!("`,` in a row of {width} columns")).into()
}

/// Reads all cells of the row that starts at `at`. Returns the cells, and the index after the row.
pub(super) fn record(input: &[u8], at: usize) -> Result<(Vec<String>, usize), Stop> {
    let (mut cells, mut at) = (Vec::new(), at);
    loop {
        let (text, end) = cell(input, at)?;
        cells.push(text.to_text());
        if cells.len() > MAX_CELLS {
            let text = format!("expected a row of at most {MAX_CELLS} cells");
            return Err(Fault::new(DecodeErrorKind::Oversized, text).into());
        }
        if input.get(end) != Some(&b',') {
            return Ok((cells, line_end(input, end, "`,` or the end of the row")?));
        }
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(input: &str) -> Vec<String> {
        let (cells, end) = record(input.as_bytes(), 0).expect("a row");
        assert_eq!(end, input.len());
        cells
    }

    #[test]
    fn a_row_is_split_into_its_cells() {
        assert_eq!(
            cells(",a,\"b,\"\"c\"\"\",\"\"\r\n"),
            ["", "a", "b,\"c\"", ""]
        );
        assert_eq!(cells("#default,\"a\r\nb\"\n"), ["#default", "a\r\nb"]);
        assert_eq!(cells("a\rb,\r\r\n"), ["a\rb", "\r"]);
        assert_eq!(cells("\r\n"), [""]);
    }

    #[test]
    fn the_end_of_a_short_cell_without_quotes_is_found() {
        let rest = "x".repeat(40);
        for text in ["a", "a b!#$%&'()*+", "é\u{7f}", &"y z".repeat(10), "a\rb"] {
            for end in [",", "\n", "\r\n"] {
                let input = format!("{text}{end}{rest}");
                assert_eq!(
                    plain_end(input.as_bytes(), 0),
                    Some(text.len()),
                    "{input:?}"
                );
                let Ok((cell, at)) = cell(input.as_bytes(), 0) else {
                    panic!("{input:?}");
                };
                assert_eq!((cell.raw(), at), (text.as_bytes(), text.len()), "{input:?}");
            }
        }
        for text in ["", "\"a\"", "a\"b", &"y".repeat(33)] {
            let input = format!("{text},{rest}");
            assert_eq!(plain_end(input.as_bytes(), 0), None, "{input:?}");
        }
        assert_eq!(plain_end(b"a,b", 0), None);
    }

    #[test]
    fn a_row_that_is_cut_is_short() {
        let row = ",\"a\"\"b\",c\r\n";
        for end in 0..row.len() {
            let result = record(&row.as_bytes()[..end], 0);
            assert!(matches!(result, Err(Stop::Short)), "{end}");
        }
    }

    #[test]
    fn a_quote_must_begin_and_end_a_cell() {
        for row in [",a\"b\r\n", ",\"a\"b\r\n", ",\"a\" ,b\r\n"] {
            assert!(
                matches!(record(row.as_bytes(), 0), Err(Stop::Fault(_))),
                "{row}"
            );
        }
    }
}
