//! Plain HTTP on the thread of an event loop that is not tokio's: the feature `event-loop`.
//!
//! A small request then wakes no other thread. Without the feature, and on systems other than Unix,
//! `pooled` carries every request. What this gains, and how to remove it, is in `ARCHITECTURE.md`
//! under "Optional fast paths".
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
