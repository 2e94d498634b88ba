//! Determines what became of the points of a request that failed. Pure.

use crate::error::{Error, ErrorKind};
use crate::ledger::State;

/// Returns the state of the points of a failed request, which had `lines` lines.
pub(crate) fn state_of(error: &Error, lines: u64) -> State {
    let refused = error
        .dropped()
        .unwrap_or(0)
        .max(error.rejected().len() as u64);
    match error.kind() {
        // The server removed a field from a point and stored the rest of the point.
        ErrorKind::PartialWrite if error.dropped() == Some(0) => State::PartlyStored,
        _ if refused > 0 && refused >= lines => State::Refused,
        ErrorKind::PartialWrite => State::PartlyStored,
        ErrorKind::TooLarge => State::Refused,
        // If the error message lacks `partial write`, a 400 means that nothing was stored. 2.x
        // refuses all lines of a write because of one invalid line. 1.x sends a 400 without
        // `partial write` only if all lines are invalid.
        ErrorKind::Rejected if error.status() == Some(400) => State::Refused,
        _ if !error.rejected().is_empty() => State::PartlyStored,
        ErrorKind::Config | ErrorKind::Input | ErrorKind::Connect | ErrorKind::Tls => State::Unsent,
        ErrorKind::Timeout { .. } | ErrorKind::Transport | ErrorKind::Decode => State::InDoubt,
        _ if error.status().is_some_and(|status| status >= 500) => State::InDoubt,
        _ => State::Refused,
    }
}
