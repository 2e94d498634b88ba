//! Sends requests to the server, and receives the pieces of answer bodies.

use bytes::Bytes;
use hyper::body::Incoming;

use super::connector::Connector;
use super::message::{Head, Prepared};
#[cfg(all(unix, feature = "event-loop"))]
use super::optional::{Direct, Reactor, Receiving};
use super::pooled::{self, Pool};
use crate::config::Config;
use crate::error::Error;

/// The way in which requests reach the server: through hyper's pool, or on the thread of the event
/// loop. Clones of a carrier share their connections.
#[derive(Clone)]
pub(super) enum Carrier {
    Pooled(Pool),
    #[cfg(all(unix, feature = "event-loop"))]
    Direct(Direct),
}

impl Carrier {
    /// Returns the carrier that works for every route to a server.
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self::Pooled(Pool::new(Connector::new(config)?)))
    }

    /// Returns a carrier to the same server whose connections `reactor` drives. Returns `None` if
    /// the connections use TLS or a proxy.
    #[cfg(all(unix, feature = "event-loop"))]
    pub(super) fn driven_by(&self, reactor: &Reactor) -> Option<Self> {
        let connector = self.connector();
        let is_plain = connector.is_plain();
        is_plain.then(|| Self::Direct(Direct::new(connector.clone(), reactor)))
    }

    /// Returns the connector that opens this carrier's connections.
    pub(super) fn connector(&self) -> &Connector {
        match self {
            Self::Pooled(pool) => pool.connector(),
            #[cfg(all(unix, feature = "event-loop"))]
            Self::Direct(direct) => direct.connector(),
        }
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn execute(&self, request: Prepared) -> Result<Head<Pieces>, Error> {
        match self {
            Self::Pooled(pool) => Ok(pool.execute(request).await?.from(Pieces::Pooled)),
            #[cfg(all(unix, feature = "event-loop"))]
            Self::Direct(direct) => Ok(direct.execute(request).await?.from(Pieces::Direct)),
        }
    }
}

/// The source of the pieces of an answer body.
pub(super) enum Pieces {
    Pooled(Incoming),
    #[cfg(all(unix, feature = "event-loop"))]
    Direct(Receiving),
}

impl Pieces {
    /// Returns the next piece of the body as the server sent it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = match self {
            Self::Pooled(body) => pooled::next(body).await,
            #[cfg(all(unix, feature = "event-loop"))]
            Self::Direct(receiving) => receiving.next().await,
        };
        piece.map_err(|cause| Error::transport(format!("the answer ended early: {cause}")))
    }
}
