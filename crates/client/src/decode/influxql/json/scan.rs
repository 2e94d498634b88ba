//! Finds the end of a JSON value that arrives in several pieces.

/// The state of the search for the end of a value. Each byte is examined only once, no matter how
/// many pieces the value arrives in. The search handles only brackets and quotes; the rest of the
/// JSON grammar is checked afterwards.
///
/// A byte that JSON does not allow in its position also ends the search, so that the grammar check
/// finds this byte. Otherwise everything after a misplaced quote would count as part of a string,
/// and an invalid answer would look incomplete.
#[derive(Debug, Default)]
pub(super) struct Scan {
    at: usize,
    depth: u64,
    in_text: bool,
    escaped: bool,
    /// The last byte outside of strings that is not whitespace, or 0 at the start of a value.
    last: u8,
}

impl Scan {
    /// Returns whether the start of a value has been examined but its end has not been found.
    pub(super) fn is_active(&self) -> bool {
        self.at > 0
    }

    /// Returns the length of the value at the start of `input`, or `None` if the end of the value
    /// has not arrived. After `None`, the next call must pass the same value with more bytes.
    pub(super) fn end(&mut self, input: &[u8]) -> Option<usize> {
        let end = self.find(input)?;
        *self = Self::default();
        Some(end)
    }

    fn find(&mut self, input: &[u8]) -> Option<usize> {
        while let Some(byte) = input.get(self.at) {
            let here = self.at;
            self.at += 1;
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        self.last = b'"';
                        if self.depth == 0 {
                            return Some(here + 1);
                        }
                    }
                    0..0x20 => return Some(here + 1),
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' if matches!(self.last, 0 | b'[' | b'{' | b',' | b':') => self.in_text = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth == 0 => return Some(here),
                b']' | b'}' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(here + 1);
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => {
                    return Some(here);
                }
                // These bytes are separators, or occur in numbers, `null`, `true` and `false`.
                b','
                | b':'
                | b'0'..=b'9'
                | b'-'
                | b'+'
                | b'.'
                | b'E'
                | b'a'
                | b'e'
                | b'f'
                | b'l'
                | b'n'
                | b'r'
                | b's'
                | b't'
                | b'u' => {}
                b' ' | b'\t' | b'\n' | b'\r' => continue,
                _ => return Some(here + 1),
            }
            self.last = *byte;
        }
        None
    }
}
