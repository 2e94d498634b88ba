//! Decoding ahead: the next batch is decoded on a thread of its own while Python makes objects of
//! the one before.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::runtime;

/// An iterator that runs elsewhere, ahead of who asks: one item waits, one is being made.
pub(super) struct Ahead<T> {
    /// Items, then `None`: a channel that ends without it tells that the thread did not come so far.
    items: Receiver<Option<T>>,
    /// A fork has the channel, but not the thread.
    process: u32,
}

impl<T: Send + 'static> Ahead<T> {
    /// Starts a thread for `items`; it ends when nobody asks any more.
    pub(super) fn new(items: impl Iterator<Item = T> + Send + 'static) -> io::Result<Self> {
        // With no item between them, the two threads would wait for each other at every item, and
        // mostly run one after the other.
        let (sender, receiver) = sync_channel(1);
        let run = move || {
            for item in items.map(Some).chain([None]) {
                if sender.send(item).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new()
            .name("aioinflux-decode".to_owned())
            .spawn(run)?;
        Ok(Self {
            items: receiver,
            process: runtime::process(),
        })
    }

    /// The next item, or why there is none.
    pub(super) fn next(&self) -> Result<Option<T>, &'static str> {
        if runtime::process() != self.process {
            return Err("an answer that is read in chunks cannot be read on in another process");
        }
        self.items
            .recv()
            .map_err(|_| "the thread that decodes the answer ended too early")
    }
}
