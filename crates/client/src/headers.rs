//! Holds the headers of an answer. The values of headers are converted to strings only when they
//! are read. The headers of the answer to a write are usually never read.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

/// If a header value is not valid UTF-8, its invalid bytes are read as replacement characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(HeaderMap);

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self(map)
    }
}

impl Headers {
    /// Returns the value of the first header with this name.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).map(text)
    }

    /// Returns the comma-separated items of all headers with this name.
    pub(crate) fn items(&self, name: &str) -> Vec<String> {
        let mut items = Vec::new();
        for value in self.0.get_all(name) {
            items.extend(text(value).split(',').map(|item| item.trim().to_owned()));
        }
        items
    }

    /// Returns all headers in their original order, with names in lower case.
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
    /// Returns headers for a test.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name = http::HeaderName::try_from(*name).expect("a name");
            map.append(name, HeaderValue::try_from(*value).expect("a value"));
        }
        Self(map)
    }
}
