//! Describes a point that a server's message identifies, or at least mentions.

use aioinflux_line::Batch;

/// A point that a server's message describes.
pub(super) struct Found {
    /// The line of the batch, if the message identifies it.
    pub(super) line: Option<usize>,
    /// The text of the line.
    pub(super) text: String,
    pub(super) reason: String,
}

/// Returns the text of a line of the batch.
pub(super) fn line_text(batch: &Batch, line: usize) -> String {
    String::from_utf8_lossy(batch.line(line)).into_owned()
}

/// Returns the server's reason without the words with which every such message begins.
pub(super) fn reason(text: &str) -> &str {
    text.split_once("partial write: ")
        .map_or(text, |(_, reason)| reason)
}
