//! Defines the credentials of a client, which errors and logs never show.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;

/// The credentials of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// No credentials.
    #[default]
    None,
    /// A user name and a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An API token for a 2.x or 3.x server.
    Token(Secret),
    /// A source from which the client reads the token.
    TokenFrom(TokenSource),
}

impl Auth {
    /// A user name and a password. The user name and the password are sent only in the
    /// `Authorization` header.
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic {
            user: user.into(),
            password: Secret::new(password),
        }
    }

    /// A token. The token is sent only in the `Authorization` header.
    pub fn token(token: impl Into<String>) -> Self {
        Self::Token(Secret::new(token))
    }

    /// A token that the client reads from a file when it needs the token for the first time. White
    /// space around the token is ignored. If the server refuses the token (status 401), the client
    /// reads the file again. If the file contains another token then, the client repeats the
    /// request.
    pub fn token_file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::token_from(move || {
            let read = std::fs::read_to_string(&path);
            read.map_err(|error| format!("file `{}`: {error}", path.display()))
        })
    }

    /// A token that the client gets from a function, in the same cases in which it reads a
    /// [`token_file`](Self::token_file). The function must not block for long. If the function
    /// fails, the request fails with the error text as its reason.
    pub fn token_from<E: fmt::Display>(
        read: impl Fn() -> Result<String, E> + Send + Sync + 'static,
    ) -> Self {
        let read = move || read().map_err(|error| error.to_string());
        Self::TokenFrom(TokenSource(Arc::new(read)))
    }

    /// Whether the credentials are a token.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Token(_) | Self::TokenFrom(_))
    }

    /// Returns the user name, or `None` if the credentials contain no user name.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Basic { user, .. } => Some(user),
            Self::None | Self::Token(_) | Self::TokenFrom(_) => None,
        }
    }
}

/// A function or a file that contains the token of a client.
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> Result<String, String> + Send + Sync>);

impl TokenSource {
    /// Reads the token.
    pub(crate) fn read(&self) -> Result<Secret, Error> {
        let read = (self.0)().map_err(|why| Error::config(format!("token: {why}")))?;
        match read.trim() {
            "" => Err(Error::config("token: its source is empty")),
            token => Ok(Secret::new(token)),
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Two sources are equal if they are clones of the same source.
impl PartialEq for TokenSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for TokenSource {}

/// A secret string that is never shown and that only this crate can read.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
