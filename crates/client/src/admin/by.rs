//! Names an object of the server, by its name or by its ID.

use std::fmt;

use crate::error::{Error, excerpt};

/// The ID of an object: 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    /// Marks a text as an ID. The calls that use the ID check its form.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the text of the ID.
    ///
    /// # Errors
    ///
    /// Fails if the ID does not consist of 16 hexadecimal digits.
    pub(crate) fn checked(&self) -> Result<&str, Error> {
        let is_id = self.0.len() == 16 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id {
            return Ok(&self.0);
        }
        Err(Error::config(format!(
            "id `{}`: expected 16 hexadecimal digits",
            excerpt(&self.0)
        )))
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for Id {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

/// An object of the server, named by its name or by its ID. A text is always a name, even if it
/// looks like an ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The name of the object.
    Name(String),
    /// The ID of the object.
    Id(Id),
}

impl From<&str> for By {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for By {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<Id> for By {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{}`", excerpt(name)),
            Self::Id(id) => write!(f, "id `{}`", excerpt(&id.0)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_name_even_if_it_looks_like_an_id() {
        let text = "088a5462f1c00fd5";
        assert_eq!(By::from(text), By::Name(text.into()));
        assert_eq!(By::from(Id::new(text)), By::Id(Id::new(text)));
    }

    #[test]
    fn an_id_has_16_hexadecimal_digits() {
        assert_eq!(
            Id::new("088A5462f1c00fd5").checked().unwrap(),
            "088A5462f1c00fd5"
        );
        for text in [
            "",
            "088a5462f1c00fd",
            "088a5462f1c00fd5a",
            "g88a5462f1c00fd5",
            "../../../../ab/cd",
        ] {
            assert!(Id::new(text).checked().is_err(), "{text}");
        }
    }
}
