//! Lists what the server generations can administer, and names the replacement where a generation
//! lacks something.

use aioinflux_line::Dialect;

use crate::error::Error;

/// A kind of object that a 2.x server administers, or a service of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noun {
    Buckets,
    Organizations,
    Users,
    Authorizations,
    Tasks,
    Labels,
    Dbrps,
    Secrets,
    Setup,
    Health,
    Ready,
}

impl Noun {
    /// Returns the name of the noun for errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Buckets => "buckets",
            Self::Organizations => "organizations",
            Self::Users => "users",
            Self::Authorizations => "authorizations",
            Self::Tasks => "tasks",
            Self::Labels => "labels",
            Self::Dbrps => "dbrps",
            Self::Secrets => "secrets",
            Self::Setup => "setup",
            Self::Health => "health",
            Self::Ready => "ready",
        }
    }

    /// Refuses a noun that servers of this generation do not have. The error names what they have
    /// instead.
    pub(crate) fn check(self, dialect: Dialect) -> Result<(), Error> {
        match (dialect, self) {
            (Dialect::V2, _) | (Dialect::V1, Self::Health) => Ok(()),
            (Dialect::V1, _) => Err(self.missing("1.x", self.on_1x())),
            (Dialect::V3, _) => Err(self.missing("3.x", self.on_3x())),
        }
    }

    fn missing(self, generation: &str, instead: &str) -> Error {
        let noun = self.name();
        Error::config(format!(
            "{noun}: only InfluxDB 2.x has `{noun}`, and the server is InfluxDB {generation}; {instead}"
        ))
    }

    fn on_1x(self) -> &'static str {
        match self {
            Self::Buckets => {
                "hint: 1.x has databases and retention policies: CREATE DATABASE \
                 (`create_database`), CREATE RETENTION POLICY (`create_retention_policy`)"
            }
            Self::Organizations => "hint: 1.x has no organizations, only databases",
            Self::Users => "hint: use CREATE USER (`create_user`), SHOW USERS (`show_users`)",
            Self::Authorizations => {
                "hint: 1.x has users with privileges: CREATE USER (`create_user`), GRANT (`grant`)"
            }
            Self::Tasks => {
                "hint: 1.x has continuous queries: CREATE CONTINUOUS QUERY \
                 (`create_continuous_query`)"
            }
            Self::Dbrps => "hint: 1.x needs no mapping, because it has databases",
            Self::Labels | Self::Secrets => "hint: 1.x has nothing similar",
            Self::Setup => {
                "hint: create the first user with CREATE USER (`create_user`); for the set-up of a \
                 2.x server, state the generation of the server"
            }
            Self::Health | Self::Ready => "hint: use `ping`",
        }
    }

    fn on_3x(self) -> &'static str {
        match self {
            Self::Buckets | Self::Dbrps => {
                "hint: 3.x has databases: `/api/v3/configure/database`, and the first write \
                 creates its database"
            }
            Self::Authorizations | Self::Users | Self::Setup => {
                "hint: 3.x has tokens: `/api/v3/configure/token`"
            }
            Self::Tasks => "hint: 3.x has triggers: `/api/v3/configure/processing_engine_trigger`",
            Self::Health | Self::Ready => "hint: use `ping`",
            Self::Organizations | Self::Labels | Self::Secrets => "hint: 3.x has nothing similar",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const ALL: [Noun; 11] = [
        Noun::Buckets,
        Noun::Organizations,
        Noun::Users,
        Noun::Authorizations,
        Noun::Tasks,
        Noun::Labels,
        Noun::Dbrps,
        Noun::Secrets,
        Noun::Setup,
        Noun::Health,
        Noun::Ready,
    ];

    #[test]
    fn a_generation_that_lacks_a_noun_names_the_replacement() {
        for noun in ALL {
            assert!(noun.check(Dialect::V2).is_ok(), "{noun:?}");
            let error = noun.check(Dialect::V3).unwrap_err().to_string();
            assert!(
                error.contains("the server is InfluxDB 3.x; hint: "),
                "{error}"
            );
        }
        assert!(Noun::Health.check(Dialect::V1).is_ok());
        let error = Noun::Buckets.check(Dialect::V1).unwrap_err().to_string();
        assert!(
            error.starts_with("buckets: only InfluxDB 2.x has `buckets`"),
            "{error}"
        );
        assert!(error.contains("create_database"), "{error}");
    }
}
