//! Finds where the statements of an InfluxQL query begin, in the same way as the server.
//!
//! The scanner of this module is pure, and does not implement the InfluxQL grammar. The scanner
//! recognizes the first words of each statement, and quotes, comments and regular expressions, in
//! which a `;` does not end a statement.

/// The words of InfluxQL that precede an operand. After one of the words in this list, a slash
/// begins a regular expression. After a word that is not in this list, a slash is a division.
const BEFORE_OPERANDS: [&str; 10] = [
    "SELECT", "DISTINCT", "FROM", "WHERE", "AND", "OR", "BY", "ON", "IN", "WITH",
];

/// Returns whether the query has at least one statement, and `is_such` accepts the first two words
/// of every statement.
pub(crate) fn all(text: &str, is_such: impl Fn(&str, &str) -> bool) -> bool {
    let mut statements = first_words(text).peekable();
    statements.peek().is_some() && statements.all(|[first, second]| is_such(first, second))
}

/// Returns the first two words of each statement.
pub(crate) fn first_words(text: &str) -> impl Iterator<Item = [&str; 2]> {
    Statements(Tokens {
        rest: text,
        operand_next: true,
    })
}

/// Iterates over the first two words of each statement, and skips empty statements. If a statement
/// has fewer than two words, the missing words are empty strings.
struct Statements<'a>(Tokens<'a>);

impl<'a> Iterator for Statements<'a> {
    type Item = [&'a str; 2];

    fn next(&mut self) -> Option<Self::Item> {
        let mut words = [""; 2];
        let mut count = 0;
        loop {
            match (self.0.next(), count) {
                (None, 0) => return None,
                (Some(Token::End), 0) => continue,
                (None | Some(Token::End), _) => return Some(words),
                (Some(Token::Word(word)), 0 | 1) => words[count] = word,
                (Some(Token::Word(_) | Token::Other), _) => {}
            }
            count += 1;
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    /// A word: a name, a keyword or a number.
    Word(&'a str),
    /// A quoted string, a regular expression, or a symbol.
    Other,
    /// The `;` at the end of a statement.
    End,
}

/// Iterates over the tokens of a query, and skips whitespace and comments.
struct Tokens<'a> {
    rest: &'a str,
    operand_next: bool,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks_and_comments();
        let first = self.rest.chars().next()?;
        Some(match first {
            ';' => {
                self.take(1);
                self.operand_next = true;
                Token::End
            }
            '\'' | '"' => self.quoted(first),
            '/' if self.operand_next => self.quoted('/'),
            _ if is_of_word(first) => {
                let is_number = first.is_ascii_digit();
                let goes_on = |one: char| is_of_word(one) || (is_number && one == '.');
                let end = self.rest.find(|one| !goes_on(one));
                let word = self.take(end.unwrap_or(self.rest.len()));
                let mut known = BEFORE_OPERANDS.iter();
                self.operand_next = known.any(|known| word.eq_ignore_ascii_case(known));
                Token::Word(word)
            }
            _ => {
                self.take(first.len_utf8());
                self.operand_next = first != ')';
                Token::Other
            }
        })
    }
}

impl<'a> Tokens<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let end = if self.rest.starts_with("--") {
                self.rest.find('\n')
            } else if self.rest.starts_with("/*") {
                self.rest.find("*/").map(|at| at + "*/".len())
            } else {
                return;
            };
            // A comment that is not closed continues to the end of the query.
            self.take(end.unwrap_or(self.rest.len()));
        }
    }

    /// Skips a quoted string or a regular expression up to the closing character `sign`. A quote or
    /// slash after a backslash does not close the skipped part.
    fn quoted(&mut self, sign: char) -> Token<'a> {
        let mut escaped = true;
        let end = self.rest.char_indices().find(|&(at, one)| {
            let ends = at > 0 && !escaped && one == sign;
            escaped = one == '\\' && !escaped;
            ends
        });
        self.take(end.map_or(self.rest.len(), |(at, _)| at + sign.len_utf8()));
        self.operand_next = false;
        Token::Other
    }
}

fn is_of_word(one: char) -> bool {
    one == '_' || one.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_deletes(text: &str) -> bool {
        all(text, |first, _| first.eq_ignore_ascii_case("delete"))
    }

    #[test]
    fn a_semicolon_in_quotes_comments_and_patterns_ends_no_statement() {
        for text in [
            "DELETE FROM a",
            ";; delete from a ;\n DELETE\tFROM b;",
            r#"DELETE FROM "a;SELECT\";b""#,
            r"DELETE WHERE t = 'a;\';SELECT'",
            "-- a; b\nDELETE /* ; SELECT */ FROM a -- ; SELECT",
            r"DELETE FROM /a;\/;b/",
            "DELETE FROM a WHERE t =~ /;/ AND time < now() - 1h; DELETE FROM b",
            "DELETE FROM a WHERE 温度 = 'ä;'",
        ] {
            assert!(are_deletes(text), "{text}");
        }
    }

    #[test]
    fn one_statement_of_another_kind_is_enough() {
        for text in [
            "",
            " ; ",
            "-- DELETE FROM a",
            "SELECT 1",
            "DELETE FROM a; SELECT * FROM a",
            "DELETE FROM a WHERE time < 4 / 2; SELECT * FROM a WHERE b < 6 / 3",
            "DELETE FROM a WHERE time < now() / 2; SELECT b / c FROM a",
            "DELETE FROM a WHERE time < 2. / 2; SELECT 1. / c FROM a",
            "'DELETE'; DELETE FROM a",
            "(DELETE FROM a)",
            "DELETED FROM a",
        ] {
            assert!(!are_deletes(text), "{text}");
        }
    }

    #[test]
    fn the_first_two_words_of_a_statement_are_told() {
        let drops = |text| {
            all(text, |first, second| {
                first == "DROP" && second == "MEASUREMENT"
            })
        };
        assert!(drops("DROP/**/MEASUREMENT a;DROP MEASUREMENT\nb"));
        assert!(!drops("DROP SERIES FROM a"));
        assert!(!drops("DROP"));
        assert!(!drops("DROP \"MEASUREMENT\""));
    }
}
