//! Parses a request body in the same way as the server of 1.x and 2.x. This module is a
//! step-by-step copy of the server's parser (`models/points.go`) with its quirks, so that the rules
//! can be tested without a server.
//!
//! The most important quirk of the server's parser is that four scanners read the same bytes. These
//! scanners disagree on which characters a backslash escapes. The functions of this module have the
//! names of the corresponding Go functions.

pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A stored point. Field values are stored as they were encoded, except that strings have no quotes
/// and no escapes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) measurement: Vec<u8>,
    pub(crate) tags: Pairs,
    pub(crate) fields: Pairs,
    pub(crate) timestamp: Vec<u8>,
}

/// Parses a body. Returns a point or an error for each line that is neither empty nor a comment.
pub(crate) fn parse_points(body: &[u8]) -> Vec<Result<Stored, &'static str>> {
    let (mut points, mut at) = (Vec::new(), 0);
    while at < body.len() {
        let end = scan_line(body, at);
        let line = &body[at..end];
        at = end + 1;
        let line = &line[skip_whitespace(line, 0)..];
        if !line.is_empty() && line[0] != b'#' {
            points.push(parse_point(line));
        }
    }
    points
}

fn scan_line(buf: &[u8], mut i: usize) -> usize {
    let (mut quoted, mut fields, mut equals, mut commas) = (false, false, 0, 0);
    while i < buf.len() {
        if buf[i] == b'\\' && i + 2 < buf.len() {
            i += 2;
            continue;
        }
        fields |= buf[i] == b' ';
        match buf[i] {
            b'=' if fields && !quoted => equals += 1,
            b',' if fields && !quoted => commas += 1,
            b'"' if fields && equals > commas => quoted = !quoted,
            b'\n' if !quoted => break,
            _ => {}
        }
        i += 1;
    }
    i
}

fn skip_whitespace(buf: &[u8], mut i: usize) -> usize {
    while i < buf.len() && matches!(buf[i], b' ' | b'\t' | 0) {
        i += 1;
    }
    i
}

fn parse_point(buf: &[u8]) -> Result<Stored, &'static str> {
    let key_end = scan_key(buf)?;
    let start = skip_whitespace(buf, key_end);
    let fields_end = scan_fields(buf, start)?;
    let fields = &buf[start..fields_end];
    if fields.is_empty() {
        return Err("missing fields");
    }
    let time = scan_time(buf, fields_end)?;
    // The function `Name` unescapes the measurement once, and the index of 1.x unescapes it again.
    let key = &buf[..key_end];
    let name = &key[..scan_to(key, 0, b',')];
    Ok(Stored {
        measurement: unescape(&unescape(name)),
        tags: walk_tags(key),
        fields: walk_fields(fields)?,
        timestamp: time.to_vec(),
    })
}

fn scan_key(buf: &[u8]) -> Result<usize, &'static str> {
    let escaped = |i: usize| buf[i - 1] == b'\\';
    if buf[0] == b',' {
        return Err("missing measurement");
    }
    let mut i = 1;
    while i < buf.len() && (escaped(i) || !matches!(buf[i], b',' | b' ')) {
        i += 1;
    }
    while i < buf.len() && buf[i] == b',' {
        i += 1;
        if i >= buf.len() || matches!(buf[i], b' ' | b',' | b'=') {
            return Err("missing tag key");
        }
        i += 1;
        while i < buf.len() && (escaped(i) || !matches!(buf[i], b',' | b' ' | b'=')) {
            i += 1;
        }
        if i >= buf.len() || buf[i] != b'=' {
            return Err("missing tag value");
        }
        i += 1;
        if i >= buf.len() || matches!(buf[i], b' ' | b',') {
            return Err("missing tag value");
        }
        i += 1;
        while i < buf.len() && (escaped(i) || !matches!(buf[i], b',' | b' ' | b'=')) {
            i += 1;
        }
        if i < buf.len() && buf[i] == b'=' {
            return Err("invalid tag format");
        }
    }
    if i < buf.len() {
        Ok(i)
    } else {
        Err("missing fields")
    }
}

