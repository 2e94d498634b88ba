//! What is wrong inside a raw JSON answer.
//!
//! Pure. Reads the structure and skips the rows: a statement's error, the mark of an answer that
//! the server cut, and whatever is no JSON (1.6 appends bare text when it meets an infinity).

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{Error, ErrorKind};

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    results: Vec<Outcome>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    statement_id: Option<u32>,
    #[serde(default)]
    series: Vec<Part>,
    #[serde(default)]
    partial: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    partial: bool,
    #[serde(rename = "values")]
    _values: Option<IgnoredAny>,
}

/// Looks through an answer that was asked for whole.
pub(crate) fn check(answer: &[u8]) -> Result<(), Error> {
    let document: Document = serde_json::from_slice(answer)
        .map_err(|error| Error::new(ErrorKind::Decode, false, format!("raw answer: {error}")))?;
    if let Some(message) = document.error {
        return Err(Error::statement_failed(None, message));
    }
    for (place, outcome) in (0..).zip(document.results) {
        if let Some(message) = outcome.error {
            return Err(Error::statement_failed(
                outcome.statement_id.or(Some(place)),
                message,
            ));
        }
        if outcome.partial || outcome.series.iter().any(|part| part.partial) {
            return Err(Error::cut_short(&format!(
                "statement {place}: the server's row limit cut the answer"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(answer: &str) -> Option<ErrorKind> {
        check(answer.as_bytes()).err().map(|error| error.kind())
    }

    #[test]
    fn an_answer_without_errors_passes() {
        assert_eq!(kind(r#"{"results":[{"statement_id":0}]}"#), None);
        assert_eq!(
            kind(
                "{\"results\":[{\"series\":[{\"name\":\"a\",\"columns\":[\"time\"],\"values\":[[1]]}]}]}\n"
            ),
            None
        );
    }

    #[test]
    fn errors_of_statements_are_found() {
        let answer = r#"{"results":[{"statement_id":0},{"statement_id":1,"error":"no"}]}"#;
        let error = check(answer.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Statement);
        assert_eq!(error.statement(), Some(1));
        assert_eq!(error.server_message(), Some("no"));
        assert_eq!(error.to_string(), "statement 1: no");
        assert_eq!(kind(r#"{"error":"no"}"#), Some(ErrorKind::Statement));
    }

    #[test]
    fn an_answer_that_the_server_cut_is_an_error() {
        let series = r#"{"results":[{"series":[{"values":[[1]],"partial":true}]}]}"#;
        assert_eq!(kind(series), Some(ErrorKind::Partial));
        assert_eq!(
            kind(r#"{"results":[{"partial":true}]}"#),
            Some(ErrorKind::Partial)
        );
    }

    #[test]
    fn text_that_is_no_json_is_an_error() {
        for answer in [
            "",
            r#"{"results":[{"statement_id":0}]"#,
            "{\"results\":[{}]}\njson: error calling MarshalJSON for type",
        ] {
            assert_eq!(kind(answer), Some(ErrorKind::Decode), "{answer}");
        }
    }
}
