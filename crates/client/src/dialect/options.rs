//! Defines the options of a write: its database and other names, the consistency, the precision, and
//! what happens if the server refuses lines.

use crate::config::{Consistency, Names, Precision, name_setters};

/// Options for a write. The options for a write take precedence over the client's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The names of the database or bucket, the retention policy and the organization.
    pub names: Names,
    /// The number of cluster nodes that must have stored the points.
    pub consistency: Option<Consistency>,
    /// The unit of the timestamps in lines that were added as encoded text. Lines that were not
    /// added as encoded text always have timestamps in nanoseconds.
    pub precision: Option<Precision>,
    /// What happens to the lines of a batch if the server refuses other lines of it.
    pub on_reject: OnReject,
}

/// What happens to the other lines of a request if the server refuses a line.
///
/// A 1.x server stores the other lines itself, so the option has no effect there. A 2.x server that
/// cannot parse one line stores none of the lines of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnReject {
    /// The write of the batch fails, and the server stores none of its lines.
    #[default]
    Error,
    /// The other lines are sent again. Then the write fails with an error that lists the refused
    /// lines ([`Error::rejected`](crate::Error::rejected)), and its
    /// [ledger](crate::Error::ledger) says that the others were written.
    ///
    /// The server's message quotes the refused lines. If it quotes none, the client halves the
    /// lines until it finds those that the server refuses. A batch causes at most 128 additional
    /// requests. If these are not enough, the lines that are left count as refused.
    Resend,
}

name_setters!(WriteOptions, ".");

impl WriteOptions {
    /// Returns options that override nothing in the client's configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many nodes of a cluster must have stored the points.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// Sets what happens to the other lines of a request if the server refuses a line.
    #[must_use]
    pub fn on_reject(mut self, on_reject: OnReject) -> Self {
        self.on_reject = on_reject;
        self
    }

    /// Sets the unit of the timestamps in lines that were added as encoded text.
    #[must_use]
    pub fn precision(mut self, unit: Precision) -> Self {
        self.precision = Some(unit);
        self
    }
}
