//! Defines the target of a call, which is built once the server's generation is known.

use aioinflux_line::Dialect;

use super::{v1, v2};
use crate::config::{Auth, Names};
use crate::error::Error;
use crate::query::{Language, Query};

/// The database and the other names that a call uses, in the terms of the server's generation. A
/// target contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    V1(v1::Place),
    V2(v2::Place),
}

impl Target {
    /// Translates the names that a call uses into the terms of the server's generation.
    pub(crate) fn new(dialect: Dialect, names: Names) -> Result<Self, Error> {
        match dialect {
            Dialect::V1 => v1::Place::new(names).map(Self::V1),
            Dialect::V2 => v2::Place::new(names).map(Self::V2),
            Dialect::V3 => Err(Error::config(
                "dialect: InfluxDB 3.x is not supported yet, only 1.x and 2.x are",
            )),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::V1(_) => Dialect::V1,
            Self::V2(_) => Dialect::V2,
        }
    }

    /// Returns whether the server stores no line of a request if it cannot parse one of them.
    pub(crate) fn refuses_whole_requests(&self) -> bool {
        match self {
            Self::V1(_) => false,
            Self::V2(_) => true,
        }
    }
}

/// Returns the language of a query: the one that the query states, or that of the generation.
pub(crate) fn language_of(query: &Query, dialect: Dialect) -> Language {
    query.language_named().unwrap_or(match dialect {
        Dialect::V1 => Language::InfluxQl,
        Dialect::V2 => Language::Flux,
        Dialect::V3 => Language::Sql,
    })
}

/// Returns the generation of a server, if it is known without a request. The generation is known if
/// the configuration states it, or if there is no token, because only 1.x works without a token.
pub(crate) fn known(stated: Option<Dialect>, auth: &Auth) -> Option<Dialect> {
    stated.or((!auth.is_token()).then_some(Dialect::V1))
}
