//! The headers of an answer. They become text only when somebody reads them, which for most writes
//! is never.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

/// Values that are not UTF-8 are read with replacement characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(HeaderMap);

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self(map)
    }
}

impl Headers {
    /// The value of the first header of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).map(text)
    }

    /// The values of all headers of this name, which lists separate by commas.
    pub(crate) fn items(&self, name: &str) -> Vec<String> {
        let mut items = Vec::new();
        for value in self.0.get_all(name) {
            items.extend(text(value).split(',').map(|item| item.trim().to_owned()));
        }
        items
    }

    /// All headers in their order, with names in lower case.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| (name.as_str().to_owned(), text(value).into_owned()))
            .collect()
    }
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

#[cfg(test)]
impl Headers {
    /// Headers for a test.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name = http::HeaderName::try_from(*name).expect("a name");
            map.append(name, HeaderValue::try_from(*value).expect("a value"));
        }
        Self(map)
    }
}
