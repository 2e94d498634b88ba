//! Sends plain HTTP requests on the thread of an event loop other than tokio's (feature
//! `event-loop`).
//!
//! With the feature `event-loop`, a small request wakes no other thread. Without the feature
//! `event-loop`, and on systems other than Unix, the module `pooled` sends all requests.
//! `ARCHITECTURE.md` describes the benefit of this module, and how to remove it, under "Optional
//! fast paths".
//!
//! | file | what |
//! |---|---|
//! | `direct` | hyper's connections, which the waiting request drives itself |
//! | `reactor` | tells the event loop that sockets are ready |
//! | `socket` | a socket that a reactor or tokio drives |

mod direct;
mod reactor;
mod socket;

pub(super) use direct::{Direct, Receiving};
pub use reactor::Reactor;
