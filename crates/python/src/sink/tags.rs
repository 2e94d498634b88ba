//! Tags that all points of a call share.

/// Tags for every point of a call.
#[derive(Default)]
pub(crate) struct CommonTags {
    /// Extra tags, then default tags with other names.
    pub(crate) all: Vec<(String, String)>,
    extra: usize,
}

impl CommonTags {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.extra = 0;
    }

    /// Adds a tag whose name no extra tag has.
    pub(super) fn add(&mut self, key: String, value: String) {
        self.all.push((key, value));
    }

    /// Ends the extra tags: tags that are added from here on are default tags.
    pub(super) fn end_extra(&mut self) {
        self.extra = self.all.len();
    }

    /// Those that take precedence over a point's own tags of the same name.
    pub(crate) fn extra(&self) -> &[(String, String)] {
        &self.all[..self.extra]
    }

    /// Those over which a point's own tags of the same name take precedence.
    pub(crate) fn defaults(&self) -> &[(String, String)] {
        &self.all[self.extra..]
    }

    /// The tags for a point that has these tags itself, with their positions in `all`.
    pub(crate) fn beside(
        &self,
        own: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (usize, &(String, String))> {
        let all = self.all.iter().enumerate();
        all.filter(move |(place, (key, _))| *place < self.extra || !own(key))
    }
}
