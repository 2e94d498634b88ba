//! Decodes the backslash escapes in JSON strings.

/// Appends the decoded content of a JSON string to `out`. The escapes in the string must have been
/// checked already. Half of a surrogate pair becomes U+FFFD, as in Go.
pub(in crate::decode) fn unescape(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = text.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&text[..at]);
        let plain = match text.get(at + 1) {
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let (decoded, used) = unicode_escape(&text[at..]);
                out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                text = &text[at + used..];
                continue;
            }
            Some(other) => *other,
            None => return,
        };
        out.push(plain);
        text = &text[at + 2..];
    }
    out.extend_from_slice(text);
}

/// Decodes one `\uXXXX` escape, or two such escapes that form a surrogate pair. Returns the
/// character, and the length of its escapes in bytes.
fn unicode_escape(text: &[u8]) -> (char, usize) {
    let Some(unit) = code_unit(text) else {
        return (char::REPLACEMENT_CHARACTER, text.len().min(6));
    };
    if let 0xd800..0xdc00 = unit
        && let Some(low @ 0xdc00..0xe000) = text.get(6..).and_then(code_unit)
    {
        let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return (
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            12,
        );
    }
    (
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
        6,
    )
}

fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| {
        Some(unit << 4 | char::from(*digit).to_digit(16)?)
    })
}
