//! Makes text from a server safe to display.

use std::fmt::Write as _;

/// The maximum number of characters of a server's text that an error shows.
const SHOWN: usize = 1000;

/// Returns a text from the server on a single line. Control characters in the text are escaped, and
/// a long text is truncated.
pub(crate) fn excerpt(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.trim_end().chars().enumerate() {
        if count == SHOWN {
            out.push_str("...");
            break;
        }
        match c {
            '\n' => out.push_str("; "),
            c if c.is_control() => write!(out, "{}", c.escape_default()).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn text_of_a_server_is_shown_in_one_line() {
        assert_eq!(excerpt("a\nb\x1b[31m\r\n"), "a; b\\u{1b}[31m");
        assert_eq!(excerpt(&"x".repeat(5000)).len(), 1003);
    }
}
