//! Holds the engine's clients that belong to one Python client. One client is driven by the
//! runtime, and each event loop drives one more client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::inbox::Inbox;

/// A cloned engine shares its connections with the original.
#[derive(Clone)]
pub(crate) struct Engine(Arc<Shared>);

struct Shared {
    client: aioinflux::Client,
    of_loops: Mutex<Vec<OfLoop>>,
}

/// An engine client whose connections are driven by an event loop. The client is `None` if the
/// event loop cannot drive this kind of connection.
struct OfLoop {
    inbox: Weak<Inbox>,
    client: Option<aioinflux::Client>,
}

impl Engine {
    pub(crate) fn new(client: aioinflux::Client) -> Self {
        Self(Arc::new(Shared {
            client,
            of_loops: Mutex::default(),
        }))
    }

    /// Returns the engine client whose connections are driven by the runtime.
    pub(crate) fn client(&self) -> aioinflux::Client {
        drop(self.of_loops());
        self.0.client.clone()
    }

    /// Returns the engine client whose connections are driven by the event loop of this inbox.
    pub(crate) fn driven_by(&self, inbox: &Arc<Inbox>) -> Option<aioinflux::Client> {
        let mut all = self.of_loops();
        let is_its = |one: &&OfLoop| std::ptr::eq(one.inbox.as_ptr(), Arc::as_ptr(inbox));
        if let Some(found) = all.iter().find(is_its) {
            return found.client.clone();
        }
        let client = self.make(inbox);
        all.push(OfLoop {
            inbox: Arc::downgrade(inbox),
            client: client.clone(),
        });
        client
    }

    /// Returns the engine clients of event loops that still exist, and closes the connections of
    /// all other loops.
    fn of_loops(&self) -> MutexGuard<'_, Vec<OfLoop>> {
        let all = self.0.of_loops.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.inbox.strong_count() > 0);
        all
    }

    #[cfg(unix)]
    fn make(&self, inbox: &Inbox) -> Option<aioinflux::Client> {
        self.0.client.driven_by(inbox.reactor()?)
    }

    #[cfg(not(unix))]
    fn make(&self, _: &Inbox) -> Option<aioinflux::Client> {
        None
    }
}
