//! Decoding ahead: the next batch is decoded on a thread of its own while Python makes objects of
//! the one before.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{thread, vec};

use crate::runtime;

/// Items that are handed over at a time, once there were as many: the two threads wake each other
/// that much less often. The first goes alone, since it is waited for.
const TOGETHER: usize = 4;

/// An iterator that runs elsewhere, ahead of who asks: some items wait, some are being made.
pub(super) struct Ahead<T> {
    /// The items that were handed over.
    here: vec::IntoIter<T>,
    /// More of them; none at all in the last ones, so that a channel that ends without these tells
    /// that the thread did not come so far.
    more: Receiver<Vec<T>>,
    /// A fork has the channel, but not the thread.
    process: u32,
}

impl<T: Send + 'static> Ahead<T> {
    /// Starts a thread for `items`; it ends when nobody asks any more.
    pub(super) fn new(mut items: impl Iterator<Item = T> + Send + 'static) -> io::Result<Self> {
        // With nothing between them, the two threads would wait for each other each time, and
        // mostly run one after the other.
        let (sender, receiver) = sync_channel(1);
        let run = move || {
            let mut together = 1;
            loop {
                let some: Vec<T> = items.by_ref().take(together).collect();
                let is_last = some.is_empty();
                if sender.send(some).is_err() || is_last {
                    break;
                }
                together = TOGETHER.min(2 * together);
            }
        };
        thread::Builder::new()
            .name("aioinflux-decode".to_owned())
            .spawn(run)?;
        Ok(Self {
            here: Vec::new().into_iter(),
            more: receiver,
            process: runtime::process(),
        })
    }

    /// The next item, or why there is none.
    pub(super) fn next(&mut self) -> Result<Option<T>, &'static str> {
        if runtime::process() != self.process {
            return Err("a chunked answer cannot be continued in another process");
        }
        if let Some(item) = self.here.next() {
            return Ok(Some(item));
        }
        let more = self.more.recv();
        self.here = more
            .map_err(|_| "the thread that decodes the answer ended too early")?
            .into_iter();
        Ok(self.here.next())
    }
}
