//! Plain HTTP on the thread of an event loop other than tokio's (feature `event-loop`).
//!
//! With this feature, a small request wakes no other thread. Without the feature, and on systems
//! other than Unix, `pooled` sends all requests. For the benefit of this module, and for how to
//! remove it, see `ARCHITECTURE.md` under "Optional fast paths".
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
