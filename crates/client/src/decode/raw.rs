//! Checks of a raw JSON answer, which goes to the user as the server sent it.
//!
//! The decoders of this module are not asked: the answer is one document, asked for unchunked,
//! and what matters is whether it may be called a success. Rows are skipped, nothing is copied
//! but the texts of errors.

use serde::Deserialize;

/// What a raw answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Whole, and no statement failed.
    Whole,
    /// The answer is the server's error: `{"error": ...}`.
    Error(String),
    /// These statements failed, by their index in the query; what others gave is whole or cut.
    StatementErrors(Vec<(u32, String)>),
    /// The server's row limit (`max-row-limit`) cut the rows of this statement.
    Partial {
        /// Index of the statement in the query.
        statement: u32,
    },
    /// The body ends early; the text says where.
    Truncated(String),
    /// The body is no answer of InfluxDB, or something follows it; the text says where.
    Malformed(String),
}

#[derive(Deserialize)]
struct Document {
    results: Option<Vec<Outcome>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    statement_id: Option<u32>,
    series: Option<Vec<Series>>,
    #[serde(default)]
    partial: bool,
    error: Option<String>,
}

/// A series without its rows: serde skips keys that are not named, without building them.
#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    partial: bool,
}

/// Checks a whole body.
///
/// The row limit of a server may also fall between two series or two statements, and then the
/// rest is missing without any sign: only the number of statements, which is known to who wrote
/// the query, could tell.
pub fn check(body: &[u8]) -> Verdict {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let document = match Document::deserialize(&mut reader) {
        Ok(document) => document,
        Err(error) if error.is_eof() => return Verdict::Truncated(error.to_string()),
        Err(error) => return Verdict::Malformed(error.to_string()),
    };
    if let Err(error) = reader.end() {
        return Verdict::Malformed(error.to_string());
    }
    if let Some(error) = document.error {
        return Verdict::Error(error);
    }
    let Some(results) = document.results else {
        return without_results(body);
    };
    let errors = statement_errors(&results);
    if !errors.is_empty() {
        return Verdict::StatementErrors(errors);
    }
    partial_statement(&results).map_or(Verdict::Whole, |statement| Verdict::Partial { statement })
}

/// Go leaves `results` out when there are none; any other document is not InfluxDB's.
fn without_results(body: &[u8]) -> Verdict {
    let mut bytes = body.iter().filter(|byte| !byte.is_ascii_whitespace());
    if bytes.next() == Some(&b'{') && bytes.next() == Some(&b'}') {
        return Verdict::Whole;
    }
    Verdict::Malformed("expected `results` or `error` in the document".to_owned())
}

fn statement_errors(results: &[Outcome]) -> Vec<(u32, String)> {
    numbered(results)
        .filter_map(|(statement, result)| Some((statement, result.error.clone()?)))
        .collect()
}

fn partial_statement(results: &[Outcome]) -> Option<u32> {
    let is_cut = |result: &Outcome| {
        let mut series = result.series.iter().flatten();
        result.partial || series.any(|series| series.partial)
    };
    numbered(results)
        .find(|(_, result)| is_cut(result))
        .map(|(statement, _)| statement)
}

/// Results with their statement, which is their position where the server does not say.
fn numbered(results: &[Outcome]) -> impl Iterator<Item = (u32, &Outcome)> {
    (0..)
        .zip(results)
        .map(|(position, result)| (result.statement_id.unwrap_or(position), result))
}
