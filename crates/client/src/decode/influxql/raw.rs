//! Checks a JSON answer that is returned to the user as raw text.
//!
//! The check does not use the decoders, because all that matters is whether the answer reports
//! success. The check skips rows, and copies only error messages.

use serde::Deserialize;

/// The result of checking a raw answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The answer is complete, and no statement failed.
    Whole,
    /// The answer is an error from the server: `{"error": ...}`.
    Error(String),
    /// Some statements failed. Each of them is listed with its index in the query and its error
    /// text. The results of the statements that did not fail may be complete or truncated.
    StatementErrors(Vec<(u32, String)>),
    /// The row limit of the server (`max-row-limit`) truncated the rows of this statement.
    Partial {
        /// The index of the statement in the query.
        statement: u32,
    },
    /// The body ends too early. The message gives the position.
    Truncated(String),
    /// The body is not an answer from InfluxDB, or other data follows the answer. The message gives
    /// the position of the problem.
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

/// The part of a series that the check needs. Serde skips all other keys, including the rows, and
/// builds no values for them.
#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    partial: bool,
}

/// Checks the complete body of an answer, which is one JSON document or the documents of a chunked
/// answer.
///
/// If the answer is a single document, the server's row limit can also truncate it between two
/// series or two statements. If this happens, nothing in the document shows that the rest of the
/// answer is missing. The row limit does not apply to chunked answers.
pub fn check(body: &[u8]) -> Verdict {
    let mut documents = serde_json::Deserializer::from_slice(body).into_iter::<Document>();
    let mut errors = Vec::new();
    let mut cut = Cut::default();
    let mut position = 0;
    let mut start = 0;
    while let Some(document) = documents.next() {
        let document = match document {
            Ok(document) => document,
            Err(error) if error.is_eof() => return Verdict::Truncated(error.to_string()),
            Err(error) => return Verdict::Malformed(error.to_string()),
        };
        if let Some(error) = document.error {
            return Verdict::Error(error);
        }
        match document.results {
            Some(results) => {
                for result in &results {
                    let statement = result.statement_id.unwrap_or(position);
                    position = statement.saturating_add(1);
                    errors.extend(result.error.clone().map(|error| (statement, error)));
                    cut.result(statement, result);
                }
            }
            None if is_empty_object(&body[start..documents.byte_offset()]) => {}
            None => {
                let text = "expected `results` or `error` in the document";
                return Verdict::Malformed(text.to_owned());
            }
        }
        start = documents.byte_offset();
    }
    if start == 0 {
        return Verdict::Truncated("the body is empty".to_owned());
    }
    if !errors.is_empty() {
        return Verdict::StatementErrors(errors);
    }
    match cut.found.or(cut.open) {
        Some(statement) => Verdict::Partial { statement },
        None => Verdict::Whole,
    }
}

/// Tracks the `partial` marks, which say that a series or a statement continues.
#[derive(Default)]
struct Cut {
    /// The index of the statement that must continue in the next result.
    open: Option<u32>,
    /// The index of the first statement of which a part is missing.
    found: Option<u32>,
}

impl Cut {
    fn result(&mut self, statement: u32, result: &Outcome) {
        if let Some(open) = self.open.take()
            && open != statement
        {
            self.found.get_or_insert(open);
        }
        let series = result.series.as_deref().unwrap_or_default();
        if let [before @ .., last] = series {
            if before.iter().any(|series| series.partial) {
                self.found.get_or_insert(statement);
            }
            self.open = last.partial.then_some(statement);
        }
        if result.partial {
            self.open = Some(statement);
        }
    }
}

/// Returns whether a document is an empty object, because Go omits `results` if there are no
/// results. Any other document without `results` or `error` does not come from InfluxDB.
fn is_empty_object(text: &[u8]) -> bool {
    let mut bytes = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    bytes.next() == Some(&b'{') && bytes.next() == Some(&b'}')
}
