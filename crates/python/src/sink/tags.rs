//! Holds the tags that all points of a call share.

/// The tags that are added to every point of a call.
#[derive(Default)]
pub(crate) struct CommonTags {
    /// The extra tags, followed by the default tags that have other names than the extra tags.
    pub(crate) all: Vec<(String, String)>,
    extra: usize,
}

impl CommonTags {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.extra = 0;
    }

    /// Adds a tag, whose name must differ from the names of all extra tags.
    pub(super) fn add(&mut self, key: String, value: String) {
        self.all.push((key, value));
    }

    /// Ends the list of extra tags. All tags that are added after this call are default tags.
    pub(super) fn end_extra(&mut self) {
        self.extra = self.all.len();
    }

    /// Returns the extra tags, which take precedence over a point's own tags with the same name.
    pub(crate) fn extra(&self) -> &[(String, String)] {
        &self.all[..self.extra]
    }

    /// Returns the default tags, which apply only if the point has no tag with the same name.
    pub(crate) fn defaults(&self) -> &[(String, String)] {
        &self.all[self.extra..]
    }

    /// Returns the shared tags that apply to a point, each with its position in `all`. The function
    /// `own` returns whether the point itself has a tag with a given name.
    pub(crate) fn beside(
        &self,
        own: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (usize, &(String, String))> {
        let all = self.all.iter().enumerate();
        all.filter(move |(place, (key, _))| *place < self.extra || !own(key))
    }
}
