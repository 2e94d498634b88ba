//! Collects warnings for the user and raises them at the end of a call. Each kind of change causes
//! at most one warning.

use aioinflux::line::RemovedNewlines;
use aioinflux::{Batch, Colliding};
use pyo3::prelude::*;

use crate::place::{Place, shorten};

#[derive(Default)]
pub(crate) struct Warnings {
    /// The number of values that were converted to strings, and the place of the first such value.
    converted: u64,
    first_converted: Option<String>,
    /// The newlines that were removed by encoders other than the sink's own encoder.
    removed: RemovedNewlines,
    /// The points without a time that belong to the same series and are sent in the same request.
    colliding: Colliding,
}

impl Warnings {
    /// Records that a value was converted to a string.
    pub(crate) fn note_converted(&mut self, place: Place<'_>) {
        self.converted += 1;
        self.first_converted
            .get_or_insert_with(|| place.to_string());
    }

    /// Records the newlines that an encoder other than the sink's own encoder has removed.
    pub(crate) fn note_removed(&mut self, removed: &RemovedNewlines) {
        if self.removed.count == 0 {
            self.removed.first.clone_from(&removed.first);
        }
        self.removed.count += removed.count;
    }

    /// Records the points of a request that belong to the same series and would get the same time
    /// from the server.
    #[inline]
    pub(crate) fn note_undated(&mut self, py: Python<'_>, batch: &Batch) {
        if batch.unstamped() <= 1 {
            return;
        }
        if let Some(found) = py.detach(|| Colliding::of(batch)) {
            if self.colliding.points == 0 {
                self.colliding.first = found.first;
            }
            self.colliding.points += found.points;
        }
    }

    /// Raises the warnings that were collected during the call. `here` describes the newlines that
    /// the sink's own encoder has removed.
    pub(super) fn show(&self, py: Python<'_>, here: Option<&RemovedNewlines>) -> PyResult<()> {
        if let Some(first) = &self.first_converted {
            let count = self.converted;
            warn(
                py,
                &format!("Non-string-like data passed, converted to str: {first} ({count} in all)"),
            )?;
        }
        let elsewhere = Some(&self.removed).filter(|removed| removed.count > 0);
        if let Some(first) = here.or(elsewhere) {
            let count = self.removed.count + here.map_or(0, |removed| removed.count);
            let text = format!(
                "newlines removed, because names and tags cannot contain them: {} ({count} in all)",
                first.first
            );
            warn(py, &text)?;
        }
        let Colliding { points, first, .. } = &self.colliding;
        if *points > 0 {
            let text = format!(
                "{points} points without a time belong to the same series as others, the first \
                 one to `{}`: the server gives all points of a request the same time and keeps \
                 only one of each series; give them times, or pass `stamp=True`",
                shorten(&first.replace('\0', "\\0"))
            );
            warn(py, &text)?;
        }
        Ok(())
    }
}

/// Raises a Python warning that refers to the user's line of code.
fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let warn = py.import("aioinflux._warnings")?.getattr("warn")?;
    warn.call1((text,)).map(drop)
}
