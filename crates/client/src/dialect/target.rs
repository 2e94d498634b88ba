//! Where a call goes, once the generation of its server is known.

use aioinflux_line::Dialect;

use super::v1;
use crate::config::{Auth, Names};
use crate::error::Error;

/// The place on a server that a call names, in the words of its generation. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    V1(v1::Place),
}

impl Target {
    /// What the names of a call mean to a server of this generation.
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

/// The generation of a server that need not be asked: the configuration states it, or nobody but a
/// user of 1.x comes without a token.
pub(crate) fn known(stated: Option<Dialect>, auth: &Auth) -> Option<Dialect> {
    match auth {
        Auth::None | Auth::Basic { .. } => Some(stated.unwrap_or(Dialect::V1)),
        Auth::Token(_) => stated,
    }
}
