//! The target of a call, once the generation of its server is known.

use aioinflux_line::Dialect;

use super::v1;
use crate::config::{Auth, Names};
use crate::error::Error;

/// The database and so on that a call names, in the terms of its generation. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    V1(v1::Place),
}

impl Target {
    /// The meaning of the names of a call on a server of this generation.
    pub(crate) fn new(dialect: Dialect, names: Names) -> Result<Self, Error> {
        match dialect {
            Dialect::V1 => v1::Place::new(names).map(Self::V1),
            other => Err(Error::config(format!(
                "dialect {other:?} is not supported yet; only V1 (InfluxDB 1.x) is"
            ))),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::V1(_) => Dialect::V1,
        }
    }
}

/// The generation of a server if it is known without a request: the configuration states it, or
/// there is no token, and only 1.x works without one.
pub(crate) fn known(stated: Option<Dialect>, auth: &Auth) -> Option<Dialect> {
    match auth {
        Auth::None | Auth::Basic { .. } => Some(stated.unwrap_or(Dialect::V1)),
        Auth::Token(_) => stated,
    }
}
