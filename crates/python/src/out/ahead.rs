//! Decodes batches ahead of their consumer. A separate thread decodes the next batch while Python
//! creates the objects of the previous batch.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{thread, vec};

use crate::runtime;

/// The maximum number of items in a message between the two threads. If messages are larger, the
/// threads wake each other less often. The first item is sent in a message of its own, because the
/// consumer is waiting for it.
const TOGETHER: usize = 4;

/// An iterator whose items are created on another thread, some of them before the consumer requests
/// them.
pub(super) struct Ahead<T> {
    /// The items that were received from the thread but not yet returned.
    here: vec::IntoIter<T>,
    /// The channel through which the thread sends more items. The thread's last message contains no
    /// items. If the channel closes without such a message, the thread ended too early.
    more: Receiver<Vec<T>>,
    /// The ID of the process that started the thread. A forked process has the channel, but not the
    /// thread.
    process: u32,
}

impl<T: Send + 'static> Ahead<T> {
    /// Starts a thread that iterates over `items` ahead of the consumer. The thread ends when this
    /// iterator is dropped.
    pub(super) fn new(mut items: impl Iterator<Item = T> + Send + 'static) -> io::Result<Self> {
        // If the channel had no buffer, the two threads would always wait for each other and mostly
        // run alternately.
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

    /// Returns the next item. The result is `None` at the end, or the reason why there is no next
    /// item.
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
