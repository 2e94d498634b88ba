//! Parses a predicate: terms `key = "value"` and `key != "value"`, joined by AND, with parentheses.

use super::Predicate;
use crate::error::{Error, excerpt};

impl Predicate {
    /// Parses a predicate, such as `_measurement = "cpu" AND host != "a b"`.
    ///
    /// A key is a word or is in double quotes. A value is in double quotes, or is a word or a
    /// number. In quotes, `\"`, `\\` and `\n` are escapes.
    ///
    /// # Errors
    ///
    /// Fails if the text is not such a predicate. The error contains the position, counted in
    /// characters from 1.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
            made: Self::new(),
        };
        parser.conjunction()?;
        match parser.peek() {
            Token::End => {}
            Token::Close => return Err(parser.fail("there is no `(` for this `)`")),
            _ => return Err(parser.expected("AND")),
        }
        let made = parser.made;
        made.to_delete()?;
        Ok(made)
    }
}

/// The maximum number of parentheses inside each other.
const MOST_PARENTHESES: usize = 100;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word or a number without quotes.
    Word(String),
    /// A text in double quotes.
    Quoted(String),
    Equal,
    NotEqual,
    Open,
    Close,
    /// An operator that the server does not support.
    Other(String),
    End,
}

struct Parser {
    /// The tokens, each with its position.
    tokens: Vec<(Token, usize)>,
    at: usize,
    /// The number of parentheses that are open.
    depth: usize,
    made: Predicate,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    fn conjunction(&mut self) -> Result<(), Error> {
        loop {
            self.term()?;
            match self.peek() {
                Token::Word(word) if word.eq_ignore_ascii_case("and") => self.at += 1,
                Token::Word(word) if word.eq_ignore_ascii_case("or") => {
                    return Err(self.fail("OR is not supported; hint: delete in several calls"));
                }
                _ => return Ok(()),
            }
        }
    }

    fn term(&mut self) -> Result<(), Error> {
        if *self.peek() == Token::Open {
            self.depth += 1;
            if self.depth > MOST_PARENTHESES {
                return Err(self.fail("too many parentheses are open"));
            }
            self.at += 1;
            self.conjunction()?;
            self.depth -= 1;
            if *self.peek() != Token::Close {
                return Err(self.expected("`)`"));
            }
            self.at += 1;
            return Ok(());
        }
        let key = match self.peek() {
            Token::Quoted(key) => key.clone(),
            Token::Word(key) if is_name(key) => key.clone(),
            _ => return Err(self.expected("the name of a tag")),
        };
        self.at += 1;
        let is_equal = match self.peek() {
            Token::Equal => true,
            Token::NotEqual => false,
            _ => return Err(self.expected("`=` or `!=`")),
        };
        self.at += 1;
        let value = match self.peek() {
            Token::Quoted(value) => value.clone(),
            Token::Word(value) if !is_keyword(value) => value.clone(),
            _ => return Err(self.expected("a value in double quotes")),
        };
        self.take();
        let made = std::mem::take(&mut self.made);
        self.made = made.with(key, is_equal, value);
        Ok(())
    }

    fn expected(&self, what: &str) -> Error {
        let got = match self.peek() {
            Token::Word(text) | Token::Other(text) => format!("`{}`", excerpt(text)),
            Token::Quoted(text) => format!("`\"{}\"`", excerpt(text)),
            Token::Equal => "`=`".to_owned(),
            Token::NotEqual => "`!=`".to_owned(),
            Token::Open => "`(`".to_owned(),
            Token::Close => "`)`".to_owned(),
            Token::End => "the end".to_owned(),
        };
        let hint = match self.peek() {
            Token::Other(text) if text == "'" => "; hint: values are in double quotes",
            Token::Other(text) if text.ends_with('~') => {
                "; hint: the server cannot delete by regular expressions"
            }
            _ => "",
        };
        self.fail(&format!("expected {what}, got {got}{hint}"))
    }

    fn fail(&self, why: &str) -> Error {
        fail(self.tokens[self.at].1, why)
    }
}

fn fail(position: usize, why: &str) -> Error {
    Error::config(format!("predicate: position {position}: {why}"))
}

/// Whether a word without quotes can be the name of a tag.
fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    let begins = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    begins && !word.contains(['.', '-']) && !is_keyword(word)
}

fn is_keyword(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Error> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let position = at + 1;
        let token = match chars[at] {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => one(&mut at, Token::Open),
            ')' => one(&mut at, Token::Close),
            '"' => quoted(&chars, &mut at)?,
            c if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') => word(&chars, &mut at),
            _ => operator(&chars, &mut at),
        };
        tokens.push((token, position));
    }
    tokens.push((Token::End, chars.len() + 1));
    Ok(tokens)
}

fn one(at: &mut usize, token: Token) -> Token {
    *at += 1;
    token
}

fn word(chars: &[char], at: &mut usize) -> Token {
    let rest = chars[*at..].iter();
    let word: String = rest
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .collect();
    *at += word.chars().count();
    Token::Word(word)
}

fn operator(chars: &[char], at: &mut usize) -> Token {
    let rest = chars[*at..].iter();
    let text: String = match chars[*at] {
        '=' | '!' | '<' | '>' | '~' => rest
            .take_while(|c| matches!(c, '=' | '!' | '<' | '>' | '~'))
            .collect(),
        other => other.into(),
    };
    *at += text.chars().count();
    match text.as_str() {
        "=" => Token::Equal,
        "!=" => Token::NotEqual,
        _ => Token::Other(text),
    }
}

fn quoted(chars: &[char], at: &mut usize) -> Result<Token, Error> {
    let start = *at + 1;
    let mut text = String::new();
    *at += 1;
    loop {
        match (chars.get(*at), chars.get(*at + 1)) {
            (None, _) => return Err(fail(start, "the closing `\"` is missing")),
            (Some('"'), _) => break,
            (Some('\\'), Some(c @ ('"' | '\\'))) => {
                text.push(*c);
                *at += 1;
            }
            (Some('\\'), Some('n')) => {
                text.push('\n');
                *at += 1;
            }
            (Some('\\'), _) => {
                let why = "expected `\\\"`, `\\\\` or `\\n` after a backslash";
                return Err(fail(*at + 1, why));
            }
            (Some('\n'), _) => return Err(fail(*at + 1, "write a line feed as `\\n`")),
            (Some(c), _) => text.push(*c),
        }
        *at += 1;
    }
    *at += 1;
    Ok(Token::Quoted(text))
}
