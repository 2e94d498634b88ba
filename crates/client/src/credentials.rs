//! Holds the credentials of a client, and reads a token again after the server has refused it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::{Auth, Config, TokenSource};
use crate::error::Error;

/// The configuration of a client, with the token that its requests send. Clones share the token.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The configuration as the user has stated it.
    stated: Arc<Config>,
    source: Option<Arc<Source>>,
}

/// A token that the client reads from a source.
struct Source {
    token: TokenSource,
    latest: Mutex<Latest>,
    /// Only one request reads the token, and all others wait for it.
    reading: tokio::sync::Mutex<()>,
}

/// The token that was read last.
#[derive(Clone, Default)]
struct Latest {
    /// How often the token was read.
    count: u64,
    /// The configuration with the token, once the token was read.
    config: Option<Arc<Config>>,
}

impl Credentials {
    pub(crate) fn new(config: Config) -> Self {
        let source = match config.auth_given() {
            Auth::TokenFrom(token) => Some(Arc::new(Source {
                token: token.clone(),
                latest: Mutex::default(),
                reading: tokio::sync::Mutex::default(),
            })),
            _ => None,
        };
        Self {
            stated: Arc::new(config),
            source,
        }
    }

    /// Returns the configuration as the user has stated it.
    pub(crate) fn stated(&self) -> &Config {
        &self.stated
    }

    /// Returns the configuration with the credentials for the next request. The first request reads
    /// the token.
    pub(crate) async fn current(&self) -> Result<Arc<Config>, Error> {
        match &self.source {
            None => Ok(Arc::clone(&self.stated)),
            Some(source) => source.current(&self.stated).await,
        }
    }

    /// If the server has refused the token of a request and the token was read from a source, reads
    /// the token again. If the token has changed, returns the configuration with which the request
    /// should be repeated.
    pub(crate) async fn changed<T>(
        &self,
        used: &Arc<Config>,
        outcome: &Result<T, Error>,
    ) -> Result<Option<Arc<Config>>, Error> {
        match (&self.source, outcome) {
            (Some(source), Err(error)) if error.status() == Some(401) => {
                source.changed(&self.stated, used).await
            }
            _ => Ok(None),
        }
    }
}

impl Source {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the configuration with the current token, which is read if no request has read it.
    async fn current(&self, stated: &Config) -> Result<Arc<Config>, Error> {
        if let Some(config) = self.latest().config.clone() {
            return Ok(config);
        }
        self.read(stated, 0).await
    }

    /// Returns the configuration with another token than the one in `used`, which the server has
    /// refused. Returns `None` if the token has not changed.
    async fn changed(
        &self,
        stated: &Config,
        used: &Arc<Config>,
    ) -> Result<Option<Arc<Config>>, Error> {
        let Latest { count, config } = self.latest().clone();
        let config = match config {
            Some(config) if !Arc::ptr_eq(&config, used) => config,
            _ => self.read(stated, count).await?,
        };
        Ok((config.auth_given() != used.auth_given()).then_some(config))
    }

    /// Reads the token, unless it was read more than `count` times. So the first of several
    /// requests that call this method at the same time reads the token for all of them.
    async fn read(&self, stated: &Config, count: u64) -> Result<Arc<Config>, Error> {
        let _turn = self.reading.lock().await;
        let latest = self.latest().clone();
        if let Some(config) = latest.config.filter(|_| latest.count > count) {
            return Ok(config);
        }
        let token = self.token.read()?;
        let config = Arc::new(stated.clone().auth(Auth::Token(token)));
        *self.latest() = Latest {
            count: latest.count + 1,
            config: Some(Arc::clone(&config)),
        };
        Ok(config)
    }
}
