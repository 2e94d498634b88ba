//! Caches the generations of servers that had to be asked, so that all clients of a server share
//! the result.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aioinflux_line::Dialect;
use tokio::sync::OnceCell;

/// Maps the addresses of servers to their generations. When the last client of a server address is
/// dropped, the generation (1.x, 2.x or 3.x) of the server at that address is forgotten. If a
/// different server later takes over the address, the next client asks it for its generation.
static KNOWN: Mutex<Option<HashMap<Address, Weak<OnceCell<Dialect>>>>> = Mutex::new(None);

/// The process that talks to a server, and the address of the server.
type Address = (u32, String);

/// The generation of one server, which is empty until the server has answered.
#[derive(Clone)]
pub(crate) struct Generation(Arc<OnceCell<Dialect>>);

impl Generation {
    /// Returns the shared generation of the server at this address.
    pub(crate) fn of(address: &str) -> Self {
        // A forked process asks again: a question that its parent has asked is never answered here.
        let address = (std::process::id(), address.to_owned());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if let Some(cell) = known.get(&address).and_then(Weak::upgrade) {
            return Self(cell);
        }
        known.retain(|_, cell| cell.strong_count() > 0);
        let cell = Arc::new(OnceCell::new());
        known.insert(address, Arc::downgrade(&cell));
        Self(cell)
    }

    /// Returns the generation if the server has been asked for it.
    pub(crate) fn get(&self) -> Option<Dialect> {
        self.0.get().copied()
    }

    /// Returns the generation, and calls `ask` if the generation is not known yet. Concurrent calls
    /// of this method ask the server only once. If `ask` fails, the next call asks the server
    /// again.
    pub(crate) async fn get_or_ask<E, F>(&self, ask: impl FnOnce() -> F) -> Result<Dialect, E>
    where
        F: Future<Output = Result<Dialect, E>>,
    {
        self.0.get_or_try_init(ask).await.copied()
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_an_address_share_it_as_long_as_there_is_one() {
        let first = Generation::of("http://shared.example/");
        assert!(first.0.set(Dialect::V2).is_ok());
        let second = Generation::of("http://shared.example/");
        assert_eq!(second.0.get(), Some(&Dialect::V2));
        assert_eq!(Generation::of("http://other.example/").0.get(), None);
        drop((first, second));
        assert_eq!(Generation::of("http://shared.example/").0.get(), None);
    }
}