fn scan_fields(buf: &[u8], start: usize) -> Result<usize, &'static str> {
    let (mut i, mut quoted, mut equals, mut commas) = (start, false, 0, 0);
    while i < buf.len() {
        if buf[i] == b'\\' && i + 1 < buf.len() {
            i += 2;
            continue;
        }
        if buf[i] == b'"' && equals > commas {
            quoted = !quoted;
            i += 1;
            continue;
        }
        if buf[i] == b'=' && !quoted {
            equals += 1;
            if matches!(buf[i - 1], b' ' | b',') && buf[i - 2] != b'\\' {
                return Err("missing field key");
            }
            match buf.get(i + 1) {
                None | Some(b',' | b' ') => return Err("missing field value"),
                Some(b'"') => {}
                Some(_) => {
                    // In the server, `scanNumber` and `scanBoolean` do not process escapes.
                    let value = &buf[i + 1..];
                    let end = value.iter().position(|byte| matches!(byte, b',' | b' '));
                    let value = &value[..end.unwrap_or(value.len())];
                    if !is_number(value) && !is_boolean(value) {
                        return Err("invalid number or boolean");
                    }
                    i += 1 + value.len();
                    continue;
                }
            }
        }
        commas += usize::from(buf[i] == b',' && !quoted);
        if buf[i] == b' ' && !quoted {
            break;
        }
        i += 1;
    }
    if quoted {
        return Err("unbalanced quotes");
    }
    if equals == 0 || commas != equals - 1 {
        return Err("invalid field format");
    }
    Ok(i)
}

/// Returns whether `value` is a number. Of the numbers that the server accepts, this function
/// accepts only those that the encoder writes.
fn is_number(value: &[u8]) -> bool {
    let text = std::str::from_utf8(value).unwrap_or("");
    let digits = text.strip_suffix(['i', 'u']).unwrap_or(text);
    value[0] != b'+' && digits.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_boolean(value: &[u8]) -> bool {
    matches!(value, b"true" | b"false")
}

fn scan_time(buf: &[u8], i: usize) -> Result<&[u8], &'static str> {
    let start = skip_whitespace(buf, i);
    let mut i = start;
    while i < buf.len() && !matches!(buf[i], b'\n' | b' ') {
        if !(buf[i].is_ascii_digit() || (i == start && buf[i] == b'-')) {
            return Err("bad timestamp");
        }
        i += 1;
    }
    let junk = buf[i..].iter().any(|byte| *byte != b' ');
    if i > start && junk {
        Err("point is invalid")
    } else {
        Ok(&buf[start..i])
    }
}

fn scan_to(buf: &[u8], mut i: usize, stop: u8) -> usize {
    while i < buf.len() && (buf[i] != stop || (i > 0 && buf[i - 1] == b'\\')) {
        i += 1;
    }
    i
}

fn walk_tags(key: &[u8]) -> Pairs {
    let mut tags = Vec::new();
    let mut i = scan_to(key, 0, b',') + 1;
    while i < key.len() {
        let equals = scan_to(key, i, b'=');
        let end = scan_to(key, equals + 1, b',');
        tags.push((
            unescape_tag(&key[i..equals]),
            unescape_tag(&key[equals + 1..end]),
        ));
        i = end + 1;
    }
    tags
}

fn walk_fields(buf: &[u8]) -> Result<Pairs, &'static str> {
    let mut fields = Vec::new();
    let mut i = 0;
    while i < buf.len() {
        let equals = scan_to(buf, i, b'=');
        if equals + 2 > buf.len() {
            return Err("invalid value");
        }
        let end = scan_field_value(buf, equals + 1);
        let value = &buf[equals + 1..end];
        let value = match value {
            [b'"', text @ .., b'"'] => unescape_string(text),
            _ => value.to_vec(),
        };
        fields.push((unescape(&buf[i..equals]), value));
        i = end + 1;
    }
    Ok(fields)
}

fn scan_field_value(buf: &[u8], mut i: usize) -> usize {
    let mut quoted = false;
    while i < buf.len() {
        match buf[i] {
            b'\\' if matches!(buf.get(i + 1), Some(b'"' | b'\\')) => i += 1,
            b'"' => quoted = !quoted,
            b',' if !quoted => break,
            _ => {}
        }
        i += 1;
    }
    i
}

/// Removes the backslash before every character that is in `special`.
fn without_escapes(text: &[u8], special: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < text.len() {
        if text[i] == b'\\' && text.get(i + 1).is_some_and(|byte| special.contains(byte)) {
            i += 1;
        }
        out.push(text[i]);
        i += 1;
    }
    out
}

fn unescape(text: &[u8]) -> Vec<u8> {
    without_escapes(text, b",\" =")
}

fn unescape_tag(text: &[u8]) -> Vec<u8> {
    without_escapes(text, b", =")
}

fn unescape_string(text: &[u8]) -> Vec<u8> {
    without_escapes(text, b"\\\"")
}
