//! Defines the options of an encoder, which say what happens to values that a server does not
//! accept.

use crate::Dialect;

/// The options of an [`Encoder`](crate::Encoder). A [`Dialect`] can be passed instead of options,
/// and then selects the default options.
///
/// ```
/// use aioinflux_line::{Dialect, Encoder, Options};
///
/// let strict = Encoder::new(Dialect::V2);
/// let lenient = Encoder::new(Options::new(Dialect::V2).remove_newlines(true).skip_infinities(true));
/// # let _ = (strict, lenient);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Options {
    pub(crate) dialect: Dialect,
    pub(crate) remove_newlines: bool,
    pub(crate) refuse_nan: bool,
    pub(crate) skip_infinities: bool,
}

impl Options {
    /// Returns the default options for a dialect. By default, newlines in names and infinite values
    /// are errors, and fields whose value is NaN are left out.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            remove_newlines: false,
            refuse_nan: false,
            skip_infinities: false,
        }
    }

    /// Removes line feeds from measurements, keys and tag values, instead of refusing the point.
    ///
    /// [`Encoder::removed_newlines`](crate::Encoder::removed_newlines) returns the number of
    /// removed line feeds and the place of the first one. A tag whose value contains only line
    /// feeds is left out, as if its value were empty, and its line feeds are counted. The option
    /// does not change string fields, because they can contain line feeds.
    #[must_use]
    pub fn remove_newlines(mut self, remove: bool) -> Self {
        self.remove_newlines = remove;
        self
    }

    /// Refuses a point with a field whose value is NaN, instead of leaving the field out.
    #[must_use]
    pub fn refuse_nan(mut self, refuse: bool) -> Self {
        self.refuse_nan = refuse;
        self
    }

    /// Leaves out fields whose value is infinite, instead of refusing the point.
    #[must_use]
    pub fn skip_infinities(mut self, skip: bool) -> Self {
        self.skip_infinities = skip;
        self
    }

    /// Returns the dialect for which the options were created.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl From<Dialect> for Options {
    fn from(dialect: Dialect) -> Self {
        Self::new(dialect)
    }
}
